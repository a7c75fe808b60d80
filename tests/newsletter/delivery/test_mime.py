"""The message is built once and personalized per subscriber, following RFCs 2045, 2369, 5322 and 8058."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.mime import Sender, compile_message, encode_recipient
from newsletter.models import Campaign
from newsletter.rendering.personal_links import placeholder_url
from newsletter.tokens import TokenPurpose
from siteinfo.models import SiteInfo
from tests.factories import make_campaign
from tests.newsletter.delivery.harness import make_newsletter_settings

pytestmark = pytest.mark.any_database

SENDER = Sender("Sam’s Clinic", "news@example.com", "sam@example.com", "newsletter.example.com")
SUBSCRIBER_ID, TOKEN_VERSION = UUID(int=7), 3


def build_message(html: str, text: str, **fields: object) -> bytes:
    """Return the message of a campaign, with links in place of {unsubscribe} and {preferences}."""
    campaign = make_campaign(status="sending", frozen_subject=fields.pop("subject", "Knees"), **fields)
    for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES):
        url = placeholder_url(campaign, purpose)
        html, text = (body.replace(f"{{{purpose.name.lower()}}}", url) for body in (html, text))
    Campaign.objects.filter(pk=campaign.pk).update(frozen_html=html, frozen_text=text)
    compile_message.cache_clear()
    template = compile_message(campaign.pk, campaign.frozen_sha256, SENDER)
    return template.personalize(
        "reader@example.org", "<1.7@example.com>", SUBSCRIBER_ID.hex, TOKEN_VERSION, "Sun, 01 Mar 2026 12:00:00 +0000"
    )


def parse(raw: bytes) -> EmailMessage:
    """Parse the message as a mail client does, after the server has removed dot-stuffing."""
    return message_from_bytes(raw.replace(b"\r\n..", b"\r\n."), policy=policy.default)


def body_of(raw: bytes, subtype: str) -> str:
    part = parse(raw).get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.django_db
def test_every_header_occurs_once() -> None:
    message = parse(build_message("<p>x</p>", "x", subject="Knees – and über=?hips?="))
    assert message["From"] == "Sam’s Clinic <news@example.com>"
    assert message["To"] == "reader@example.org"
    assert message["Reply-To"] == "sam@example.com"
    assert message["Subject"] == "Knees – and über=?hips?="
    assert message["Message-ID"] == "<1.7@example.com>"
    assert message["List-Id"] == "<newsletter.example.com>"
    assert message["Precedence"] == "bulk"
    assert message["Date"].datetime.tzinfo is not None
    assert message["Auto-Submitted"] is None
    names = message.keys()  # includes duplicates
    assert len(names) == len({name.lower() for name in names})
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.django_db
def test_automatic_campaign_is_marked_as_auto_generated() -> None:
    assert parse(build_message("", "", kind="digest"))["Auto-Submitted"] == "auto-generated"


@pytest.mark.django_db
def test_header_and_links_contain_the_subscribers_token() -> None:
    token = TokenPurpose.UNSUBSCRIBE.make_token(SUBSCRIBER_ID, TOKEN_VERSION)
    raw = build_message('<p><a href="{unsubscribe}">Unsubscribe</a></p>', "Unsubscribe: {unsubscribe}\n{preferences}")
    message = parse(raw)
    url = f"http://testserver/newsletter/u/{token}/"
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert body_of(raw, "html") == f'<p><a href="{url}">Unsubscribe</a></p>\n'
    assert f"Unsubscribe: {url}\n" in body_of(raw, "plain")
    preferences_token = body_of(raw, "plain").split("/newsletter/p/")[1].split("/")[0]
    assert TokenPurpose.PREFERENCES.verify(preferences_token) == (SUBSCRIBER_ID, TOKEN_VERSION)


@pytest.mark.django_db
@given(
    text=st.text(
        alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")) | st.sampled_from("\n.%=\t"), max_size=300
    )
)
@example(text="00\xa0\xa0\xa0\xa0𐀀𐀀𐀀𐀀 ")  # a space at the end of a full line
def test_any_text_survives_and_no_line_is_too_long(text: str) -> None:
    raw = build_message(f"{text}{{unsubscribe}}{text}", text)
    token = TokenPurpose.UNSUBSCRIBE.make_token(SUBSCRIBER_ID, TOKEN_VERSION)
    html = f"{text}http://testserver/newsletter/u/{token}/{text}"
    assert body_of(raw, "html") == "\n".join(html.splitlines()) + "\n"
    assert body_of(raw, "plain") == "\n".join(text.splitlines()) + "\n"
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r\n.\r\n" not in raw
    body = raw.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 77  # 76 and a stuffed dot


@pytest.mark.parametrize("email", ["a.b+c@example.org", '"a b"@example.org', "x@bücher.example"])
def test_valid_address_is_encoded_as_ascii(email: str) -> None:
    encoded = encode_recipient(email)
    assert encoded.isascii()
    assert encoded.rpartition("@")[0] == email.rpartition("@")[0]


@pytest.mark.parametrize(
    "email",
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
def test_address_that_could_inject_commands_is_rejected(email: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        encode_recipient(email)


@pytest.mark.django_db
def test_sender_defaults_to_the_sites_details() -> None:
    SiteInfo.objects.create(name="Clinic")
    default = Sender.from_settings(make_newsletter_settings())
    assert default == ("Clinic", "site@example.com", "", "newsletter.testserver")
    newsletter_settings = make_newsletter_settings(
        from_name="Sam", from_email="sam@example.com", list_id="l.example.com"
    )
    assert Sender.from_settings(newsletter_settings) == ("Sam", "sam@example.com", "", "l.example.com")
