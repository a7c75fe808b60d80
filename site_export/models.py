"""The exports that owners asked for in the admin."""

import os
import socket
from datetime import timedelta
from typing import Any

from django.core.files.storage import storages
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from operations.processes import may_be_running

# An export contains the email addresses of all subscribers, so its file is deleted soon.
LIFETIME = timedelta(hours=24)
# The process of an export that has not reported for so long was killed, on whatever machine.
STALE_AFTER = timedelta(minutes=2)
INTERRUPTED = "The export was interrupted. Start another one."


class SiteExportQuerySet(models.QuerySet["SiteExport"]):
    """Request, claim and delete exports."""

    def request(self) -> "SiteExport | None":
        """Return a new export that waits for the worker, or None if another one is waiting or running."""
        self.give_up_killed()
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
        process = {"host": socket.gethostname(), "pid": os.getpid(), "active_at": timezone.now()}
        if not mine.update(status=SiteExport.Status.RUNNING, **process):
            return None
        waiting.refresh_from_db()
        return waiting

    def give_up_killed(self) -> None:
        """Record that exports whose process was killed have failed, so that they do not block the next one."""
        for export in self.filter(status=SiteExport.Status.RUNNING):
            is_silent = export.active_at < timezone.now() - STALE_AFTER
            if is_silent or not may_be_running(export.host, export.pid):
                export.finish(error=INTERRUPTED)

    def delete_expired(self) -> int:
        """Delete old exports with their files. Return how many."""
        expired = list(self.filter(created_at__lt=timezone.now() - LIFETIME).exclude(status=SiteExport.Status.RUNNING))
        for export in expired:
            export_storage().delete(export.file_name)
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
    # Who makes it, and when that process last reported.
    active_at = models.DateTimeField(default=timezone.now)
    host = models.CharField(max_length=255, blank=True)
    pid = models.PositiveIntegerField(default=0)
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
    def file_name(self) -> str:
        """The name of the ZIP file in the storage of exports."""
        return f"exports/{self.pk}.zip"

    @property
    def can_be_downloaded(self) -> bool:
        """Whether the file is complete and has not expired."""
        return self.status == self.Status.COMPLETE and self.created_at > timezone.now() - LIFETIME

    def finish(self, *, size: int | None = None, error: str = "") -> bool:
        """Record that the file is complete, or why there is none. Return False if the export was given up before."""
        self.status = self.Status.FAILED if error else self.Status.COMPLETE
        self.size, self.error = size, error
        mine = type(self).objects.filter(pk=self.pk, status=self.Status.RUNNING)
        return bool(mine.update(status=self.status, size=size, error=error))


def export_storage() -> Any:
    """Return the storage of exports, which all machines share: a private folder, or a private part of the bucket."""
    return storages["private"]
