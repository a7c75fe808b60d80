"""One address however it is typed, and the hash that stays when the address itself is erased."""

from contextlib import suppress
from unicodedata import normalize

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode


def email_key(address: str) -> str:
    """`address` as it is compared: no spaces round it, NFC, small letters, its domain in ASCII.

    Small letters before the @ as well: servers may tell them apart (RFC 5321, 2.4), none in use does, and nobody wants
    to be mailed twice. Dots and +tags stay: only some providers ignore them.
    """
    local, at, domain = normalize("NFC", address.strip()).lower().rpartition("@")
    with suppress(UnicodeError):  # what is no domain stays as it is
        domain = punycode(domain)
    return f"{local}{at}{domain}"


def email_hash(address: str) -> str:
    """What tells whether `address` is known once it is erased. Keyed, since a bare hash is undone by guessing."""
    key = salted_hmac(
        "newsletter.subscribers.email_addresses", email_key(address), settings.EMAIL_HASH_KEY, algorithm="sha256"
    )
    return key.hexdigest()
