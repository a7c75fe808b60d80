"""The record of backups: which are running, which are stored, and why one failed."""

from datetime import timedelta
from typing import Self

from django.db import IntegrityError, models, transaction
from django.utils import timezone

# A backup that has not reported for so long was killed.
LEASE = timedelta(minutes=15)
MAX_RECORDS = 500


class BackupQuerySet(models.QuerySet["Backup"]):
    """Query backups."""

    def completed(self) -> Self:
        """Return the backups that are complete, newest first."""
        return self.filter(status=Backup.Status.COMPLETE).order_by("-started_at", "-pk")

    def start(self, name: str) -> "Backup | None":
        """Record the start of a backup. Return None if another one is running, here or on another machine."""
        now = timezone.now()
        killed = self.filter(status=Backup.Status.RUNNING, active_at__lt=now - LEASE)
        killed.update(status=Backup.Status.FAILED, finished_at=now, error="The backup was interrupted.")
        try:
            with transaction.atomic():
                return self.create(name=name, started_at=now, active_at=now)
        except IntegrityError:
            return None

    def delete_oldest(self) -> int:
        """Delete all records but the latest, and return how many."""
        latest = self.order_by("-started_at", "-pk").values("pk")[:MAX_RECORDS]
        return self.exclude(pk__in=list(latest.values_list("pk", flat=True))).delete()[0]


class Backup(models.Model):
    """A backup that was started."""

    class Status(models.TextChoices):
        """How it ended."""

        RUNNING = "running", "Running"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"

    name = models.CharField("archive", max_length=100)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField()
    active_at = models.DateTimeField(help_text="When it last reported that it is still running.")
    finished_at = models.DateTimeField(null=True, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    error = models.TextField(blank=True)

    objects = BackupQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="running"), name="backups_one_running_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def mark_active(self) -> None:
        """Report that the backup is still running."""
        type(self).objects.filter(pk=self.pk).update(active_at=timezone.now())

    def mark_complete(self, size: int, sha256: str) -> None:
        """Record that the archive is stored."""
        self._finish(status=self.Status.COMPLETE, size=size, sha256=sha256, error="")

    def mark_failed(self, error: str) -> None:
        """Record why there is no archive."""
        self._finish(status=self.Status.FAILED, error=error)

    def _finish(self, **fields: object) -> None:
        fields["finished_at"] = timezone.now()
        for name, value in fields.items():
            setattr(self, name, value)
        # Not update(): the audit log listens.
        self.save(update_fields=list(fields))
