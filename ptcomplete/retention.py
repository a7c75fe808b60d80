"""Delete what Django's own apps store, once it is old. The other apps have their own rules."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.utils import timezone

LOG_ENTRY_MAX_AGE = timedelta(days=730)
BATCH = 1000


def delete_expired_sessions() -> int:
    """Delete the sessions that no browser can use any more. Return 0, because all are deleted at once."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return 0


def delete_old_log_entries() -> int:
    """Delete a batch of entries of the admin's log. Return how many were deleted."""
    old = LogEntry.objects.filter(action_time__lt=timezone.now() - LOG_ENTRY_MAX_AGE).values("pk")
    return LogEntry.objects.filter(pk__in=list(old[:BATCH].values_list("pk", flat=True))).delete()[0]
