"""A campaign's mail, put together once; for each reader only a few bytes in it change.

What changes is a token, an address, a Message-ID or a date: all of a fixed alphabet, so that the encoding of the rest
stays right. In a body each stands on a line of its own between two soft line breaks (RFC 2045, 6.7), which whoever
decodes the mail takes out again.
"""

import re
from binascii import b2a_qp
from email import policy
from email.message import EmailMessage, MIMEPart
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from newsletter.models import Campaign, NewsletterSettings
from newsletter.subscribers.tokens import TokenPurpose
from outbox.headers import format_mailbox, one_line
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

_PERSONAL = tuple(
    (purpose, purpose.name.lower().encode()) for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES)
)
# What a server takes without questions, and all that may stand between < and >: no space, no control character.
_PLAIN_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)
# No line of an encoded body is longer than 76 characters; tokens are.
_PER_LINE = 60


class Sender(NamedTuple):
    """What the headers say about us."""

    name: str
    email: str
    reply_to: str
    list_id: str

    @classmethod
    def of(cls, profile: NewsletterSettings) -> "Sender":
        """That of `profile`, with the site's own where it says nothing. One query."""
        site = SiteInfo.load()
        host = urlsplit(settings.SITE_URL).hostname
        return cls(
            profile.from_name or site.name,
            profile.from_email or settings.DEFAULT_FROM_EMAIL,
            profile.reply_to,
            profile.list_id or f"newsletter.{host}",
        )


class Mail(NamedTuple):
    """A campaign's mail with places for what is each reader's own."""

    pattern: bytes

    def to(self, address: str, message_id: str, public_id: UUID, epoch: int, date: str) -> bytes:
        """The mail as the mail server takes it, dot-stuffed, for one reader at `address` (of `deliverable`)."""
        values = {b"to": address.encode(), b"id": message_id.encode(), b"date": date.encode()}
        for purpose, name in _PERSONAL:
            token = purpose.make_token(public_id, epoch).encode()
            values[name] = token
            values[name + b"-soft"] = token[:_PER_LINE] + b"=\r\n" + token[_PER_LINE:]
        return self.pattern % values


def marker(campaign: Campaign, purpose: TokenPurpose) -> str:
    """What stands in a frozen text where each reader's own token for `purpose` goes. Nobody types it by chance."""
    return f"{campaign.public_id.hex}-{purpose.name.lower()}"


def link(campaign: Campaign, purpose: TokenPurpose) -> str:
    """The address of a page that is each reader's own, as it stands in a frozen text."""
    return absolute_url(reverse(purpose.url_name, args=[marker(campaign, purpose)]))


def deliverable(address: str) -> str:
    """`address` as a mail server and a header line take it. ValueError if there is no such thing."""
    return address if _PLAIN_ADDRESS.fullmatch(address) else format_mailbox(address)


@lru_cache(maxsize=4)
def compiled(campaign_id: int, sha256: str, sender: Sender) -> Mail:
    """The mail of a frozen campaign, kept for as long as neither it nor the `sender` changes. One query."""
    campaign = Campaign.objects.get(pk=campaign_id, frozen_sha256=sha256)
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = format_mailbox(sender.email, sender.name)
    if sender.reply_to:
        mail["Reply-To"] = format_mailbox(sender.reply_to)
    mail["Subject"] = one_line(campaign.frozen_subject)
    mail["List-Id"] = f"<{sender.list_id}>"
    # One https address, which POST alone makes act (RFC 8058).
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Precedence"] = "bulk"
    if campaign.kind != Campaign.Kind.MANUAL:
        mail["Auto-Submitted"] = "auto-generated"
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = "multipart/alternative"
    mail.set_boundary(f"={campaign.public_id.hex}=")
    for subtype, text in (("plain", campaign.frozen_text), ("html", campaign.frozen_html)):
        mail.attach(_part(subtype, text, campaign.public_id.hex))
    # Not by EmailMessage, which would fold them.
    unsubscribe = link(campaign, TokenPurpose.UNSUBSCRIBE).encode()
    own = b"To: \0to\0\r\nMessage-ID: \0id\0\r\nDate: \0date\0\r\nList-Unsubscribe: <%b>\r\n" % unsubscribe
    pattern = re.sub(rb"(?m)^\.", b"..", own + bytes(mail)).replace(b"%", b"%%")
    for purpose, name in _PERSONAL:
        place = marker(campaign, purpose).encode()
        pattern = pattern.replace(b"=\r\n%b=\r\n" % place, b"=\r\n%%(%b-soft)b=\r\n" % name)
        pattern = pattern.replace(place, b"%%(%b)b" % name)
    return Mail(re.sub(rb"\0(\w+)\0", rb"%(\1)b", pattern))


def _part(subtype: str, text: str, stem: str) -> Any:
    """`text` in quoted-printable, each marker on a line of its own."""
    pieces = re.split(f"({stem}-[a-z]+)", "\n".join(text.splitlines()) + "\n")
    encoded = (b2a_qp(piece.encode()) if number % 2 == 0 else piece.encode() for number, piece in enumerate(pieces))
    part = MIMEPart(policy=policy.SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b"=\n".join(encoded).decode())
    return part
