"""Visitors write comments, which nobody sees before a moderator has approved them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement

from comments.models import Comment, Discussion
from public_forms.forms import issue_shared_token, issue_token
from tests.comments.factories import SAME_ORIGIN, WORDS, make_comment, send, turn_on
from tests.factories import make_page, make_post

pytestmark = pytest.mark.django_db


def page_of(client: Client, post: Any) -> str:
    return client.get(post.get_absolute_url()).content.decode()


def test_a_fresh_site_has_neither_form_nor_endpoint(client: Client) -> None:
    comment = make_comment()
    post = comment.discussion.document
    assert WORDS not in page_of(client, post)
    assert "comments-title" not in page_of(client, post)
    # Like every unknown path that ends with the slug of a post, this leads to the post.
    assert client.get(f"/comments/write{post.get_absolute_url()}")["Location"] == post.get_absolute_url()
    assert send(client, post).status_code == 404
    assert Comment.objects.count() == 1


def test_a_comment_is_invisible_until_it_is_approved(client: Client) -> None:
    turn_on()
    post = make_post()
    assert page_of(client, post).count(WORDS) == 0
    response = send(client, post)
    assert (response.status_code, response["Location"]) == (303, f"/comments/waiting{post.get_absolute_url()}")
    assert not response.cookies
    assert "is awaiting review" in client.get(response["Location"]).content.decode()
    comment = Comment.objects.get()
    assert (comment.status, comment.name, comment.email) == ("pending", "Robin", "robin@example.org")
    assert WORDS not in page_of(client, post)
    Comment.objects.all().moderate(Comment.Status.APPROVED)
    assert WORDS in page_of(client, post)
    assert "robin@example.org" not in page_of(client, post)
    Comment.objects.all().moderate(Comment.Status.TRASH)
    assert WORDS not in page_of(client, post)


@pytest.mark.django_db(transaction=True)
def test_a_cached_page_shows_a_decision_at_once(client: Client) -> None:
    cache.clear()
    turn_on()
    post, other = make_post(), make_post()
    comment = make_comment(post, status="pending")
    for _ in range(2):
        first, unrelated = client.get(post.get_absolute_url()), client.get(other.get_absolute_url())
    assert first["Cache-Status"] == unrelated["Cache-Status"] == "pages; hit"
    Comment.objects.filter(pk=comment.pk).moderate(Comment.Status.APPROVED)
    assert WORDS in page_of(client, post)
    assert client.get(other.get_absolute_url())["Cache-Status"] == "pages; hit"
    send(client, post, body="Another one.")
    assert client.get(post.get_absolute_url())["Cache-Status"] == "pages; hit"
    Comment.objects.filter(pk=comment.pk).moderate(Comment.Status.SPAM)
    assert WORDS not in page_of(client, post)


def test_the_form_of_a_cached_page_works(client: Client) -> None:
    turn_on()
    post = make_post()
    page: HtmlElement = html.fromstring(page_of(client, post))
    (form,) = (form for form in page.forms if form.get("action") == f"/comments/write{post.get_absolute_url()}")
    fields = {name: value or "" for name, value in form.fields.items()}
    response = client.post(form.action, fields | {"body": WORDS, "name": "Robin"}, headers=SAME_ORIGIN)
    assert response.status_code in {200, 303}
    token = issue_shared_token("comments")
    assert fields["token"] == token


def test_a_double_click_and_a_second_tab_create_one_comment_each(client: Client) -> None:
    turn_on()
    first, second = make_post(), make_post()
    token = issue_token("comments", age=60)
    for post in (first, first, second):
        assert send(client, post, token=token).status_code == 303
    assert Comment.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "status", "stored"),
    [
        ({"homepage": "https://pills.example.com"}, 303, 0),
        ({"token": issue_token("contact", age=60)}, 200, 0),
        ({"body": ""}, 200, 0),
        ({"name": " "}, 200, 0),
        ({"email": "nobody"}, 200, 0),
        ({"website": "javascript:alert(1)"}, 200, 0),
        ({"email": "", "website": "example.org"}, 303, 1),
        ({"body": "x" * 5001}, 200, 0),
    ],
)
def test_the_form_checks_what_it_gets(client: Client, changes: dict[str, str], status: int, stored: int) -> None:
    turn_on()
    response = send(client, make_post(), **changes)
    assert (response.status_code, Comment.objects.count()) == (status, stored)


def test_a_form_from_another_site_is_refused(client: Client) -> None:
    turn_on()
    post = make_post()
    data = {"name": "Robin", "body": WORDS, "token": issue_token("comments", age=60)}
    url = f"/comments/write{post.get_absolute_url()}"
    response = client.post(url, data, headers={"origin": "https://elsewhere.example.com"})
    assert (response.status_code, Comment.objects.count()) == (403, 0)
    assert WORDS in response.content.decode()


def test_one_network_posts_a_limited_number_of_comments_a_day(client: Client) -> None:
    turn_on()
    post = make_post()
    statuses = [send(client, post, body=f"Number {number}").status_code for number in range(17)]
    assert statuses == [303] * 15 + [429] * 2


def test_text_becomes_paragraphs_breaks_and_links_only(client: Client) -> None:
    turn_on()
    send(client, make_post(), body="See https://example.org/a?b=1&c=2.\nNext <b>line</b>\n\n<script>alert(1)</script>")
    assert Comment.objects.get().body == (
        '<p>See <a href="https://example.org/a?b=1&amp;c=2" rel="nofollow ugc">https://example.org/a?b=1&amp;c=2</a>.'
        "<br>Next &lt;b&gt;line&lt;/b&gt;</p>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )


def test_an_answer_belongs_to_a_comment_that_visitors_see(client: Client) -> None:
    turn_on()
    post = make_post()
    shown, hidden, elsewhere = make_comment(post), make_comment(post, status="pending"), make_comment()
    page = client.get(f"/comments/write{post.get_absolute_url()}?reply={shown.pk}").content.decode()
    # The date of a comment links to it.
    assert page.count(f'id="{shown.anchor}"') == page.count(f'href="#{shown.anchor}"') == 1
    assert "Reply to Robin" in page
    for number, parent in enumerate((shown, hidden, elsewhere)):
        send(client, post, reply=str(parent.pk), body=f"Answer {number}")
    answers = Comment.objects.filter(body__contains="Answer").order_by("pk")
    assert [answer.parent for answer in answers] == [shown, None, None]


def test_old_posts_close_unless_they_are_always_open(client: Client) -> None:
    turn_on(close_after_days=30)
    old = make_post(published_at=timezone.now() - timedelta(days=31))
    new = make_post()
    assert send(client, new).status_code == 303
    assert send(client, old).status_code == 403
    assert "comments-title" not in page_of(client, old)
    make_comment(old)
    assert WORDS in page_of(client, old)
    assert "Comments are closed" in page_of(client, old)
    Discussion.objects.filter(post=old).update(access="open")
    Discussion.objects.filter(post=new).update(access="closed")
    assert send(client, old).status_code == 303
    assert send(client, new).status_code == 403


def test_pages_accept_comments_only_if_they_are_opened(client: Client) -> None:
    turn_on()
    page = make_page()
    assert send(client, page).status_code == 403
    assert "comments-title" not in page_of(client, page)
    Discussion.objects.create(page=page, access="open")
    assert send(client, page).status_code == 303
    Comment.objects.all().moderate(Comment.Status.APPROVED)
    assert WORDS in page_of(client, page)


@pytest.mark.parametrize("state", [{"status": "draft"}, {"trashed_at": timezone.now()}])
def test_comments_on_drafts_and_in_the_trash_leak_nowhere(client: Client, state: dict[str, object]) -> None:
    turn_on()
    post = make_post()
    comment = make_comment(post)
    type(post).objects.filter(pk=post.pk).update(**state)
    paths = [post.get_absolute_url(), "/", "/feed/", "/sitemap-posts.xml", "/search/?q=stairs", "/blog/"]
    paths += [
        f"/comments/write{post.get_absolute_url()}",
        f"/comments/write{post.get_absolute_url()}?reply={comment.pk}",
    ]
    for path in paths:
        assert WORDS not in client.get(path).content.decode()
    assert send(client, post).status_code == 404
