"""Build a campaign's MIME message once, then replace only a few bytes for each subscriber.

The replaced parts (tokens, email address, Message-ID, date) are plain ASCII, so the encoding of the rest stays valid.
In the bodies, each token is on a separate line between two soft line breaks (RFC 2045, 6.7), which decoding removes.
"""

import re
from binascii import b2a_qp
from email.message import EmailMessage, MIMEPart
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from newsletter.models import Campaign, NewsletterSettings
from newsletter.rendering.personal_links import placeholder_url, token_placeholder
from newsletter.tokens import TokenPurpose
from outbox.headers import format_mailbox, one_line
from outbox.messages import SMTP
from siteinfo.models import SiteInfo

_TOKENS = tuple(
    (purpose, purpose.name.lower().encode()) for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES)
)
# Addresses that need no encoding and may be written between < and >: no spaces, no control characters.
_PLAIN_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)
# b2a_qp encodes white space at the end of a line after wrapping it, and so exceeds 76 characters.
_LONG_LINE_END = re.compile(rb"(?m)^(.{74,})(=20|=09)$")
# Tokens are longer than the 76 characters an encoded line may have.
_TOKEN_LINE_LENGTH = 60


class Sender(NamedTuple):
    """Who a campaign is from, for the headers."""

    name: str
    email: str
    reply_to: str
    list_id: str

    @classmethod
    def from_settings(cls, newsletter_settings: NewsletterSettings) -> "Sender":
        """Return the sender in the newsletter's settings, with the site's name and address as defaults."""
        site = SiteInfo.load()
        host = urlsplit(settings.SITE_URL).hostname
        return cls(
            newsletter_settings.from_name or site.name,
            newsletter_settings.from_email or settings.DEFAULT_FROM_EMAIL,
            newsletter_settings.reply_to,
            newsletter_settings.list_id or f"newsletter.{host}",
        )


class MessageTemplate(NamedTuple):
    """A campaign's message with placeholders, as a pattern for bytes formatting."""

    pattern: bytes

    def personalize(self, recipient: str, message_id: str, public_id_hex: str, token_version: int, date: str) -> bytes:
        """Return the dot-stuffed message for one subscriber. `recipient` comes from `encode_recipient`."""
        values = {b"to": recipient.encode(), b"id": message_id.encode(), b"date": date.encode()}
        for purpose, name in _TOKENS:
            token = purpose.sign(public_id_hex, token_version).encode()
            values[name] = token
            values[name + b"-soft"] = token[:_TOKEN_LINE_LENGTH] + b"=\r\n" + token[_TOKEN_LINE_LENGTH:]
        return self.pattern % values


def encode_recipient(email: str) -> str:
    """Return `email` in the form mail servers and headers need. Raise ValueError if there is none."""
    return email if _PLAIN_ADDRESS.fullmatch(email) else format_mailbox(email)


@lru_cache(maxsize=16)
def compile_message(campaign_id: int, sha256: str, sender: Sender) -> MessageTemplate:
    """Return the message of a frozen campaign. `sha256` is part of the cache key, as is `sender`."""
    campaign = Campaign.objects.get(pk=campaign_id, frozen_sha256=sha256)
    message = _personal_headers(campaign) + bytes(_build_message(campaign, sender))
    pattern = re.sub(rb"(?m)^\.", b"..", message).replace(b"%", b"%%")
    for purpose, name in _TOKENS:
        placeholder = token_placeholder(campaign, purpose).encode()
        pattern = pattern.replace(b"=\r\n%b=\r\n" % placeholder, b"=\r\n%%(%b-soft)b=\r\n" % name)
        pattern = pattern.replace(placeholder, b"%%(%b)b" % name)
    return MessageTemplate(re.sub(rb"\0(\w+)\0", rb"%(\1)b", pattern))


def _build_message(campaign: Campaign, sender: Sender) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = format_mailbox(sender.email, sender.name)
    if sender.reply_to:
        message["Reply-To"] = format_mailbox(sender.reply_to)
    message["Subject"] = one_line(campaign.frozen_subject)
    message["List-Id"] = f"<{sender.list_id}>"
    # One https URL, on which only POST unsubscribes (RFC 8058).
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Precedence"] = "bulk"
    if campaign.kind != Campaign.Kind.MANUAL:
        message["Auto-Submitted"] = "auto-generated"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = "multipart/alternative"
    message.set_boundary(f"={campaign.public_id.hex}=")
    for subtype, text in (("plain", campaign.frozen_text), ("html", campaign.frozen_html)):
        message.attach(_build_part(subtype, text, campaign.public_id.hex))
    return message


def _personal_headers(campaign: Campaign) -> bytes:
    """Return the personal headers with placeholders. Written by hand, because EmailMessage would fold them."""
    url = placeholder_url(campaign, TokenPurpose.UNSUBSCRIBE).encode()
    return b"To: \0to\0\r\nMessage-ID: \0id\0\r\nDate: \0date\0\r\nList-Unsubscribe: <%b>\r\n" % url


def _build_part(subtype: str, text: str, placeholder_prefix: str) -> Any:
    """Encode `text` as quoted-printable, with each token placeholder on a separate line."""
    pieces = re.split(f"({placeholder_prefix}-[a-z]+)", "\n".join(text.splitlines()) + "\n")
    # Every second piece is a placeholder.
    encoded = [piece.encode() if index % 2 else _quote(piece) for index, piece in enumerate(pieces)]
    part = MIMEPart(policy=SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b"=\n".join(encoded).decode())
    return part


def _quote(text: str) -> bytes:
    """Encode `text` as quoted-printable in lines of at most 76 characters."""
    return _LONG_LINE_END.sub(rb"\1=\n\2", b2a_qp(text.encode()))
