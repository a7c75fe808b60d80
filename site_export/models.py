"""The exports that owners asked for in the admin."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

# An export contains the email addresses of all subscribers, so its file is deleted soon.
LIFETIME = timedelta(hours=24)
# An export that has not reported for so long was killed.
STALE_AFTER = timedelta(minutes=30)


class SiteExportQuerySet(models.QuerySet["SiteExport"]):
    """Request, claim and delete exports."""

    def request(self) -> "SiteExport | None":
        """Return a new export that waits for the worker, or None if another one is waiting or running."""
        stale = timezone.now() - STALE_AFTER
        killed = self.filter(status=SiteExport.Status.RUNNING, active_at__lt=stale)
        killed.update(status=SiteExport.Status.FAILED, error="The export was interrupted. Start another one.")
        try:
            with transaction.atomic():
                return self.create()
        except IntegrityError:
            return None

    def claim(self) -> "SiteExport | None":
        """Return the waiting export, which only the caller gets, or None."""
        waiting = self.filter(status=SiteExport.Status.WAITING).first()
        if waiting is None:
            return None
        mine = self.filter(pk=waiting.pk, status=SiteExport.Status.WAITING)
        if not mine.update(status=SiteExport.Status.RUNNING, active_at=timezone.now()):
            return None
        waiting.refresh_from_db()
        return waiting

    def delete_expired(self) -> int:
        """Delete old exports with their files. Return how many."""
        expired = list(self.filter(created_at__lt=timezone.now() - LIFETIME).exclude(status=SiteExport.Status.RUNNING))
        for export in expired:
            export.path.unlink(missing_ok=True)
            export.delete()
        return len(expired)


class SiteExport(models.Model):
    """An export as a ZIP file, which can be downloaded for a day."""

    class Status(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"

    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField("requested", default=timezone.now)
    active_at = models.DateTimeField(default=timezone.now)
    step = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = SiteExportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "export of the site"
        verbose_name_plural = "exports of the site"
        default_permissions = ("add", "view")
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(status__in=("waiting", "running")),
                name="site_export_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"Export of {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def path(self) -> Path:
        """Where the ZIP file is stored."""
        return Path(settings.DATA_DIR) / "exports" / f"{self.pk}.zip"

    @property
    def can_be_downloaded(self) -> bool:
        """Whether the file is there and has not expired."""
        is_recent = self.created_at > timezone.now() - LIFETIME
        return self.status == self.Status.COMPLETE and is_recent and self.path.is_file()

    def report(self, step: str) -> None:
        """Store the progress."""
        type(self).objects.filter(pk=self.pk).update(step=step[:100], active_at=timezone.now())

    def finish(self, *, error: str = "") -> None:
        """Record that the file is complete, or why there is none."""
        self.status = self.Status.FAILED if error else self.Status.COMPLETE
        self.size = None if error else self.path.stat().st_size
        self.error = error
        self.save(update_fields=["status", "size", "error"])
