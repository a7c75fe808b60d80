"""Tell visitors what changed in a public text, and when."""

from django.utils import timezone

from accounts.models import User
from publishing.models import Document


def announce_change(document: Document, text: str, user: User | None, *, is_correction: bool = False) -> None:
    """Add a line to the public change log of a document, and set its update date. Call it in a transaction."""
    document.changes.create(text=text, user=user, is_correction=is_correction)
    document.updated_on = timezone.localdate()
    document.save(update_fields=["updated_on", "modified_at"])
