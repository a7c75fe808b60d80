"""Moderators decide in the admin or by a link in an email, and their decisions hold under concurrency."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, User
from blog.models import Post
from comments.models import SPAM_RETENTION, TRASH_RETENTION, Comment, CommentQuerySet, Discussion
from comments.moderation_links import LINK_DAYS, moderation_path
from outbox import sending
from public_forms.forms import issue_token
from tests.accounts.staff import make_staff, sign_in
from tests.comments.factories import SAME_ORIGIN, WORDS, make_comment, send, turn_on
from tests.factories import make_author, make_post
from tests.mail_server import Mailbox, mail_server, message_text

pytestmark = pytest.mark.django_db
LIST = "/admin/comments/comment/"


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    """Return the emails accepted by a running mail server."""
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox


def make_author_user(**fields: str) -> User:
    """Create a user who publishes their own posts, with an author profile."""
    user = make_staff(**fields)
    user.set_role("author")
    user.save()
    make_author(user=user)
    return user


def pending(post: Post | None = None, **values: object) -> Comment:
    return make_comment(post, status="pending", **values)


# ---- The email ------------------------------------------------------------------------------------


def links_of(mail: EmailMessage) -> dict[str, str]:
    lines = [line.partition(": ") for line in message_text(mail).splitlines()]
    return {name: url.removeprefix("http://testserver") for name, _, url in lines if "/comments/moderate/" in url}


def test_the_author_gets_one_email_whose_links_act_by_post_only(client: Client, mailbox: Mailbox) -> None:
    turn_on()
    user = make_author_user(email="writer@example.com")
    send(client, make_post(author=user.author))
    call_command("worker", once=True)
    call_command("worker", once=True)
    (mail,) = mailbox.messages
    assert mail["To"] == "writer@example.com"
    assert WORDS in message_text(mail)
    links = links_of(mail)
    assert set(links) == {"Approve", "Spam", "Trash"}
    for url in links.values():
        for _ in range(2):
            response = client.get(url)
            assert (response.status_code, response["Referrer-Policy"]) == (200, "no-referrer")
            assert "no-store" in response["Cache-Control"]
    assert Comment.objects.get().status == "pending"
    assert client.post(links["Approve"], headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert Comment.objects.get().status == "pending"
    for _ in range(2):
        assert client.post(links["Approve"], headers=SAME_ORIGIN).status_code == 200
    assert Comment.objects.get().status == "approved"
    page = client.post(links["Trash"], headers=SAME_ORIGIN).content.decode()
    assert "already moderated" in page
    assert Comment.objects.get().status == "approved"
    assert [event.subject for event in AuditEvent.objects.filter(kind="changed")] == [
        f"comment {Comment.objects.get().pk}, by the link “approve” in an email"
    ]


def test_spam_and_moderated_comments_are_not_emailed(client: Client, mailbox: Mailbox) -> None:
    turn_on(spam_words="Pills")
    User.objects.create_superuser("owner@example.com")
    post = make_post()
    send(client, post, body="Cheap pills for everyone")
    send(client, post, body="Decided at once")
    Comment.objects.pending().moderate(Comment.Status.APPROVED)
    sending.send_due_emails()
    assert mailbox.messages == []


def test_emails_can_be_turned_off(client: Client, mailbox: Mailbox) -> None:
    turn_on(sends_email=False)
    User.objects.create_superuser("owner@example.com")
    send(client, make_post())
    sending.send_due_emails()
    assert mailbox.messages == []


def test_the_owner_gets_the_email_if_the_author_may_not_moderate(client: Client, mailbox: Mailbox) -> None:
    turn_on()
    User.objects.create_superuser("owner@example.com")
    contributor = make_author_user(email="contributor@example.com")
    contributor.set_role("contributor")
    contributor.save()
    send(client, make_post(author=contributor.author))
    send(client, make_post(author=make_author()))
    sending.send_due_emails()
    assert [mail["To"] for mail in mailbox.messages] == ["owner@example.com"] * 2


def test_a_link_expires_and_cannot_be_forged(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on()
    comment = pending()
    url = moderation_path(comment.message_uuid, "approve")
    assert client.get(url).status_code == 200
    assert client.get(url[:-2] + "x/").status_code == 404
    now = timezone.now().timestamp() + timedelta(days=LINK_DAYS, minutes=1).total_seconds()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now)
    assert client.post(url, headers=SAME_ORIGIN).status_code == 404
    assert Comment.objects.get().status == "pending"


# ---- The admin ------------------------------------------------------------------------------------


def test_the_list_shows_what_waits_and_moderates_in_place(admin_client: Client) -> None:
    turn_on()
    post = make_post()
    shown, waiting = make_comment(post, name="Shown person"), pending(post, name="Waiting person")
    page = admin_client.get(LIST).content.decode()
    assert ("Waiting person" in page, "Shown person" in page) == (True, False)
    everything = admin_client.get(f"{LIST}?status=all").content.decode()
    assert "Shown person" in everything
    assert "Shown person" in admin_client.get(f"{LIST}?status=all&post={post.pk}").content.decode()
    assert "Shown person" not in admin_client.get(f"{LIST}?status=all&post={make_post().pk}").content.decode()
    url = f"{LIST}{waiting.pk}/moderate/"
    assert admin_client.get(url).status_code == 405
    response = admin_client.post(url, {"status": "approved", "next": f"{LIST}?status=all"})
    assert response["Location"] == f"{LIST}?status=all"
    assert Comment.objects.get(pk=waiting.pk).status == "approved"
    assert admin_client.post(url, {"status": "trash", "next": "https://evil.example/"})["Location"] == LIST
    admin_client.post(LIST, {"action": "mark_spam", "_selected_action": [shown.pk, waiting.pk]})
    assert set(Comment.objects.values_list("status", flat=True)) == {"approved", "trash"}
    admin_client.post(f"{LIST}?status=all", {"action": "mark_spam", "_selected_action": [shown.pk, waiting.pk]})
    assert set(Comment.objects.values_list("status", flat=True)) == {"spam"}


def test_an_answer_in_the_list_is_public_at_once_and_written_once(admin_client: Client, client: Client) -> None:
    turn_on()
    comment = pending()
    for _ in range(2):
        admin_client.post(f"{LIST}{comment.pk}/reply/", {f"reply-{comment.pk}": "Gladly.\nSoon."})
    (answer,) = Comment.objects.exclude(pk=comment.pk)
    assert (answer.parent, answer.status, answer.body) == (comment, "approved", "<p>Gladly.<br>Soon.</p>")
    assert answer.author is not None
    page = client.get(comment.discussion.document.get_absolute_url()).content.decode()
    assert (WORDS in page, "Gladly." in page, "comment-badge" in page) == (True, True, True)
    admin_client.post(f"{LIST}{comment.pk}/reply/", {f"reply-{comment.pk}": " "})
    assert Comment.objects.count() == 2


def test_authors_moderate_the_comments_on_their_own_posts_only() -> None:
    turn_on()
    user = make_author_user(email="writer@example.com")
    own, other = (
        pending(make_post(author=user.author), name="Own"),
        pending(make_post(author=make_author()), name="Other"),
    )
    client = sign_in(user)
    page = client.get(LIST).content.decode()
    assert ("Own" in page, "Other" in page) == (True, False)
    assert client.post(f"{LIST}{own.pk}/moderate/", {"status": "approved"}).status_code == 302
    assert client.post(f"{LIST}{other.pk}/moderate/", {"status": "approved"}).status_code == 404
    client.post(LIST, {"action": "approve", "_selected_action": [other.pk]})
    assert dict(Comment.objects.values_list("name", "status")) == {"Own": "approved", "Other": "pending"}
    post, foreign = own.discussion.document, other.discussion.document
    assert client.post(f"{LIST}access/post/{post.pk}/", {"access": "closed"}).status_code == 302
    assert client.post(f"{LIST}access/post/{foreign.pk}/", {"access": "closed"}).status_code == 403
    assert list(Discussion.objects.filter(access="closed")) == [own.discussion]


def test_health_data_can_be_removed_from_a_comment(admin_client: Client) -> None:
    comment = make_comment()
    data = {"status": "approved", "name": "R.", "website": "", "body": "<p>Short <script>x</script><b>now</b></p>"}
    assert admin_client.post(f"{LIST}{comment.pk}/change/", data).status_code == 302
    comment.refresh_from_db()
    assert (comment.name, comment.body) == ("R.", "<p>Short now</p>")


def test_the_dashboard_counts_what_waits(admin_client: Client) -> None:
    pending()
    assert "1 comment waiting for approval" in admin_client.get("/admin/").content.decode()


def test_old_spam_and_trash_are_deleted() -> None:
    now = timezone.now()
    post = make_post()
    old_trash = make_comment(post, status="trash", moderated_at=now - TRASH_RETENTION - timedelta(1))
    answer = make_comment(post, parent=old_trash)
    make_comment(post, status="trash", moderated_at=now)
    make_comment(post, status="spam", posted_at=now - SPAM_RETENTION - timedelta(1))
    make_comment(post, status="spam", posted_at=now)
    make_comment(post, posted_at=now - SPAM_RETENTION * 9)
    assert Comment.objects.delete_expired() == 2
    assert sorted(Comment.objects.values_list("status", flat=True)) == ["approved", "approved", "spam", "trash"]
    answer.refresh_from_db()
    assert answer.parent is None


# ---- Concurrency ----------------------------------------------------------------------------------


def test_a_decision_between_reading_and_writing_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = pending()
    read = CommentQuerySet.values_list

    def decide_after_reading(self: CommentQuerySet, *fields: str, **options: bool) -> list[object]:
        rows = list(read(self, *fields, **options))
        Comment.objects.filter(pk=comment.pk).update(status="approved")
        return rows

    monkeypatch.setattr(CommentQuerySet, "values_list", decide_after_reading)
    assert Comment.objects.pending().moderate(Comment.Status.TRASH) == 0
    assert Comment.objects.get().status == "approved"


@pytest.mark.django_db(transaction=True)
def test_a_link_and_the_admin_at_the_same_time_decide_once(client: Client) -> None:
    turn_on()
    comment = pending()
    url = moderation_path(comment.message_uuid, "trash")
    results: list[int] = []
    barrier = threading.Barrier(4)

    def decide(action: Callable[[], int]) -> None:
        barrier.wait()
        results.append(action())
        connection.close()

    def by_link() -> int:
        page = Client().post(url, headers=SAME_ORIGIN).content.decode()
        return int("in the trash</h1>" in " ".join(page.split()).replace(" </h1>", "</h1>"))

    def in_admin() -> int:
        return Comment.objects.filter(pk=comment.pk).pending().moderate(Comment.Status.APPROVED)

    threads = [threading.Thread(target=decide, args=(action,)) for action in (by_link, by_link, in_admin, in_admin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(results), sum(results)) == (4, 1)


@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_the_same_time_create_one_comment(client: Client) -> None:
    turn_on()
    post = make_post()
    token = issue_token("comments", age=60)
    barrier = threading.Barrier(3)
    statuses: list[int] = []

    def submit() -> None:
        barrier.wait()
        statuses.append(send(Client(), post, token=token).status_code)
        connection.close()

    threads = [threading.Thread(target=submit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 3
    assert (Comment.objects.count(), Discussion.objects.count()) == (1, 1)
