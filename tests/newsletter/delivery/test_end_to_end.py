"""A campaign's mail on its way: signed, handed over and received byte for byte, with nothing that a server would change."""

import re
from pathlib import Path
from typing import Any

import dkim
import pytest
from aiosmtpd.smtp import SMTP
from django.test import Client
from pytest_django import Settings

from newsletter.delivery.materialize import prepare
from newsletter.delivery.mime import compiled
from newsletter.delivery.sending import Sender, deliver
from newsletter.delivery.transport import SmtpTransport
from newsletter.models import Campaign, ConsentEvent, Delivery, Subscriber
from tests.factories import make_subscriber
from tests.mail_server import Mailbox, mail_server
from tests.newsletter.delivery.harness import sender

pytestmark = pytest.mark.django_db(transaction=True)

# Of this test alone.
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
NASTY = "<p>.</p>\n.\n..two dots\n" + "long " * 400 + "\n<p>Ünïcödé – „knees“ 🦵 100 % =20 =\t</p>\nFrom the end\n."


class RawBox(Mailbox):
    """Keeps what came in as it came in."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.raw.append(envelope.original_content)
        return await super().handle_DATA(server, session, envelope)


def campaign_that_says(html: str, settings: Settings, tmp_path: Path) -> tuple[Campaign, Sender]:
    """Prepared, to everybody on the list."""
    settings.NEWSLETTER_JOURNAL_DIR = tmp_path / "newsletter"
    profile = sender(from_name="Sämi’s Clinic", from_email="news@example.com", connections=1)
    campaign = Campaign.objects.create(subject="Knees – „bent“", status="preparing")
    assert prepare(campaign, profile) == 1
    frozen = Campaign.objects.get(pk=campaign.pk)
    Campaign.objects.filter(pk=campaign.pk).update(
        frozen_html=html + frozen.frozen_html, frozen_text=html + frozen.frozen_text
    )
    compiled.cache_clear()
    frozen.refresh_from_db()
    return frozen, Sender.of(profile)


def test_a_signature_over_one_click_holds_after_a_real_trip(settings: Settings, tmp_path: Path) -> None:
    reader = make_subscriber()
    campaign, us = campaign_that_says(NASTY, settings, tmp_path)
    row = campaign.deliveries.get()
    stuffed = compiled(campaign.pk, campaign.frozen_sha256, us).to(
        row.to_email, row.message_id, reader.public_id, reader.token_version, "Sun, 01 Mar 2026 12:00:00 +0000"
    )
    mail = re.sub(rb"(?m)^\.\.", b".", stuffed)
    # To the byte: neither canonicalization forgives a space.
    signature = dkim.sign(
        mail, b"news", b"example.com", PRIVATE_KEY, canonicalize=(b"simple", b"simple"), include_headers=SIGNED
    )
    names = re.sub(rb"\s", b"", re.search(rb"\bh=([^;]+);", signature)[1]).lower().split(b":")  # type: ignore[index]
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(names)
    mailbox = RawBox()
    with mail_server(settings, mailbox), SmtpTransport() as transport:
        outcome = transport.send(us.email, row.to_email, signature + stuffed, lambda: None)
    assert outcome.status == Delivery.Status.SENT
    assert mailbox.raw == [signature + mail]
    asked = []

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return PUBLIC_KEY

    assert dkim.verify(mailbox.raw[0], dnsfunc=look_up)
    assert asked == [b"news._domainkey.example.com."]
    for changed in (
        mailbox.raw[0].replace(b"One-Click", b"Two-Click"),
        mailbox.raw[0].replace(b"List-Unsubscribe: <http", b"List-Unsubscribe: <https"),
        mailbox.raw[0].replace(b"two dots", b"one dot"),
    ):
        assert changed != mailbox.raw[0]
        assert not dkim.verify(changed, dnsfunc=look_up)


def test_what_the_worker_hands_over_needs_no_change_by_any_server(settings: Settings, tmp_path: Path) -> None:
    make_subscriber()
    campaign_that_says(NASTY, settings, tmp_path)
    mailbox = RawBox()
    with mail_server(settings, mailbox):
        assert deliver(lambda: False) == 1
    (raw,) = mailbox.raw
    assert raw.isascii()
    assert b"\0" not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    html = mailbox.messages[0].get_body(("html",))
    assert html is not None
    assert str(html.get_content()).replace("\r\n", "\n").startswith(NASTY)


def test_a_scanner_that_opens_every_link_of_a_campaign_changes_nothing_and_one_click_does_once(
    settings: Settings, tmp_path: Path
) -> None:
    reader = make_subscriber()
    campaign_that_says("", settings, tmp_path)
    mailbox = RawBox()
    with mail_server(settings, mailbox):
        deliver(lambda: False)
    mail = mailbox.messages[0]
    texts = "".join(str(part.get_content()) for part in mail.iter_parts()) + str(mail["List-Unsubscribe"])
    links = set(re.findall(r"http://testserver(/[^\s\"<>]*)", texts))
    assert {link.split("/")[2] for link in links if link.startswith("/newsletter/")} >= {"u", "p"}

    def state() -> list[Any]:
        return [list(table.objects.values()) for table in (Subscriber, Delivery, ConsentEvent)]

    before = state()
    for link in links:
        for _ in range(2):
            assert Client().get(link).status_code == Client().head(link).status_code == 200
    assert state() == before
    address = re.fullmatch(r"<http://testserver(/\S+)>", str(mail["List-Unsubscribe"]))
    assert address
    for _ in range(2):
        posted = Client().post(
            address[1], str(mail["List-Unsubscribe-Post"]), content_type="application/x-www-form-urlencoded"
        )
        assert (posted.status_code, bool(posted.cookies)) == (200, False)
    reader.refresh_from_db()
    assert reader.status == "unsubscribed"
    assert ConsentEvent.objects.count() == 1
