"""Turn untrusted names, subjects and email addresses into safe header values."""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.utils import parseaddr

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode

# RFC 5321, 4.5.3.1.3: a path has at most 256 characters, including its angle brackets.
MAX_EMAIL_LENGTH = 254


# Line breaks of every kind and tabs, with the spaces around them. Other spaces are as someone typed them.
_BREAKS = re.compile(r" *[\t-\r\x1c-\x1f\x85\u2028\u2029][ \t-\r\x1c-\x1f\x85\u2028\u2029]*")


def one_line(text: str) -> str:
    """Return `text` on one line."""
    return _BREAKS.sub(" ", text).strip()


def format_mailbox(email: str, name: str = "") -> str:
    """Return `name` and `email` as an RFC 5322 mailbox.

    Raise ValueError for an invalid email address and for addresses that mail servers commonly cannot handle: longer
    than MAX_EMAIL_LENGTH, non-ASCII characters before the @ (RFC 6531 is not widely supported), and domains that
    IDNA 2003 would change into a different domain.
    """
    local, _, domain = email.rpartition("@")
    encoded = punycode(domain)
    survives_idna = domain.isascii() or encoded.encode().decode("idna") == domain.lower()
    if not (local.isascii() and survives_idna) or len(f"{local}@{encoded}") > MAX_EMAIL_LENGTH:
        raise ValueError(f"We can't send email to {email!r}.")
    try:
        # "=?" would start an encoded word (RFC 2047).
        address = Address(" ".join(name.split()).replace("=?", "= ?"), addr_spec=f"{local}@{encoded}")
    except (HeaderParseError, IndexError) as error:
        raise ValueError(f"{email!r} is not a valid email address.") from error
    # Python drops some quotes that are required, such as those of "a..b"@example.org.
    if address.addr_spec != f"{local}@{encoded}":
        raise ValueError(f"We can't send email to {email!r}.")
    return str(address)


def decode_mailbox(header: str) -> str:
    """Return the mailbox of a header without encoded words. Python's own parser keeps spaces between them."""
    name, email = parseaddr(header.replace("\r\n", "").replace("\n", ""))
    return str(Address(str(make_header(decode_header(name))), addr_spec=email))


def validate_deliverable(email: str) -> None:
    """Raise ValidationError for a valid email address that we cannot send to.

    Invalid addresses pass: `validate_email` reports those.
    """
    try:
        validate_email(email)
    except ValidationError:
        return
    try:
        format_mailbox(email)
    except ValueError:
        raise ValidationError(
            "We can't send email to this address because of its length or its characters. Enter another one.",
            code="undeliverable",
        ) from None
