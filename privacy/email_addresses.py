"""Normalize and hash email addresses."""

from contextlib import suppress
from unicodedata import normalize

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

from plaintext.characters import strip_invisible_characters


def normalize_email(email: str) -> str:
    """Return `email` in the form used for comparison: NFC, lower case, with an ASCII domain, nothing invisible.

    RFC 5321 (2.4) allows servers to treat the local part as case-sensitive, but none does in practice. Dots and +tags
    stay because only some providers ignore them.
    """
    local, at, domain = normalize("NFC", strip_invisible_characters(email)).lower().rpartition("@")
    with suppress(UnicodeError):  # keep an invalid domain unchanged
        domain = punycode(domain)
    return f"{local}{at}{domain}"


def hash_email(email: str) -> str:
    """Return the keyed hash that identifies `email` after it is erased. Without the key, it could be guessed."""
    return salted_hmac(
        "newsletter.email_addresses", normalize_email(email), settings.EMAIL_HASH_KEY, algorithm="sha256"
    ).hexdigest()
