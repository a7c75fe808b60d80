"""Visitors write to the site with the contact form."""

from email.headerregistry import Address
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml.html import HtmlElement
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audit.accessibility import violations_in_both_themes
from contact.models import Message
from outbox import sending
from outbox.headers import decode_mailbox
from public_forms.decorators import MAX_BODY_BYTES
from public_forms.forms import issue_token
from siteinfo.models import SiteInfo
from tests.contact.factories import OWNER, SAME_ORIGIN, make_message, parse, send
from tests.factories import make_image, make_page
from tests.mail_server import Mailbox, message_text


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


def test_spam_gets_the_usual_response_but_is_neither_stored_nor_emailed(client: Client, mailbox: Mailbox) -> None:
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
def test_unusual_names_and_email_addresses_arrive_unchanged(
    client: Client, mailbox: Mailbox, name: str, email: str, arrives_as: str
) -> None:
    subject, body = "=?utf-8?q?a=0D=0ABcc=3A_x@example.net?= " + "Ünï 🦵 שאלה " * 6, "שלום\n" + "long " * 900 + "\n🦵 é"
    assert send(client, name=name, email=email, subject=subject, body=body).status_code == 303
    sending.send_due_emails()
    (mail,) = mailbox.messages
    (reply_to,) = mail["Reply-To"].addresses
    assert reply_to.addr_spec == arrives_as
    # Python's parser of addresses shows the space between two encoded words.
    raw = dict(mail.raw_items())["Reply-To"]
    assert decode_mailbox(raw) == str(Address(name.strip().replace("=?", "= ?"), addr_spec=arrives_as))
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith(subject.strip())
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
    ids=["no domain", "no at sign", "no dot", "two addresses", "320 characters"],
)
def test_an_invalid_email_address_gets_an_error_beside_the_field_and_the_text_stays(client: Client, email: str) -> None:
    page = parse(send(client, email=email, body="<b>Come</b>").content)
    assert page.findtext(".//title").startswith("Error: ")
    assert [field.name for field in page.xpath("//*[@aria-invalid]")] == ["email"]
    assert page.xpath("//textarea")[0].text.strip() == "<b>Come</b>"
    assert Message.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["\u017fam@example.org", "\u212aim@example.org", "sam@straße.example"])
def test_an_undeliverable_email_address_is_rejected(client: Client, email: str) -> None:
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
def test_a_malformed_request_gets_a_response_and_stores_nothing(
    client: Client, content_type: str, body: bytes, status: int
) -> None:
    response = client.generic("POST", "/contact/", body, content_type, headers=SAME_ORIGIN)
    assert response.status_code == status
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_bytes_in_another_encoding_are_replaced(client: Client) -> None:
    body = (
        b"name=J%FCrgen&email=sam%40example.org&subject=Hi&body=Gr%FC%DFe&token="
        + issue_token("contact", age=60).encode()
    )
    response = client.generic("POST", "/contact/", body, "application/x-www-form-urlencoded", headers=SAME_ORIGIN)
    assert response.status_code == 303
    assert Message.objects.get().name == "J\ufffdrgen"


@pytest.mark.django_db
def test_the_longest_message_fits_and_a_longer_one_stays_in_the_form(client: Client) -> None:
    assert len("🦵".encode()) * 3 * 10_000 < MAX_BODY_BYTES  # a browser percent-encodes every byte
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
    client.get("/")  # fill the caches that all visitors share
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert len(queries) <= 17  # nothing is kept between requests in the transaction of a test
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
    contact_page = make_page(title="Write to me", role="contact", excerpt="Any day.", body="<p>I read all of it.</p>")

    def main() -> HtmlElement:
        return parse((client.get("/contact/") if method == "get" else send(client, email="no")).content).find(".//main")

    shown = main()
    assert (shown.findtext(".//h1"), shown.findtext(".//div[@class='wrap']/p")) == ("Write to me", "Any day.")
    (intro,) = shown.xpath(".//div[contains(@class, 'prose')][following::form]")
    assert intro.text_content().strip() == "I read all of it."
    contact_page.status = "draft"
    contact_page.save()
    assert (main().findtext(".//h1"), "I read" in main().text_content()) == ("Contact", False)


@pytest.mark.django_db
def test_only_a_contact_page_with_text_is_indexed(client: Client, settings: Settings) -> None:
    def robots_and_canonical(response: Any) -> tuple[str, list[str], list[str]]:
        page = parse(response.content)
        robots, canonical = page.xpath("//meta[@name='robots']/@content"), page.xpath("//link[@rel='canonical']/@href")
        return response["X-Robots-Tag"], robots, canonical

    not_indexed: tuple[str, list[str], list[str]] = ("noindex", ["noindex"], [])
    assert robots_and_canonical(client.get("/contact/")) == not_indexed
    contact_page = make_page(title="Write to me", role="contact", excerpt="Any day.")
    assert robots_and_canonical(client.get("/contact/")) == (
        "all",
        ["max-image-preview:large"],
        [f"{settings.SITE_URL}/contact/"],
    )
    assert robots_and_canonical(send(client, email="no")) == not_indexed
    contact_page.hides_from_search = True
    contact_page.save()
    assert robots_and_canonical(client.get("/contact/"))[:2] == ("noindex", ["noindex"])


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
