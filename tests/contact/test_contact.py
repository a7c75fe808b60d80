"""Readers write to the site, the worker mails it, the desk answers; nothing is lost on the way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.mail import mailers as djangos_mailers
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audit.accessibility import violations_in_both_themes
from contact.email_delivery import delivery_problem
from contact.models import ContactSettings, Message, Reply
from outbox import sending
from ptcomplete.email_settings import mailers
from public_forms.decorators import MAX_BODY_BYTES
from public_forms.forms import issue_token
from siteinfo.models import SiteInfo
from tests.factories import make_image, make_page
from tests.mail_server import Mailbox, free_port, mail_server, message_text

INBOX = "/admin/contact/message/"
OWN = {"origin": "http://testserver"}
OWNER = "owner@clinic.example.com"


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    """Return the emails accepted by a running mail server, for a site that wants its messages emailed."""
    ContactSettings.objects.create(notify_email=OWNER)
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox


def parse(content: bytes) -> HtmlElement:
    page: HtmlElement = html.fromstring(content)
    return page


def send(client: Client, **changes: str) -> Any:
    """Submit the form a minute after opening it, with `changes`, and return the response."""
    data = {"name": "Sam", "email": "sam@example.org", "subject": "A talk", "body": "Would you come?"}
    return client.post("/contact/", data | {"token": issue_token("contact", age=60)} | changes, headers=OWN)


def make_message(**overrides: Any) -> Message:
    """Create a new message."""
    fields = {"name": "Sam", "email": "sam@example.org", "subject": "A talk", "body": "Would you come?"}
    return Message.objects.create(**fields | {"submission": uuid4()} | overrides)


def make_emails_due() -> None:
    """Skip the delay before the next attempt."""
    for model in (Message, Reply):
        model._default_manager.filter(next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())


def reply(client: Client, message: Message, body: str = "Gladly.") -> Any:
    return client.post(f"/admin/contact/reply/add/?message={message.pk}", {"body": body})


# ---- The form ---------------------------------------------------------------------------------------


def test_a_message_is_stored_once_and_emailed_once(client: Client, mailbox: Mailbox) -> None:
    SiteInfo.objects.create(name="Move Better", email="public@example.com")
    response = send(client, status="spam", body="Would you come?\n.\n<b>Soon</b> & well")
    assert (response.status_code, response["Location"]) == (303, "/contact/thanks/")
    assert not response.cookies
    assert client.get("/contact/thanks/").status_code == 200
    row = Message.objects.get()
    assert (row.status, row.name, row.email, row.subject) == ("new", "Sam", "sam@example.org", "A talk")
    assert mailbox.messages == []  # the visitor does not wait for the mail server
    call_command("worker", once=True)
    call_command("worker", once=True)
    (mail,) = mailbox.messages
    assert mailbox.envelopes == [("site@example.com", [OWNER])]
    assert (mail["From"], mail["To"], mail["Reply-To"]) == (
        "Move Better <site@example.com>",
        OWNER,
        "Sam <sam@example.org>",
    )
    assert mail["Subject"] == "A talk (message to Move Better)"
    assert "Would you come?\n.\n<b>Soon</b> & well" in message_text(mail)
    assert f"http://testserver/admin/contact/message/{row.pk}/change/" in message_text(mail)
    row.refresh_from_db()
    assert row.sent_at
    assert row.status_text == "Sent"


def test_spam_gets_the_usual_answer_and_is_neither_stored_nor_emailed(client: Client, mailbox: Mailbox) -> None:
    spam, real = send(client, homepage="https://pills.example.com", subject="Pills"), send(client)
    assert (spam.status_code, spam["Location"], spam.content) == (real.status_code, real["Location"], real.content)
    assert Message.objects.get().subject == "A talk"
    sending.send_due_emails()
    assert len(mailbox.messages) == 1


@pytest.mark.django_db
def test_a_double_click_creates_one_message(client: Client) -> None:
    token = issue_token("contact", age=60)
    for _ in range(2):
        assert send(client, token=token).status_code == 303
    assert Message.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["name", "email", "subject", "body"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "%0a", "\x85", "\u2028", "\x0b", "\x00"])
def test_no_field_can_inject_an_email_header(client: Client, mailbox: Mailbox, name: str, end: str) -> None:
    start = "sam@example.org" if name == "email" else "Sam"
    send(client, **{name: f"{start}{end}Bcc: many@example.net{end}{end}Buy"})
    sending.send_due_emails()
    assert len(mailbox.messages) == Message.objects.count()
    if name != "body" and end != "%0a":
        assert mailbox.messages == []
    for mail in mailbox.messages:
        assert mail["Bcc"] is None
        assert mail["To"] == OWNER
    assert [recipients for _, recipients in mailbox.envelopes] == [[OWNER]] * len(mailbox.messages)


def test_line_breaks_in_stored_rows_cannot_inject_headers(mailbox: Mailbox) -> None:
    make_message(name="Sam\r\nBcc: a@example.net", subject="Hi\nBcc: b@example.net")
    make_message(email="sam@example.org\nBcc: c@example.net")
    sending.send_due_emails()
    (mail,) = mailbox.messages
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Hi Bcc: b@example.net")
    assert "An email address or header is invalid" in Message.objects.failed().get().last_error


@pytest.mark.parametrize(
    ("name", "email", "arrives_as"),
    [
        ('Sam "The Knee", PT <x@example.net>', "sam@example.org", "sam@example.org"),
        ("Zoë 🦵 Ünal " * 9, "o'neil+a%b@example.org", "o'neil+a%b@example.org"),
        ("שלום עולם", "sam@bücher.example", "sam@xn--bcher-kva.example"),
        ("=?utf-8?q?a=0D=0ABcc=3A_x@example.net=0D=0A?=", "SAM@EXAMPLE.ORG", "SAM@example.org"),
        ("@", "sam@example.org", "sam@example.org"),
    ],
)
def test_unusual_names_and_addresses_arrive_unchanged(
    client: Client, mailbox: Mailbox, name: str, email: str, arrives_as: str
) -> None:
    subject, body = "=?utf-8?q?a=0D=0ABcc=3A_x@example.net?= " + "Ünï 🦵 שאלה " * 6, "שלום\n" + "long " * 900 + "\n🦵 é"
    assert send(client, name=name, email=email, subject=subject, body=body).status_code == 303
    sending.send_due_emails()
    (mail,) = mailbox.messages
    (answer_to,) = mail["Reply-To"].addresses
    assert answer_to.addr_spec == arrives_as
    # Python's own folding may double a space.
    assert " ".join(answer_to.display_name.split()) == name.strip().replace("=?", "= ?")
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith(subject.strip().replace("=?", "= ?"))
    assert body in message_text(mail)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [
        "sam@",
        "sam",
        "a@b",
        "sam@example.org, x@example.org",
        f"{'a' * 60}@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.org",
    ],
    ids=["cut", "no at", "no dot", "two", "320 characters"],
)
def test_an_invalid_address_is_reported_beside_the_field_and_the_text_stays(client: Client, email: str) -> None:
    page = parse(send(client, email=email, body="<b>Come</b>").content)
    assert page.findtext(".//title").startswith("Error: ")
    assert [field.name for field in page.xpath("//*[@aria-invalid]")] == ["email"]
    assert page.xpath("//textarea")[0].text.strip() == "<b>Come</b>"
    assert Message.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["\u017fam@example.org", "\u212aim@example.org", "sam@straße.example"])
def test_an_undeliverable_address_is_rejected(client: Client, email: str) -> None:
    assert "because of its length or its characters" in send(client, email=email).content.decode()
    assert Message.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"name=J\xfcrgen&body=\xff\xfe", 200),
        ("application/x-www-form-urlencoded; charset=latin-1", b"name=J\xfcrgen", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 200),
        ("multipart/form-data", b"", 200),
        ("application/json", b'{"name": 1}', 200),
        ("", b"\x00\xff", 200),
        ("application/x-www-form-urlencoded", b"&" * 5000, 400),
        ("application/x-www-form-urlencoded", b"body=" + b"x" * 1_000_000, 413),
    ],
)
def test_a_malformed_post_is_answered_and_stores_nothing(
    client: Client, content_type: str, body: bytes, status: int
) -> None:
    response = client.generic("POST", "/contact/", body, content_type, headers=OWN)
    assert response.status_code == status
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_bytes_in_another_encoding_are_replaced(client: Client) -> None:
    body = (
        b"name=J%FCrgen&email=sam%40example.org&subject=Hi&body=Gr%FC%DFe&token="
        + issue_token("contact", age=60).encode()
    )
    response = client.generic("POST", "/contact/", body, "application/x-www-form-urlencoded", headers=OWN)
    assert response.status_code == 303
    assert Message.objects.get().name == "J\ufffdrgen"


@pytest.mark.django_db
def test_the_longest_message_fits_and_a_longer_one_stays_in_the_form(client: Client) -> None:
    assert len("🦵".encode()) * 3 * 10_000 < MAX_BODY_BYTES  # as browsers send it
    assert send(client, body="🦵" * 10_000).status_code == 303
    page = send(client, body="x" * 10_001).content.decode()
    assert "10001 characters long; the limit is 10000" in page
    assert "x" * 10_001 in page


@pytest.mark.django_db
def test_one_network_can_send_ten_messages_a_day(client: Client) -> None:
    for number in range(10):
        assert send(client, body=f"Number {number}").status_code == 303
    response = send(client, body="Number 10")
    assert response.status_code == 429
    assert "Number 10" in response.content.decode()
    assert Message.objects.count() == 10


@pytest.mark.django_db
def test_a_cross_site_form_stores_nothing_and_shows_the_text(client: Client) -> None:
    data = {"body": "Come.", "token": issue_token("contact", age=60)}
    response = client.post("/contact/", data, headers={"origin": "https://example.com"})
    assert response.status_code == 403
    assert "Come." in response.content.decode()
    assert Message.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/contact/", "/contact/thanks/"])
def test_the_page_explains_emergencies_health_data_and_retention(client: Client, path: str) -> None:
    SiteInfo.objects.create(help_line="Numb legs? Call <999> today.")
    make_page(role="contact", featured_image=make_image())
    client.get("/")  # what is made once for all readers
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert len(queries) <= 9
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]
    assert not response.cookies
    page = parse(response.content)
    text = " ".join(page.xpath("//main")[0].text_content().split())
    assert "Numb legs? Call <999> today." in text
    assert (
        ("do not include health information" in text)
        == ("deletes it twelve months after" in text)
        == (path == "/contact/")
    )
    assert not page.xpath("//style | //@style | //script[not(@src or @type='application/ld+json')] | //@onclick")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_published_contact_page_is_shown_above_the_form(client: Client, method: str) -> None:
    words = make_page(title="Write to me", role="contact", excerpt="Any day.", body="<p>I read all of it.</p>")

    def main() -> HtmlElement:
        return parse((client.get("/contact/") if method == "get" else send(client, email="no")).content).find(".//main")

    shown = main()
    assert (shown.findtext(".//h1"), shown.findtext(".//div[@class='wrap']/p")) == ("Write to me", "Any day.")
    (intro,) = shown.xpath(".//div[contains(@class, 'prose')][following::form]")
    assert intro.text_content().strip() == "I read all of it."
    words.status = "draft"
    words.save()
    assert (main().findtext(".//h1"), "I read" in main().text_content()) == ("Contact", False)


@pytest.mark.django_db
def test_only_a_contact_page_with_text_is_indexed(client: Client, settings: Settings) -> None:
    def told(response: Any) -> tuple[str, list[str], list[str]]:
        page = parse(response.content)
        robots, address = page.xpath("//meta[@name='robots']/@content"), page.xpath("//link[@rel='canonical']/@href")
        return response["X-Robots-Tag"], robots, address

    bare: tuple[str, list[str], list[str]] = ("noindex", ["noindex"], [])
    assert told(client.get("/contact/")) == bare
    words = make_page(title="Write to me", role="contact", excerpt="Any day.")
    assert told(client.get("/contact/")) == ("all", ["max-image-preview:large"], [f"{settings.SITE_URL}/contact/"])
    assert told(send(client, email="no")) == bare
    words.hides_from_search = True
    words.save()
    assert told(client.get("/contact/"))[:2] == ("noindex", ["noindex"])


# ---- Emails --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_emails_are_sent_once_after_the_mail_server_was_down(
    client: Client, admin_client: Client, settings: Settings
) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    mailbox = Mailbox()
    with mail_server(settings, mailbox) as port:
        pass  # it has stopped
    assert send(client).status_code == send(client, subject="Another").status_code == 303
    assert (
        reply(admin_client, make_message(subject="A third", sent_at=timezone.now(), next_attempt_at=None)).status_code
        == 302
    )
    assert sending.send_due_emails() == 3
    assert sending.send_due_emails() == 0  # not again at once
    assert {row.sent_at for row in Message.objects.unhandled()} == {None}
    assert "The mail server refused the connection" in delivery_problem()
    assert delivery_problem() in parse(admin_client.get(INBOX).content).text_content()
    with mail_server(settings, mailbox, port):
        assert sending.send_due_emails() == 0
        make_emails_due()
        assert sending.send_due_emails() == 3
        make_emails_due()
        assert sending.send_due_emails() == 0
    assert sorted(mail["Subject"].split(" (")[0] for mail in mailbox.messages) == ["A talk", "Another", "Re: A third"]
    assert delivery_problem() == ""


@pytest.mark.django_db
def test_attempts_back_off_from_five_minutes_to_a_day(settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{free_port()}")
    row, waits = make_message(), []
    for _ in range(12):
        make_emails_due()
        assert sending.send_due_emails() == 1
        row.refresh_from_db()
        assert row.next_attempt_at
        waits.append(round((row.next_attempt_at - timezone.now()) / timedelta(minutes=5)))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 288, 288, 288]


@pytest.mark.parametrize("is_taken", [False, True], ids=["before the server took it", "after the server took it"])
def test_an_email_interrupted_by_a_crash_is_sent_again_with_the_same_message_id(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    row = make_message()
    backend = type(djangos_mailers.default)
    really_send = backend.send_messages

    def die(mailer: Any, mails: Any) -> int:
        if is_taken:
            really_send(mailer, mails)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(backend, "send_messages", die)
        with pytest.raises(SystemExit):
            sending.send_due_emails()
    assert sending.send_due_emails() == 0  # claimed until its sender has certainly finished
    make_emails_due()
    assert sending.send_due_emails() == 1
    assert sending.send_due_emails() == 0
    assert len(mailbox.messages) == (2 if is_taken else 1)
    assert {mail["Message-ID"] for mail in mailbox.messages} == {f"<{row.message_uuid}@testserver>"}


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_send_each_email_once(settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    for number in range(20):
        make_message(subject=f"Number {number}")

    def work(_: int) -> int:
        try:
            return sending.send_due_emails()
        finally:
            connection.close()

    mailbox = Mailbox()
    with mail_server(settings, mailbox), ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) == 20
    assert sorted(mail["Subject"] for mail in mailbox.messages) == sorted(
        f"Number {number} (message to My practice blog)" for number in range(20)
    )


def test_a_permanent_rejection_is_not_retried_and_a_temporary_one_is(mailbox: Mailbox) -> None:
    for name, code in (("gone", "550 <No such> user"), ("busy", "450 Try later")):
        mailbox.rejections[f"{name}@example.org"] = code
        Reply.objects.create(message=make_message(email=f"{name}@example.org", status="answered"), body="Hello.")
    Reply.objects.create(message=make_message(status="answered"), body="Hello.")
    assert sending.send_due_emails() == 3
    assert [recipients for _, recipients in mailbox.envelopes] == [
        ["sam@example.org"]
    ]  # errors of other emails do not affect it
    gone, busy = Reply.objects.failed()
    assert gone.last_error == "The mail server rejected the recipient's email address: 550 <No such> user"
    assert (gone.next_attempt_at, busy.next_attempt_at is None) == (None, False)
    assert "won't be retried" in gone.status_text
    mailbox.rejections.clear()
    make_emails_due()
    assert sending.send_due_emails() == 1
    assert Reply.objects.retry_failed() == sending.send_due_emails() == 1
    assert len(mailbox.messages) == 3


@pytest.mark.django_db
def test_without_a_recipient_or_mail_server_messages_wait_and_the_admin_says_why(
    client: Client, settings: Settings
) -> None:
    send(client)
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        assert sending.send_due_emails() == 0
        assert "Messages are only shown here" in delivery_problem()
        SiteInfo.objects.create(email="public@example.com")
        assert delivery_problem() == ""
        settings.MAILERS = {}
        assert sending.send_due_emails() == 0
        assert "no mail server is set" in delivery_problem()
    assert Message.objects.get().attempts == 0


@pytest.mark.django_db
def test_a_handled_message_is_not_emailed(settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    make_message(status="spam")
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        assert sending.send_due_emails() == 0
    assert mailbox.messages == []


@pytest.mark.django_db
def test_constraints_keep_sent_and_handled_times_consistent() -> None:
    make_message()
    for values in ({"sent_at": timezone.now()}, {"status": "answered"}, {"handled_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.update(**values)


# ---- Admin ---------------------------------------------------------------------------------------


def test_a_reply_is_emailed_once_and_marks_the_message_answered(
    admin_client: Client, mailbox: Mailbox, admin_user: User
) -> None:
    SiteInfo.objects.create(name="Move Better")
    message = make_message(body="Would you come?\nSoon?", sent_at=timezone.now(), next_attempt_at=None)
    form = parse(admin_client.get(f"/admin/contact/reply/add/?message={message.pk}").content)
    words = form.xpath("//textarea")[0].text.lstrip("\n")
    assert words.startswith("Hello Sam,\n")
    assert "\nMove Better\n" in words
    assert words.endswith("you wrote:\n> Would you come?\n> Soon?\n")
    for _ in range(2):  # a double click
        response = reply(admin_client, message, words)
        assert (response.status_code, response["Location"]) == (302, f"{INBOX}{message.pk}/change/")
    assert sending.send_due_emails() == 1
    assert sending.send_due_emails() == 0
    (mail,) = mailbox.messages
    assert mailbox.envelopes == [("site@example.com", ["sam@example.org"])]
    assert (mail["To"], mail["Reply-To"]) == ("Sam <sam@example.org>", f"Move Better <{OWNER}>")
    assert (mail["Subject"], message_text(mail).strip()) == ("Re: A talk", words.strip())
    message.refresh_from_db()
    assert (message.status, bool(message.handled_at)) == ("answered", True)
    assert Reply.objects.get().author == admin_user
    shown = parse(admin_client.get(f"{INBOX}{message.pk}/change/").content).text_content()
    assert "Sent" in shown
    assert "Hello Sam," in shown


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "0", "x", "²", "9" * 30, "1'"])
def test_a_reply_without_a_message_is_not_found(admin_client: Client, key: str) -> None:
    for response in (
        admin_client.get("/admin/contact/reply/add/", {"message": key}),
        admin_client.post(f"/admin/contact/reply/add/?message={key}", {"body": "Hello."}),
    ):
        assert response.status_code == 404
    assert Reply.objects.count() == 0


@pytest.mark.django_db
def test_the_inbox_lists_new_messages_first_escaped_and_without_links(admin_client: Client) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    words = "<script>x</script> https://pills.example.com sam@example.org"
    row = make_message(subject=words[:100], name="<b>Sam</b>", body=words)
    make_message(subject="Done long ago", status="archived")
    for address in (INBOX, f"{INBOX}{row.pk}/change/"):
        page = admin_client.get(address)
        assert "<script>x" not in page.content.decode()
        assert "<b>Sam" not in page.content.decode()
        assert not [link for link in parse(page.content).xpath("//a/@href") if "pills" in link or "mailto" in link]
    assert [each.subject for each in admin_client.get(INBOX).context["cl"].result_list][1] == "Done long ago"
    assert list(Message.objects.unhandled()) == [row]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("action", "status"),
    [("mark_answered", "answered"), ("archive", "archived"), ("mark_spam", "spam"), ("mark_new", "new")],
)
def test_actions_set_the_status_of_all_selected_messages(admin_client: Client, action: str, status: str) -> None:
    rows = [make_message(), make_message(status="archived")]
    admin_client.post(INBOX, {"action": action, "_selected_action": [row.pk for row in rows]})
    assert set(Message.objects.values_list("status", flat=True)) == {status}
    assert Message.objects.unhandled().count() == (2 if status == "new" else 0)


@pytest.mark.django_db
def test_only_the_status_of_a_message_can_be_edited(admin_client: Client) -> None:
    row = make_message()
    admin_client.post(
        f"{INBOX}{row.pk}/change/",
        {"status": "spam", "body": "Forged", "replies-TOTAL_FORMS": "0", "replies-INITIAL_FORMS": "0"},
    )
    row.refresh_from_db()
    assert (row.status, row.body, bool(row.handled_at)) == ("spam", "Would you come?", True)


@pytest.mark.django_db
def test_all_messages_of_a_sender_are_deleted_after_confirmation(admin_client: Client) -> None:
    first, second, other = (
        make_message(email=each) for each in ("Sam@example.org", "sAM@example.org", "eve@example.org")
    )
    Reply.objects.create(message=second, body="Hello Sam.")
    data = {"action": "delete_senders", "_selected_action": [first.pk]}
    question = admin_client.post(INBOX, data)
    assert Message.objects.count() == 3
    (form,) = parse(question.content).xpath("//form[.//input[@name='confirm']]")
    sent = {name: value for name, value in form.fields.items() if name != "csrfmiddlewaretoken"}
    admin_client.post(INBOX, sent | {"confirm": "1"})
    assert list(Message.objects.all()) == [other]
    assert Reply.objects.count() == 0
    assert not LogEntry.objects.filter(object_repr__icontains="talk").exists()


@pytest.mark.django_db
def test_failed_emails_can_be_retried_from_the_inbox(admin_client: Client, settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    row = make_message()
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{free_port()}")
    sending.send_due_emails()
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        assert sending.send_due_emails() == 0
        admin_client.post(INBOX, {"action": "retry_emails", "_selected_action": [row.pk]})
        assert sending.send_due_emails() == 1
    assert len(mailbox.messages) == 1


@pytest.mark.django_db
def test_view_permission_allows_neither_replies_nor_deletion() -> None:
    user = User.objects.create_user("eve@example.com", "a password for tests", is_staff=True)
    client = Client()
    client.force_login(user)
    row = make_message()
    assert client.get(INBOX).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_message"))
    assert "A talk" in client.get(INBOX).content.decode()
    page = client.get(f"{INBOX}{row.pk}/change/").content.decode()
    assert "addlink" not in page
    assert reply(client, row).status_code == 403
    for action in ("mark_spam", "delete_senders", "retry_emails"):
        client.post(INBOX, {"action": action, "_selected_action": [row.pk], "confirm": "1"})
    assert list(Message.objects.unhandled()) == [row]


@pytest.mark.django_db
def test_the_inbox_has_a_constant_number_of_queries(admin_client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(INBOX).status_code == 200
        return len(queries)

    make_message()
    first = cost()
    for _ in range(5):
        make_message()
    assert cost() == first


@pytest.mark.django_db
def test_the_worker_deletes_messages_a_year_after_they_were_handled(settings: Settings) -> None:
    settings.MAILERS = {}
    old, recent, waiting = (make_message(status=status) for status in ("answered", "spam", "new"))
    Reply.objects.create(message=old, body="Hello.")
    Message.objects.filter(pk=old.pk).update(handled_at=timezone.now() - timedelta(days=366))
    Message.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(days=800))
    call_command("worker", once=True)
    assert set(Message.objects.all()) == {recent, waiting}
    assert Reply.objects.count() == 0


# ---- Browser -------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_form_works_without_javascript_and_cookies(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/contact/")
    page.get_by_label("Your name").fill("Sam")
    page.get_by_label("Your email address").fill("sam@")
    page.get_by_label("Subject").fill("A talk")
    page.get_by_label("Your message").fill("Would you come?")
    page.get_by_role("button", name="Send message").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Your email address").fill("sam@example.org")
    page.get_by_role("button", name="Send message").click()
    page.get_by_text("We have received your message").wait_for()
    assert context.cookies() == []
    context.close()
    assert Message.objects.get().body == "Would you come?"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_form_is_accessible(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/contact/")
    assert violations_in_both_themes(page) == []
    page.get_by_role("button", name="Send message").click()
    page.get_by_role("alert").wait_for()
    assert violations_in_both_themes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_owner_answers_from_the_inbox(admin_page: Page) -> None:
    make_message()
    admin_page.goto(INBOX)
    admin_page.get_by_role("link", name="A talk").click()
    admin_page.get_by_role("link", name="Reply").click()
    assert admin_page.get_by_label("Reply").input_value().startswith("Hello Sam,")
    admin_page.get_by_label("Reply").fill("Gladly.")
    admin_page.get_by_role("button", name="Send reply").click()
    admin_page.get_by_text("will be sent within seconds").wait_for()
    assert Reply.objects.get().body == "Gladly."
    assert Message.objects.unhandled().count() == 0
