"""What links in our mails carry instead of a password: who, since when, signed for one purpose each."""

from enum import Enum
from functools import cache
from hashlib import sha256
from hmac import digest
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner, b64_encode
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.functional import cached_property

from siteinfo.urls import absolute_url

# The confirmation mail promises this.
PENDING_DAYS = 7


class Purpose(Enum):
    """What a link lets its holder do: the page's URL name, and for how many days; None is for ever."""

    CONFIRM = ("newsletter:confirm", PENDING_DAYS)
    PREFERENCES = ("newsletter:preferences", 90)
    # A mail may be years old when somebody has had enough.
    UNSUBSCRIBE = ("newsletter:unsubscribe", None)

    def __init__(self, page: str, days: int | None) -> None:
        self.page, self.days = page, days

    def token(self, public_id: UUID, epoch: int) -> str:
        """A signed token for the one with `public_id`, of their `epoch`."""
        return self._signer.sign(f"{public_id.hex}-{epoch}")

    def link(self, public_id: UUID, epoch: int) -> str:
        """The whole address of the page, for a mail."""
        return absolute_url(reverse(self.page, args=[self.token(public_id, epoch)]))

    def read(self, token: str) -> tuple[UUID, int] | None:
        """Whose and of which epoch it is; None if it is forged, too old, or made for another purpose."""
        signer = self._signer
        try:
            if isinstance(signer, TimestampSigner) and self.days:
                value = signer.unsign(token, max_age=self.days * 86400)
            else:
                value = signer.unsign(token)
        except BadSignature:
            return None
        public_id, epoch = value.split("-")
        return UUID(public_id), int(epoch)

    @property
    def _signer(self) -> Signer:
        return _signer(self, settings.SECRET_KEY)


# Made once: a campaign signs two tokens for each of its mails.
@cache
def _signer(purpose: Purpose, key: str) -> Signer:
    kind = _TimestampSigner if purpose.days else _Signer
    # No colon, at which some mail programs end a link.
    return kind(key=key, salt=f"newsletter.subscribers.tokens.{purpose.name}", sep=".")


class _Signer(Signer):
    """Django's signatures, to the letter, with their key derived once instead of for each. Checked by Django itself."""

    @cached_property
    def _key(self) -> bytes:
        # As django.utils.crypto.salted_hmac() does it.
        return sha256(b"".join(map(force_bytes, (self.salt, "signer", self.key)))).digest()

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        if key is not None:
            return super().signature(value, key)
        return b64_encode(digest(self._key, force_bytes(value), "sha256")).decode()


class _TimestampSigner(TimestampSigner, _Signer):
    pass
