"""Signed tokens in email links, which identify a subscriber without a password."""

import time
from base64 import urlsafe_b64encode
from enum import Enum
from functools import cache, lru_cache
from hashlib import sha256
from hmac import HMAC
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner, b62_encode
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.functional import cached_property

from siteinfo.urls import absolute_url

# The confirmation email states this number.
CONFIRMATION_DAYS = 7
PREFERENCES_DAYS = 90
GIFT_DAYS = 30


class TokenPurpose(Enum):
    """What a link allows: the URL name of its page, and its lifetime in days (None if it never expires)."""

    CONFIRM = ("newsletter:confirm", CONFIRMATION_DAYS)
    PREFERENCES = ("newsletter:preferences", PREFERENCES_DAYS)
    # Never expires: people unsubscribe with emails that are years old.
    UNSUBSCRIBE = ("newsletter:unsubscribe", None)
    # Its public id is that of the email with the link, so it ends with the subscriber's data and not before.
    GIFT = ("newsletter:gift", GIFT_DAYS)

    def __init__(self, url_name: str, max_age_days: int | None) -> None:
        self.url_name, self.max_age_days = url_name, max_age_days

    def make_token(self, public_id: UUID, version: int) -> str:
        """Return a signed token for the subscriber with this `public_id` and token `version`."""
        return self.sign(public_id.hex, version)

    def sign(self, public_id_hex: str, version: int) -> str:
        """Do the same as `make_token`, with the hexadecimal digits of the `public_id`."""
        return self._signer.sign(f"{public_id_hex}-{version}")

    def build_url(self, public_id: UUID, version: int) -> str:
        """Return the absolute URL of the page, with a token."""
        return absolute_url(reverse(self.url_name, args=[self.make_token(public_id, version)]))

    def verify(self, token: str) -> tuple[UUID, int] | None:
        """Return the public ID and version in `token`, or None if it is forged, expired or has another purpose."""
        signer = self._signer
        try:
            if isinstance(signer, TimestampSigner) and self.max_age_days:
                value = signer.unsign(token, max_age=self.max_age_days * 86400)
            else:
                value = signer.unsign(token)
        except BadSignature:
            return None
        public_id, version = value.split("-")
        return UUID(public_id), int(version)

    @property
    def _signer(self) -> Signer:
        return _get_signer(self, settings.SECRET_KEY)


# Cached because a campaign signs two tokens per email.
@cache
def _get_signer(purpose: TokenPurpose, key: str) -> Signer:
    signer_class = _TimestampSigner if purpose.max_age_days else _Signer
    # Not the default colon: some mail clients end a link there.
    return signer_class(key=key, salt=f"newsletter.tokens.{purpose.name}", sep=".")


class _Signer(Signer):
    """Create the same signatures as Django's Signer, but derive the key only once."""

    @cached_property
    def _hmac(self) -> HMAC:
        # Same derivation of the key as django.utils.crypto.salted_hmac().
        key = sha256(b"".join(map(force_bytes, (self.salt, "signer", self.key)))).digest()
        return HMAC(key, digestmod="sha256")

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        if key is not None:
            return super().signature(value, key)
        mac = self._hmac.copy()
        mac.update(force_bytes(value))
        return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


class _TimestampSigner(TimestampSigner, _Signer):
    """A TimestampSigner that derives the key only once, and encodes each time only once."""

    def timestamp(self) -> str:
        return _encode_time(int(time.time()))


_encode_time = lru_cache(maxsize=1)(b62_encode)
