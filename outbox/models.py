"""The abstract model of a single email waiting to be sent. Each app that sends one defines its own table."""

from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from outbox.messages import OutgoingEmail

# Longer than sending one email can take with the timeouts from the settings.
FIRST_RETRY_DELAY = timedelta(minutes=5)
MAX_RETRY_DELAY = timedelta(days=1)


class QueuedEmailQuerySet[T: "QueuedEmail"](models.QuerySet[T]):
    """Select the emails that are due or have failed."""

    def due(self) -> Self:
        """Return the emails to send now, longest waiting first.

        A time that no retry can have was set while the clock was wrong, so such an email does not wait for it.
        """
        now = timezone.now()
        is_due = Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + MAX_RETRY_DELAY)
        return self.filter(is_due).order_by("next_attempt_at", "pk")

    def failed(self) -> Self:
        """Return the emails whose last attempt failed."""
        return self.filter(sent_at__isnull=True).exclude(last_error="")

    def retry_failed(self) -> int:
        """Make the failed emails due now and return their number. Emails being sent are not affected."""
        return self.failed().update(next_attempt_at=timezone.now())


class QueuedEmail(models.Model):
    """A row that an email is built from. The row itself is the queue entry, so the two cannot get out of sync."""

    # Part of the Message-ID, which lets mail clients recognize a duplicate.
    message_uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # Null: no further attempt.
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now, editable=False)
    last_error = models.CharField(max_length=300, editable=False)

    class Meta:
        abstract = True

    def build_email(self) -> OutgoingEmail | None:
        """Build the email when it is about to be sent.

        Return None if it is no longer needed. Raise ValueError if it cannot be built, such as for an invalid address.
        """
        raise NotImplementedError

    @property
    def email_headers(self) -> dict[str, str]:
        """Headers that are the same in every copy of the email."""
        return {"Message-ID": f"<{self.message_uuid}@{urlsplit(settings.SITE_URL).hostname}>"}

    def claim(self) -> bool:
        """Reserve the email for sending and schedule the next attempt. Return False if another worker has it.

        One conditional UPDATE, so only one of several workers succeeds.
        """
        delay = min(FIRST_RETRY_DELAY * 2 ** min(self.attempts, 10), MAX_RETRY_DELAY)
        unclaimed = type(self)._default_manager.filter(pk=self.pk, attempts=self.attempts, sent_at__isnull=True)
        return bool(unclaimed.update(attempts=F("attempts") + 1, next_attempt_at=timezone.now() + delay, last_error=""))

    def mark_sent(self) -> None:
        """Record that the mail server accepted the email."""
        self._update(sent_at=timezone.now(), next_attempt_at=None, last_error="")

    def mark_cancelled(self) -> None:
        """Record that the email is no longer needed."""
        self._update(next_attempt_at=None)

    def mark_failed(self, error: str, *, is_final: bool) -> None:
        """Record why the attempt failed, as a sentence for the admin. `is_final` rules out further attempts."""
        values: dict[str, Any] = {"last_error": error[:300]}
        if is_final:
            values["next_attempt_at"] = None
        self._update(**values)

    def _update(self, **values: Any) -> None:
        type(self)._default_manager.filter(pk=self.pk).update(**values)

    @property
    def status_text(self) -> str:
        """Describe the email's status for the admin."""
        if self.sent_at:
            return "Sent"
        if not self.last_error:
            return "Not sent yet"
        if self.next_attempt_at:
            return f"Not sent yet: {self.last_error}"
        return f"Not sent, and won't be retried: {self.last_error}"
