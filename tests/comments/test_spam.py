"""The rules and the filter put spam apart. The filter learns from decisions, and forgets with them."""

import pytest
from django.test import Client

from comments.models import Comment
from comments.spam import MIN_OF_EACH, features, train
from tests.comments.factories import make_comment, send, turn_on
from tests.factories import make_post

pytestmark = pytest.mark.django_db

GOOD = [
    "The slow lowering helped my knee on the stairs.",
    "How many repetitions would you start with after a sprain?",
    "I did the bridges every morning and my back is calmer.",
    "Thank you for the drawing, now I understand the hinge.",
    "Does the exercise work while sitting on a chair?",
    "My physical therapist said the same about sleep.",
]
BAD = [
    "Best casino bonus, play slots and win money today",
    "Cheap replica watches, free shipping, order today",
    "Win money with our casino, sign up for a bonus",
    "Earn money from home, crypto signals, join today",
    "Casino slots free bonus codes for everyone",
    "Loans without checks, money today, apply online",
]


def decide(texts: list[str], status: Comment.Status) -> None:
    post = make_post()
    for text in texts:
        make_comment(post, body=f"<p>{text}</p>", status="pending", name="Someone")
    Comment.objects.filter(discussion__post=post).moderate(status)


def status_of(client: Client, text: str) -> str:
    send(client, make_post(), body=text)
    return Comment.objects.latest("pk").status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"body": "https://a.example https://b.example"}, "pending"),
        ({"body": "https://a.example https://b.example https://c.example"}, "spam"),
        ({"body": "Try our CÁSINO"}, "spam"),
        ({"name": "Casino Bob"}, "spam"),
        ({"website": "https://casino.example.com/"}, "spam"),
        ({"body": "Nothing of the kind"}, "pending"),
    ],
)
def test_rules(client: Client, changes: dict[str, str], status: str) -> None:
    turn_on(spam_words="casino\n\n  two words ")
    send(client, make_post(), **changes)
    comment = Comment.objects.get()
    assert (comment.status, bool(comment.held_because)) == (status, status == "spam")
    assert comment.moderated_at is None


def test_the_filter_learns_from_decisions(client: Client) -> None:
    turn_on()
    new_spam, new_comment = "Free casino money, bonus slots today", "My back likes the bridges, and the stairs too"
    assert status_of(client, new_spam) == "pending"
    decide(GOOD, Comment.Status.APPROVED)
    decide(BAD, Comment.Status.SPAM)
    assert status_of(client, new_spam) == "spam"
    assert "resembles" in Comment.objects.latest("pk").held_because
    assert status_of(client, new_comment) == "pending"
    assert status_of(client, "Etwas ganz anderes, ohne bekannte Wörter") == "pending"


def test_a_changed_decision_is_learned_and_repeating_one_changes_nothing() -> None:
    decide(GOOD, Comment.Status.APPROVED)
    decide(BAD, Comment.Status.SPAM)
    first = train()
    for _ in range(3):
        Comment.objects.filter(status="spam").moderate(Comment.Status.SPAM)
    assert train() == first
    Comment.objects.filter(status="spam").moderate(Comment.Status.APPROVED)
    assert train() is None
    Comment.objects.filter(body__contains="asino").moderate(Comment.Status.SPAM)
    assert train() is None


def test_the_filter_does_not_learn_from_itself_or_from_authors(client: Client) -> None:
    turn_on(spam_words="casino")
    for number in range(MIN_OF_EACH):
        send(client, make_post(), body=f"casino {number}")
    decide(GOOD, Comment.Status.APPROVED)
    assert Comment.objects.filter(status="spam").count() == MIN_OF_EACH
    assert train() is None


def test_features_tell_words_hosts_and_senders_apart() -> None:
    comment = Comment(
        name="Ann", email="ann@Mail.example", body='<p>Ann said: <a href="https://www.shop.example/x">buy</a></p>'
    )
    assert features(comment) >= {
        "name ann",
        "word ann",
        "word buy",
        "host shop.example",
        "mail mail.example",
        "links 1",
    }


def test_spam_is_recognized_without_any_request(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("A connection was opened.")

    turn_on()
    decide(GOOD, Comment.Status.APPROVED)
    decide(BAD, Comment.Status.SPAM)
    post = make_post()
    monkeypatch.setattr("http_client.client.request", refuse, raising=False)
    monkeypatch.setattr("socket.create_connection", refuse)
    send(client, post, body=BAD[0])
    assert Comment.objects.latest("pk").status == "spam"
