"""What was submitted to search engines, and how the last submission went."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F
from django.utils import timezone

from siteinfo.singletons import Singleton

# Longer than a request can take. If the worker is killed during one, the next attempt is after this time.
LEASE = timedelta(minutes=5)
MAX_DELAY = timedelta(hours=12)
MAX_ATTEMPTS = 8


class SubmittedPage(models.Model):
    """A public post or page as it was when it was last submitted."""

    document_kind = models.CharField(max_length=20, help_text="The name of its model.")
    document_id = models.PositiveBigIntegerField(help_text="Its primary key.")
    path = models.CharField(max_length=600, help_text="Its URL on this site.")
    version = models.CharField(max_length=80, help_text="Changes when it is published, or changed in substance.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=("document_kind", "document_id"), name="indexnow_page_once")]

    def __str__(self) -> str:
        return self.path


class SubmissionState(Singleton):
    """How the last submission went, and when the next may be. There is no row while IndexNow is off."""

    PK: ClassVar[int] = 1

    next_attempt_at = models.DateTimeField(default=timezone.now, help_text="Not before this time.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Attempts since the last success.")
    error = models.CharField(max_length=300, blank=True, help_text="Why the last attempt failed.")
    failed_at = models.DateTimeField(null=True, help_text="When it failed.")
    submitted_at = models.DateTimeField(null=True, help_text="When URLs were last accepted.")
    submitted_count = models.PositiveIntegerField(default=0, help_text="The number of URLs accepted then.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "State of IndexNow"

    @classmethod
    def claim(cls) -> bool:
        """Reserve the next attempt. Of several workers, one succeeds."""
        now = timezone.now()
        due = cls.objects.filter(pk=cls.PK, next_attempt_at__lte=now)
        return bool(due.update(next_attempt_at=now + LEASE, failures=F("failures") + 1))

    @classmethod
    def release(cls) -> None:
        """Give back a claim that was not needed."""
        cls.objects.filter(pk=cls.PK).update(next_attempt_at=timezone.now(), failures=F("failures") - 1)

    @classmethod
    def record_success(cls, count: int) -> None:
        """Record that `count` URLs were accepted."""
        now = timezone.now()
        values = {"failures": 0, "error": "", "failed_at": None, "submitted_at": now, "submitted_count": count}
        cls.objects.filter(pk=cls.PK).update(next_attempt_at=now, **values)

    @classmethod
    def record_failure(cls, error: str) -> bool:
        """Record why an attempt failed. Return True if it was the last one for these URLs."""
        now = timezone.now()
        rows = cls.objects.filter(pk=cls.PK)
        failures = rows.values_list("failures", flat=True).first() or 0
        is_final = failures >= MAX_ATTEMPTS
        delay = min(LEASE * 2 ** min(failures, 10), MAX_DELAY)
        rows.update(next_attempt_at=now + delay, error=error[:300], failed_at=now, failures=0 if is_final else failures)
        return is_final
