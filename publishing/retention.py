"""Delete autosaves that are no longer offered, and old revisions."""

from datetime import timedelta

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from publishing.autosave import MAX_AGE
from publishing.models import Autosave, Revision

# The newest revisions of each document stay however old they are, all revisions of the last year, and reviewed ones.
MIN_REVISIONS = 50
REVISION_MAX_AGE = timedelta(days=365)
BATCH = 500


def delete_expired_autosaves() -> int:
    """Delete a batch of expired autosaves. Return how many were deleted."""
    expired = Autosave.objects.order_by().filter(updated_at__lt=timezone.now() - MAX_AGE)
    return Autosave.objects.filter(pk__in=list(expired.values_list("pk", flat=True)[:BATCH])).delete()[0]


def delete_old_revisions() -> int:
    """Delete a batch of old revisions. Return how many were deleted."""
    rank = Window(
        RowNumber(), partition_by=["content_type", "object_id"], order_by=[F("created_at").desc(), F("pk").desc()]
    )
    old = (
        Revision.objects.order_by()
        .filter(reviews=None)
        .annotate(rank=rank)
        .filter(rank__gt=MIN_REVISIONS, created_at__lt=timezone.now() - REVISION_MAX_AGE)
    )
    return Revision.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()[0]
