"""Signed links in emails that lead to the page where one comment can be approved or rejected."""

from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

# The email states this number.
LINK_DAYS = 7
# The names of the links, which the page turns into a status.
ACTIONS = ("approve", "spam", "trash")
# Not the default colon: some mail clients end a link there.
_signer = TimestampSigner(salt="comments.moderation", sep=".")


def moderation_path(comment: UUID, action: str) -> str:
    """Return the path of the page that asks to confirm `action` for the comment with this `message_uuid`."""
    return reverse("comments:moderate", args=[action, _signer.sign(comment.hex)])


def read_token(token: str) -> UUID | None:
    """Return the `message_uuid` of the comment, or None if the token is forged or expired."""
    try:
        return UUID(_signer.unsign(token, max_age=LINK_DAYS * 86400))
    except BadSignature:
        return None
