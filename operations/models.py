"""Which background processes live, and which of their jobs fail."""

from datetime import timedelta
from uuid import uuid4

from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

# A process that has not reported for so long hangs or was killed. Reports come every 15 seconds.
SILENT_AFTER = timedelta(minutes=2)
# A process that has been silent for so long was killed, and everyone has had time to notice.
FORGET_AFTER = timedelta(days=1)
# A failed job is tried again within minutes. A failure of two days ago says nothing about today.
FAILURE_MAX_AGE = timedelta(days=1)


class WorkerProcess(models.Model):
    """A background process. It reports while it runs, and removes its row when it ends."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=30)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    version = models.CharField(max_length=30)
    started_at = models.DateTimeField()
    # By the clock of the database, so that the clocks of several machines do not matter.
    seen_at = models.DateTimeField()
    # The clock of the process at the same moment.
    clock = models.DateTimeField()
    # What it is doing, since when; empty between jobs.
    job = models.CharField(max_length=100, blank=True)
    job_started_at = models.DateTimeField(null=True)
    last_job = models.CharField(max_length=100, blank=True)
    last_job_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} on {self.host}, process {self.pid}"

    @classmethod
    def living(cls) -> models.QuerySet["WorkerProcess"]:
        """Return those that have reported lately, by the clock of the database."""
        return cls.objects.filter(seen_at__gt=Now() - SILENT_AFTER)

    def report(self, **fields: object) -> None:
        """Record that the process lives. Create the row unless it exists."""
        values = {**fields, "seen_at": Now(), "clock": timezone.now()}
        if not type(self).objects.filter(pk=self.pk).update(**values):
            for name, value in values.items():
                setattr(self, name, value)
            self.save(force_insert=True)


class JobFailureManager(models.Manager["JobFailure"]):
    """Record failures, and what succeeded after one."""

    def record(self, job: str, error: str) -> None:
        """Count a failure of `job`. `error` says what failed, without personal data."""
        now, job = timezone.now(), job[:100]
        self.filter(job=job, failed_at__lt=now - FAILURE_MAX_AGE).delete()
        self.bulk_create([JobFailure(job=job, first_failed_at=now, failed_at=now)], ignore_conflicts=True)
        self.filter(job=job).update(count=F("count") + 1, failed_at=now, error=error[:300])

    def recent(self) -> models.QuerySet["JobFailure"]:
        """Return the jobs that failed lately and have not succeeded since."""
        return self.filter(failed_at__gte=timezone.now() - FAILURE_MAX_AGE)


class JobFailure(models.Model):
    """A background job whose last run failed."""

    job = models.CharField(max_length=100, unique=True)
    count = models.PositiveIntegerField(default=0)
    first_failed_at = models.DateTimeField()
    failed_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)

    objects = JobFailureManager()

    class Meta:
        ordering = ("first_failed_at", "pk")
        default_permissions = ()

    def __str__(self) -> str:
        return self.job


class MaintenanceQuerySet(models.QuerySet["Maintenance"]):
    """Turn maintenance mode on and off."""

    def turn_on(self, message: str) -> "Maintenance":
        """Turn it on, or replace the message. The time when it began stays."""
        defaults = {"message": message}
        return self.update_or_create(
            pk=Maintenance.PK, defaults=defaults, create_defaults={**defaults, "started_at": timezone.now()}
        )[0]

    def turn_off(self) -> bool:
        """Turn it off. Return whether it was on."""
        return bool(self.filter(pk=Maintenance.PK).delete()[0])


class Maintenance(models.Model):
    """A row that exists while maintenance mode is on. In the database, because all processes and hosts share it."""

    PK = 1

    message = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()

    objects = MaintenanceQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="operations_one_maintenance")]

    def __str__(self) -> str:
        return f"Maintenance since {self.started_at:%Y-%m-%d %H:%M}"

    @classmethod
    def current(cls) -> "Maintenance | None":
        """Return the row, or None if maintenance mode is off."""
        return cls.objects.first()
