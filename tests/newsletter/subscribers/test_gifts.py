"""The gift of a post: promised by its sign-up forms, sent once, and only to confirmed addresses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.checklist import findings
from blog.models import Post
from images.files import store_file
from images.models import MediaFile
from newsletter.models import ConsentEvent, Subscriber, SubscriberEmail
from outbox import sending
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_post, make_subscriber
from tests.mail_server import Mailbox
from tests.newsletter.subscribers.public_pages import SAM, email_link, email_parts, sign_up, xpath
from tests.newsletter.subscribers.test_subscribe import statements


@pytest.fixture
def post(db: None) -> Post:
    """Return a post that promises its exercises on one sheet."""
    exercise = make_exercise(name="Heel drop")
    return make_post(title="Heels", slug="heels", body=f"<p>Drop them.</p>{embed(exercise)}", gift="sheet")


@pytest.fixture
def post_with_file(db: None) -> Post:
    """Return a post that promises a file of the library."""
    file, _ = store_file(ContentFile(b"%PDF-1.7 plan", name="plan.pdf"), "plan.pdf", title="Ankle plan")
    return make_post(title="Ankles", slug="ankles", gift="file", gift_file=file)


def ask(client: Client, post: Post, email: str = SAM) -> Any:
    """Send the form of a post."""
    return sign_up(client, email, location="post", post=str(post.pk))


def confirm_last(client: Client, mailbox: Mailbox) -> None:
    """Press the button behind the link of the latest email."""
    assert client.post(email_link(mailbox.messages[-1], "confirm")).status_code == 200


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(message["Subject"]) for message in mailbox.messages]


def let_time_pass() -> None:
    """Let an address ask again."""
    Subscriber.objects.update(confirmation_requested_at=timezone.now() - timedelta(minutes=16))


@pytest.mark.django_db
def test_the_forms_of_the_post_promise_it_and_say_that_it_is_a_subscription(client: Client, post: Post) -> None:
    page = client.get("/heels/").content
    (form,) = xpath(page, "//section[@aria-labelledby='signup-post']")
    words = " ".join(form.text_content().split())
    assert "Get the exercise sheet by email" in words
    assert "Subscribe to new posts by email" in words
    assert "You can unsubscribe at any time and keep it." in words
    assert xpath(page, "//section[@aria-labelledby='signup-post']//input[@name='post']/@value") == [str(post.pk)]
    assert "on one sheet" not in xpath(page, "//footer")[-1].text_content()
    Post.objects.filter(pk=post.pk).update(body="<p>No exercises any more.</p>")
    make_post(slug="other")
    assert b"the exercise sheet" not in client.get("/other/").content


def test_it_comes_after_the_confirmation_and_leads_to_the_sheet(client: Client, mailbox: Mailbox, post: Post) -> None:
    assert ask(client, post).status_code == 303
    sending.send_due_emails()
    assert subjects(mailbox) == ["Confirm your subscription to Move Better"]
    words = " ".join(email_parts(mailbox.messages[0])[0].split())
    assert "After that we’ll send you the exercises of “Heels” on one sheet (PDF)." in words
    assert "After that we’ll email you" in client.get(email_link(mailbox.messages[0], "confirm")).content.decode()
    confirm_last(client, mailbox)
    confirm_last(client, mailbox)
    sending.send_due_emails()
    assert sorted(subjects(mailbox)[1:]) == [
        "Welcome to the Move Better newsletter",
        "Your exercises on one sheet: Heels",
    ]
    message = next(each for each in mailbox.messages if "exercises" in each["Subject"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = email_link(message, "gift")
    page = client.get(link)
    assert page.status_code == 200
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("no-referrer", "noindex")
    sheet = client.get(xpath(page.content, "//p[@class='actions']/a/@href")[0])
    assert sheet.content.startswith(b"%PDF-")
    assert "no-store" in sheet["Cache-Control"]


def test_it_can_be_a_file_of_the_library(client: Client, mailbox: Mailbox, post_with_file: Post) -> None:
    ask(client, post_with_file)
    sending.send_due_emails()
    confirm_last(client, mailbox)
    sending.send_due_emails()
    message = next(each for each in mailbox.messages if each["Subject"] == "Your download: Ankle plan")
    page = client.get(email_link(message, "gift"))
    file: Any = client.get(xpath(page.content, "//p[@class='actions']/a/@href")[0])
    assert b"".join(file.streaming_content) == b"%PDF-1.7 plan"
    assert file["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert file["Referrer-Policy"] == "no-referrer"


def test_someone_who_does_not_confirm_gets_nothing(client: Client, mailbox: Mailbox, post: Post) -> None:
    ask(client, post)
    for _ in range(3):
        sending.send_due_emails()
    assert len(mailbox.messages) == 1
    assert not SubscriberEmail.objects.filter(kind="gift").exists()


def test_subscribers_get_it_too_once(client: Client, mailbox: Mailbox, post: Post) -> None:
    make_subscriber(email=SAM)
    for _ in range(3):
        assert ask(client, post)["Location"] == "/newsletter/check-your-inbox/"
        let_time_pass()
        sending.send_due_emails()
    assert subjects(mailbox) == [
        "Your exercises on one sheet: Heels",
        *["You're already subscribed to Move Better"] * 2,
    ]


def test_gifts_of_two_posts_are_two_gifts(client: Client, mailbox: Mailbox, post: Post, post_with_file: Post) -> None:
    ask(client, post)
    let_time_pass()
    ask(client, post_with_file)
    let_time_pass()
    ask(client, post)
    sending.send_due_emails()
    confirm_last(client, mailbox)
    sending.send_due_emails()
    assert SubscriberEmail.objects.filter(kind="gift", sent_at__isnull=False).count() == 2
    assert len([subject for subject in subjects(mailbox) if subject.startswith("Your ")]) == 2


def test_someone_who_leaves_and_comes_back_gets_it_once(client: Client, mailbox: Mailbox, post: Post) -> None:
    for _ in range(2):
        ask(client, post)
        sending.send_due_emails()
        confirm_last(client, mailbox)
        sending.send_due_emails()
        Subscriber.objects.get().unsubscribe()
        let_time_pass()
    assert subjects(mailbox).count("Your exercises on one sheet: Heels") == 1


def test_someone_who_unsubscribes_at_once_gets_nothing_more(client: Client, mailbox: Mailbox, post: Post) -> None:
    ask(client, post)
    sending.send_due_emails()
    confirm_last(client, mailbox)
    Subscriber.objects.get().unsubscribe()
    sending.send_due_emails()
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("known", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_the_response_does_not_reveal_who_is_subscribed(client: Client, post: Post, known: str) -> None:
    make_subscriber(email=SAM, status=known)
    ask(client, post, "first@example.org")  # the very first sign-up also stores the consent text
    with CaptureQueriesContext(connection) as for_unknown:
        expected = ask(client, post, "new@example.org")
    with CaptureQueriesContext(connection) as queries:
        response = ask(client, post)
    assert (response.status_code, response["Location"]) == (expected.status_code, expected["Location"])
    assert statements(queries) == statements(for_unknown)
    assert SubscriberEmail.objects.count() == 3


@pytest.mark.django_db
def test_the_database_allows_a_gift_once(post: Post) -> None:
    emails = make_subscriber().transactional_emails
    emails.create(kind="gift", gift_post=post)
    with pytest.raises(IntegrityError), transaction.atomic():
        emails.create(kind="gift", gift_post=post)


class Killed(BaseException):
    """Stands for a signal that ends the worker or the web server."""


@pytest.mark.parametrize("step", ["claim", "build_email", "_send"])
def test_a_worker_that_is_killed_before_it_sends_loses_nothing_and_sends_once(
    client: Client, mailbox: Mailbox, post: Post, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    make_subscriber(email=SAM)
    ask(client, post)

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if step == "_send":
            patched.setattr(sending, "_send", kill)
        else:
            patched.setattr(SubscriberEmail, step, kill)
        with pytest.raises(Killed):
            sending.send_due_emails()
    assert mailbox.messages == []
    SubscriberEmail.objects.filter(sent_at=None).update(next_attempt_at=timezone.now())
    for _ in range(2):
        sending.send_due_emails()
    assert len(mailbox.messages) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["queue_gifts", "bulk_create"])
def test_a_confirmation_that_is_killed_leaves_all_or_nothing(
    client: Client, post: Post, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ask(client, post)
    subscriber = Subscriber.objects.get()
    queryset = type(SubscriberEmail.objects.all())

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(queryset, step, kill)
        with pytest.raises(Killed):
            subscriber.confirm()
    subscriber.refresh_from_db()
    assert subscriber.status == "pending"
    subscriber.confirm()
    assert SubscriberEmail.objects.filter(kind="gift").count() == 1


def gift_path(post: Post) -> str:
    """Return the path of the page with the gift of a subscriber."""
    email = make_subscriber().transactional_emails.create(kind="gift", gift_post=post)
    return email.gift_url.removeprefix("http://testserver")


@pytest.mark.django_db
def test_the_link_expires_and_cannot_be_guessed(client: Client, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    path = gift_path(post)
    token = path.split("/")[3]
    pages: tuple[Callable[[str], str], ...] = (
        lambda token: f"/newsletter/gift/{token}/",
        lambda token: f"/newsletter/gift/{token}/a4.pdf",
    )
    for page in pages:
        assert client.get(page(token)).status_code == 200
        for forged in (token[:-1] + ("a" if token[-1] != "a" else "b"), "x", "0" * 32 + "-0"):
            assert client.get(page(forged)).status_code == 404
    with monkeypatch.context() as patched:
        patched.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 31 * 86400)
        for page in pages:
            response = client.get(page(token))
            assert response.status_code == 404
            assert "This link has expired." in response.content.decode()
    Subscriber.objects.get().erase()
    assert client.get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"gift": ""}, {"status": "draft"}, {"body": "<p>None.</p>"}])
def test_a_gift_that_is_gone_is_neither_sent_nor_served(client: Client, post: Post, change: dict[str, str]) -> None:
    path = gift_path(post)
    Post.objects.filter(pk=post.pk).update(**change)
    assert client.get(path).status_code == 404
    assert SubscriberEmail.objects.get().build_email() is None


def test_unsubscribing_does_not_take_it_away(client: Client, post: Post) -> None:
    path = gift_path(post)
    Subscriber.objects.get().unsubscribe()
    assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_the_consent_log_has_the_words_of_the_form_with_the_gift(client: Client, post: Post) -> None:
    ask(client, post)
    event = ConsentEvent.objects.get()
    assert event.consent_text is not None
    assert event.consent_text.key == "gift"
    assert event.consent_text.text in client.get("/heels/").content.decode().replace("&#x27;", "'")


@pytest.mark.django_db
def test_a_file_gift_needs_a_file() -> None:
    post = make_post()
    post.gift = "file"
    with pytest.raises(Exception, match="Choose the file that people get."):
        post.full_clean()


def test_the_checklist_names_a_sheet_without_exercises(post: Post) -> None:
    def messages() -> list[str]:
        return [finding.message for finding in findings(post.snapshot()) if finding.check.id == "exercises"]

    assert messages() == []
    post.body = "<p>None.</p>"
    assert messages() == ["Add an exercise, or promise another gift for signing up: the sheet of this post is empty."]


def test_a_revision_keeps_the_gift(post_with_file: Post) -> None:
    snapshot = post_with_file.snapshot()
    Post.objects.filter(pk=post_with_file.pk).update(gift="", gift_file=None)
    post_with_file.refresh_from_db()
    post_with_file.apply(snapshot)
    post_with_file.refresh_from_db()
    assert (post_with_file.gift, str(post_with_file.gift_file)) == ("file", "Ankle plan")
    with pytest.raises(ProtectedError):
        MediaFile.objects.all().delete()
