"""Private edits of public documents: kept apart, then published at once or by the worker at their time."""

from django.db import transaction
from django.utils import timezone

from publishing.models import Document, PendingEdit


def create_revision(document: Document, user: object, note: str = "") -> None:
    """Keep the saved content as a revision, unless it equals the last one. Call it in the save's transaction."""
    data = document.snapshot()
    last = document.revisions.first()
    if last is None or last.data != data:
        document.revisions.create(user=user, note=note, data=data)


def create_initial_revision(document: Document) -> None:
    """Keep the content from before the first save at the desk (an import, the demo), so that it can come back."""
    if not document.revisions.exists():
        document.revisions.create(
            user=None, note="As it was before", data=document.snapshot(), created_at=document.created_at
        )


def publish_pending_edit(edit: PendingEdit) -> bool:
    """Show a private edit to readers, once: whether this call did it."""
    with transaction.atomic():
        # Deleting it claims it: of two workers only one goes on.
        claimed, _ = PendingEdit.objects.filter(pk=edit.pk, updated_at=edit.updated_at).delete()
        document = edit.document
        if not claimed or document is None:
            return False
        document = type(document).objects.select_for_update().get(pk=document.pk)
        create_initial_revision(document)
        document.version += 1
        document.apply(edit.data)
        create_revision(document, edit.user, "Changes kept private until now")
    return True


def publish_due_edits() -> int:
    """Publish the private edits whose time has come; how many. Safe to run twice or at once."""
    due = PendingEdit.objects.filter(publish_at__lte=timezone.now()).prefetch_related("document")[:20]
    return sum(publish_pending_edit(edit) for edit in due)
