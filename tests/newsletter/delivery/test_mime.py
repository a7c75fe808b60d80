"""The mail itself: put together once, each reader's own, and as RFCs 2045, 2369, 5322 and 8058 want it."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.mime import Sender, compiled, deliverable, link
from newsletter.models import Campaign
from newsletter.subscribers.tokens import TokenPurpose
from siteinfo.models import SiteInfo
from tests.factories import make_campaign
from tests.newsletter.delivery.harness import sender

SENDER = Sender("Sam’s Clinic", "news@example.com", "sam@example.com", "newsletter.example.com")
READER, EPOCH = UUID(int=7), 3


def mail_of(html: str, text: str, **fields: object) -> bytes:
    """The mail of a campaign that says this; with {unsubscribe} where the link goes."""
    campaign = make_campaign(status="sending", frozen_subject=fields.pop("subject", "Knees"), **fields)
    places = {
        "unsubscribe": link(campaign, TokenPurpose.UNSUBSCRIBE),
        "preferences": link(campaign, TokenPurpose.PREFERENCES),
    }
    html, text = (
        words.replace("{unsubscribe}", places["unsubscribe"]).replace("{preferences}", places["preferences"])
        for words in (html, text)
    )
    Campaign.objects.filter(pk=campaign.pk).update(frozen_html=html, frozen_text=text)
    compiled.cache_clear()
    return compiled(campaign.pk, campaign.frozen_sha256, SENDER).to(
        "reader@example.org", "<1.7@example.com>", READER, EPOCH, "Sun, 01 Mar 2026 12:00:00 +0000"
    )


def parsed(raw: bytes) -> EmailMessage:
    """As a mail program reads it, after the server took the dot-stuffing out."""
    return message_from_bytes(raw.replace(b"\r\n..", b"\r\n."), policy=policy.default)


def part(raw: bytes, kind: str) -> str:
    found = parsed(raw).get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


@pytest.mark.django_db
def test_the_headers_are_all_there_once() -> None:
    mail = parsed(mail_of("<p>x</p>", "x", subject="Knees – and über=?hips?="))
    assert mail["From"] == "Sam’s Clinic <news@example.com>"
    assert mail["To"] == "reader@example.org"
    assert mail["Reply-To"] == "sam@example.com"
    assert mail["Subject"] == "Knees – and über= ?hips?="
    assert mail["Message-ID"] == "<1.7@example.com>"
    assert mail["List-Id"] == "<newsletter.example.com>"
    assert mail["Precedence"] == "bulk"
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["Auto-Submitted"] is None
    assert len(mail.keys()) == len({name.lower() for name in mail.keys()})  # noqa: SIM118 - keys() tells of doubles
    assert [found.get_content_type() for found in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.django_db
def test_a_mail_that_a_post_set_off_says_that_nobody_wrote_it() -> None:
    assert parsed(mail_of("", "", kind="digest"))["Auto-Submitted"] == "auto-generated"


@pytest.mark.django_db
def test_one_click_and_the_links_at_the_end_carry_the_readers_own_token() -> None:
    token = TokenPurpose.UNSUBSCRIBE.make_token(READER, EPOCH)
    raw = mail_of('<p><a href="{unsubscribe}">Unsubscribe</a></p>', "Unsubscribe: {unsubscribe}\n{preferences}")
    mail = parsed(raw)
    address = f"http://testserver/newsletter/u/{token}/"
    assert mail["List-Unsubscribe"] == f"<{address}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert part(raw, "html") == f'<p><a href="{address}">Unsubscribe</a></p>\n'
    assert f"Unsubscribe: {address}\n" in part(raw, "plain")
    carried = part(raw, "plain").split("/newsletter/p/")[1].split("/")[0]
    assert TokenPurpose.PREFERENCES.verify(carried) == (READER, EPOCH)


@pytest.mark.django_db
@given(
    words=st.text(
        alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")) | st.sampled_from("\n.%=\t"), max_size=300
    )
)
def test_whatever_is_written_arrives_as_written_in_lines_that_every_server_takes(words: str) -> None:
    raw = mail_of(f"{words}{{unsubscribe}}{words}", words)
    token = TokenPurpose.UNSUBSCRIBE.make_token(READER, EPOCH)
    html = f"{words}http://testserver/newsletter/u/{token}/{words}"
    assert part(raw, "html") == "\n".join(html.splitlines()) + "\n"
    assert part(raw, "plain") == "\n".join(words.splitlines()) + "\n"
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r\n.\r\n" not in raw
    body = raw.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 77  # a dot more, where one is doubled


@pytest.mark.parametrize("address", ["a.b+c@example.org", '"a b"@example.org', "x@bücher.example"])
def test_an_address_that_exists_is_delivered_to(address: str) -> None:
    found = deliverable(address)
    assert found.isascii()
    assert found.rpartition("@")[0] == address.rpartition("@")[0]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@c.example",
        "a@example.org\r\nRCPT TO:<x@y.example>",
        "a@example.org>",
        "ä@example.org",
        "a b@c.example",
    ],
)
def test_an_address_that_would_be_a_command_or_none_at_all_is_refused(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        deliverable(address)


@pytest.mark.django_db
def test_what_the_owner_left_empty_is_the_sites() -> None:
    SiteInfo.objects.create(name="Clinic")
    assert Sender.of(sender()) == ("Clinic", "site@example.com", "", "newsletter.testserver")
    assert Sender.of(sender(from_name="Sam", from_email="sam@example.com", list_id="l.example.com"))[:2] == (
        "Sam",
        "sam@example.com",
    )
