"""Email the owners about broken links: at most one email a day, and one per link until it works again."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from affiliates.models import BrokenLinksEmail, Link
from pagecache.invalidation import CacheScope, invalidate_only

# Wait for more broken links before sending.
COLLECTION_DELAY = timedelta(hours=1)


def queue_report() -> None:
    """Add newly broken links to today's email, unless it is already being sent."""
    unreported = Link.objects.broken().filter(report=None)
    if unreported.exists():
        with invalidate_only(CacheScope.NONE), transaction.atomic():
            when = {"next_attempt_at": timezone.now() + COLLECTION_DELAY}
            # Locked, so that it cannot be sent before the links are added.
            emails = BrokenLinksEmail.objects.select_for_update()
            email, _ = emails.get_or_create(day=timezone.localdate(), defaults=when)
            if not email.attempts:
                unreported.update(report=email)
