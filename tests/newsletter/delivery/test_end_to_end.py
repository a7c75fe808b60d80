"""A campaign's email, signed with DKIM and received through a real SMTP connection, arrives byte for byte."""

import re
from pathlib import Path
from typing import Any

import dkim
import pytest
from aiosmtpd.smtp import SMTP
from django.test import Client
from pytest_django import Settings

from newsletter.delivery.materialize import prepare_campaign
from newsletter.delivery.mime import Sender, compile_message
from newsletter.delivery.sending import send_due_campaigns
from newsletter.delivery.transport import SmtpTransport
from newsletter.models import Campaign, ConsentEvent, Delivery, Subscriber
from tests.factories import make_subscriber
from tests.mail_server import Mailbox, mail_server
from tests.newsletter.delivery.harness import make_newsletter_settings

pytestmark = pytest.mark.django_db(transaction=True)

# Used by this test only.
PRIVATE_KEY = Path(__file__).with_name("dkim.pem").read_bytes()
PUBLIC_KEY = (
    b"v=DKIM1; k=rsa; p="
    b"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC7f2K0LjPSW7yhOsvvJS5yDNGZp06wbh+2icYVeeWiU6J5jW+PsQEx9nKsenip"
    b"2u1QvqNakKVqsp0j2vbLLDmPkFbpU1eAW0B8h0n3an4AmqwZMlxFE+8jOQYDeEhNMCsnHBuJGhz3oGF4KGJFuEFAuqHez59z+J/G"
    b"Ry8a1xgd+wIDAQAB"
)
SIGNED = [
    *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type", b"List-Id"),
    *(b"List-Unsubscribe", b"List-Unsubscribe-Post"),
]
DIFFICULT_HTML = (
    "<p>.</p>\n.\n..two dots\n" + "long " * 400 + "\n<p>Ünïcödé – „knees“ 🦵 100 % =20 =\t</p>\nFrom the end\n."
)


class RawMailbox(Mailbox):
    """Stores the received bytes unchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.raw.append(envelope.original_content)
        return await super().handle_DATA(server, session, envelope)


def make_prepared_campaign(html: str, settings: Settings, tmp_path: Path) -> tuple[Campaign, Sender]:
    """Create a campaign that is being sent to all subscribers, with `html` added to its content."""
    settings.NEWSLETTER_JOURNAL_DIR = tmp_path / "newsletter"
    newsletter_settings = make_newsletter_settings(
        from_name="Sämi’s Clinic", from_email="news@example.com", connections=1
    )
    campaign = Campaign.objects.create(subject="Knees – „bent“", status="preparing")
    assert prepare_campaign(campaign, newsletter_settings)
    frozen = Campaign.objects.get(pk=campaign.pk)
    Campaign.objects.filter(pk=campaign.pk).update(
        frozen_html=html + frozen.frozen_html, frozen_text=html + frozen.frozen_text
    )
    compile_message.cache_clear()
    frozen.refresh_from_db()
    return frozen, Sender.from_settings(newsletter_settings)


def test_dkim_signature_over_one_click_headers_survives_delivery(settings: Settings, tmp_path: Path) -> None:
    subscriber = make_subscriber()
    campaign, sender = make_prepared_campaign(DIFFICULT_HTML, settings, tmp_path)
    delivery = campaign.deliveries.get()
    template = compile_message(campaign.pk, campaign.frozen_sha256, sender)
    stuffed = template.personalize(
        delivery.to_email,
        delivery.message_id,
        subscriber.public_id.hex,
        subscriber.token_version,
        "Sun, 01 Mar 2026 12:00:00 +0000",
    )
    message = re.sub(rb"(?m)^\.\.", b".", stuffed)
    # Byte for byte: "simple" canonicalization does not tolerate a changed space.
    signature = dkim.sign(
        message, b"news", b"example.com", PRIVATE_KEY, canonicalize=(b"simple", b"simple"), include_headers=SIGNED
    )
    names = re.sub(rb"\s", b"", re.search(rb"\bh=([^;]+);", signature)[1]).lower().split(b":")  # type: ignore[index]
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(names)
    mailbox = RawMailbox()
    with mail_server(settings, mailbox), SmtpTransport() as transport:
        outcome = transport.send(sender.email, delivery.to_email, signature + stuffed, lambda: None)
    assert outcome.status == Delivery.Status.SENT
    assert mailbox.raw == [signature + message]
    queries = []

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        queries.append(name)
        return PUBLIC_KEY

    assert dkim.verify(mailbox.raw[0], dnsfunc=look_up)
    assert queries == [b"news._domainkey.example.com."]
    for changed in (
        mailbox.raw[0].replace(b"One-Click", b"Two-Click"),
        mailbox.raw[0].replace(b"List-Unsubscribe: <http", b"List-Unsubscribe: <https"),
        mailbox.raw[0].replace(b"two dots", b"one dot"),
    ):
        assert changed != mailbox.raw[0]
        assert not dkim.verify(changed, dnsfunc=look_up)


def test_sent_message_needs_no_change_by_any_server(settings: Settings, tmp_path: Path) -> None:
    make_subscriber()
    make_prepared_campaign(DIFFICULT_HTML, settings, tmp_path)
    mailbox = RawMailbox()
    with mail_server(settings, mailbox):
        assert send_due_campaigns(lambda: False) == 1
    (raw,) = mailbox.raw
    assert raw.isascii()
    assert b"\0" not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    html = mailbox.messages[0].get_body(("html",))
    assert html is not None
    assert str(html.get_content()).replace("\r\n", "\n").startswith(DIFFICULT_HTML)


def test_opening_all_links_changes_nothing_and_one_click_unsubscribes_once(settings: Settings, tmp_path: Path) -> None:
    subscriber = make_subscriber()
    make_prepared_campaign("", settings, tmp_path)
    mailbox = RawMailbox()
    with mail_server(settings, mailbox):
        send_due_campaigns(lambda: False)
    mail = mailbox.messages[0]
    texts = "".join(str(part.get_content()) for part in mail.iter_parts()) + str(mail["List-Unsubscribe"])
    links = set(re.findall(r"http://testserver(/[^\s\"<>]*)", texts))
    assert {link.split("/")[2] for link in links if link.startswith("/newsletter/")} >= {"u", "p"}

    def database_rows() -> list[Any]:
        return [list(table.objects.values()) for table in (Subscriber, Delivery, ConsentEvent)]

    before = database_rows()
    for link in links:
        for _ in range(2):
            assert Client().get(link).status_code == Client().head(link).status_code == 200
    assert database_rows() == before
    unsubscribe_url = re.fullmatch(r"<http://testserver(/\S+)>", str(mail["List-Unsubscribe"]))
    assert unsubscribe_url
    for _ in range(2):
        response = Client().post(
            unsubscribe_url[1], str(mail["List-Unsubscribe-Post"]), content_type="application/x-www-form-urlencoded"
        )
        assert (response.status_code, bool(response.cookies)) == (200, False)
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"
    assert ConsentEvent.objects.count() == 1
