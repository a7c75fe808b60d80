"""Revisions, and publishing pending edits."""

import logging
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from publishing.changes import announce_change
from publishing.models import Document, PendingEdit, Snapshot

log = logging.getLogger(__name__)

BATCH_SIZE = 20


class DamagedContentError(Exception):
    """Raised when a pending edit has parts that cannot be read. Publishing the others would mix two versions."""


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


class ChangeNote(NamedTuple):
    """What visitors read about a change; nothing for small corrections."""

    text: str = ""
    is_correction: bool = False


def store_pending_edit(
    document: Document,
    user: User,
    data: Snapshot,
    publish_at: datetime | None = None,
    change: ChangeNote = ChangeNote(),  # noqa: B008 - immutable
) -> PendingEdit:
    """Store `data` as the pending edit of a document, in place of the one it has."""
    values: dict[str, Any] = {"data": data, "user": user, "publish_at": publish_at, "problem": ""}
    values |= {"change_text": change.text, "is_correction": change.is_correction}
    content_type = ContentType.objects.get_for_model(document)
    edit, _ = PendingEdit.objects.update_or_create(content_type=content_type, object_id=document.pk, defaults=values)
    return edit


def publish_pending_edit(edit: PendingEdit, *, is_scheduled: bool = False) -> bool:
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
        if damaged := edit.damaged_parts:
            raise DamagedContentError(", ".join(damaged))
        document.apply(edit.content)
        if edit.change_text:
            announce_change(document, edit.change_text, edit.user, is_correction=edit.is_correction)
        create_revision(document, edit.user, "Published pending changes")
        if is_scheduled:
            user = edit.user
            subject = f"{document._meta.verbose_name} “{document}”, scheduled changes"
            AuditEvent.objects.record(AuditEvent.Kind.PUBLISHED, user=user, subject=subject)
    return True


def publish_due_edits() -> int:
    """Publish the pending edits that are due and return their number. Safe to run twice or concurrently.

    One that cannot be published is set aside, and the dashboard names it, so that it does not stop the others.
    """
    due = PendingEdit.objects.filter(publish_at__lte=timezone.now(), problem="").prefetch_related("document")
    return sum(_publish_or_set_aside(edit) for edit in due[:BATCH_SIZE])


def _publish_or_set_aside(edit: PendingEdit) -> bool:
    try:
        return publish_pending_edit(edit, is_scheduled=True)
    except OperationalError:
        # A locked database or a full disk says nothing about this edit.
        raise
    except Exception as error:
        log.exception("Pending edit %s could not be published", edit.pk)
        unchanged = PendingEdit.objects.filter(pk=edit.pk, updated_at=edit.updated_at)
        unchanged.update(problem=type(error).__name__)
        return False
