"""Revisions, and publishing pending edits."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from publishing.models import Document, PendingEdit

BATCH_SIZE = 20


def create_revision(document: Document, user: User | None, note: str = "") -> None:
    """Store the saved content as a revision, unless it equals the last one. Call it in the transaction of the save."""
    data = document.snapshot()
    last = document.revisions.first()
    if last is None or last.data != data:
        document.revisions.create(user=user, note=note, data=data)


def create_initial_revision(document: Document) -> None:
    """Store the content from before the first save in the admin, such as an import, so that it can be restored."""
    if not document.revisions.exists():
        document.revisions.create(
            user=None, note="Before the first edit", data=document.snapshot(), created_at=document.created_at
        )


def publish_pending_edit(edit: PendingEdit) -> bool:
    """Publish `edit` once. Return False if it has been changed or published since it was loaded."""
    with transaction.atomic():
        # Deleting the row claims the edit: only one of two workers continues.
        claimed, _ = PendingEdit.objects.filter(pk=edit.pk, updated_at=edit.updated_at).delete()
        document = edit.document
        if not claimed or document is None:
            return False
        document = type(document).objects.select_for_update().get(pk=document.pk)
        create_initial_revision(document)
        document.version += 1
        document.apply(edit.data)
        create_revision(document, edit.user, "Published pending changes")
    return True


def publish_due_edits() -> int:
    """Publish the pending edits that are due and return their number. Safe to run twice or at once."""
    due = PendingEdit.objects.filter(publish_at__lte=timezone.now()).prefetch_related("document")[:BATCH_SIZE]
    return sum(publish_pending_edit(edit) for edit in due)
