"""Redirects from old URLs, and a log of URLs that were not found."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from redirects.normalize import MAX_PATH_LENGTH, MAX_TARGET_LENGTH, normalize_target

MAX_LOG_ROWS = 5_000


class Redirect(models.Model):
    """A redirect from an old path, used only when the site has no page at that path.

    Chains are flattened on save: no target is the old path of another row. See `redirects.services`.
    """

    class StatusCode(models.IntegerChoices):
        """The HTTP status sent for the old path."""

        PERMANENT = 301, "Moved permanently (301)"
        TEMPORARY = 302, "Moved temporarily (302)"
        GONE = 410, "Gone (410)"

    class Origin(models.TextChoices):
        """How the redirect was created."""

        MANUAL = "manual", "Added by hand"
        RENAMED = "renamed", "Renamed"
        MERGED = "merged", "Merged"
        IMPORTED = "imported", "Imported"

    old_path = models.CharField(
        "old URL",
        max_length=MAX_PATH_LENGTH,
        unique=True,
        help_text="The path visitors request, such as /old-post/. Case and a trailing slash are ignored. "
        "Use /old-category/* to match every path below it, and /index.php?id=12 to match one page of an old site.",
    )
    target = models.CharField(
        "new URL",
        max_length=MAX_TARGET_LENGTH,
        blank=True,
        help_text="A path on this site, such as /new-post/, or a full URL starting with https://. "
        "If both URLs end in *, the rest of the path is kept.",
    )
    # The target's normalized path, used to find chains. Empty for targets on other sites.
    target_path = models.CharField(max_length=MAX_TARGET_LENGTH, blank=True, editable=False)
    status_code = models.PositiveSmallIntegerField(
        "type",
        choices=StatusCode,
        default=StatusCode.PERMANENT,
        help_text="Search engines replace the old URL of a permanent redirect. “Gone” has no new URL.",
    )
    origin = models.CharField(
        max_length=10, choices=Origin, default=Origin.MANUAL, editable=False, help_text="How the redirect was created."
    )
    note = models.CharField(max_length=200, blank=True, help_text="A private note about why this redirect exists.")
    hits = models.PositiveIntegerField(default=0, editable=False)
    last_hit_at = models.DateTimeField("last hit", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Constraints that keep a redirect meaningful, and the index used to find chains."""

        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("target_path",), name="redirects_redirect_target")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status_code=410, target="") | (Q(status_code__in=(301, 302)) & ~Q(target="")),
                name="redirects_redirect_gone_has_no_target",
            ),
            models.CheckConstraint(condition=Q(old_path__startswith="/"), name="redirects_redirect_old_path_is_path"),
            models.CheckConstraint(condition=~Q(old_path=F("target_path")), name="redirects_redirect_not_to_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.target or 'gone'}"

    @property
    def is_pattern(self) -> bool:
        """Return whether the redirect matches every path below its old path."""
        return self.old_path.endswith("/*")

    def set_target(self, target: str, status_code: int | None = None) -> None:
        """Set the target, and the status code if given, without saving."""
        self.status_code = self.status_code if status_code is None else status_code
        self.target = "" if self.status_code == self.StatusCode.GONE else target
        self.target_path = normalize_target(self.target)


class NotFoundLogQuerySet(models.QuerySet["NotFoundLog"]):
    """Queries on the 404 log."""

    def record(self, path: str, referrer: str, is_bot: bool) -> None:
        """Count one request for `path`, exactly even under concurrency, and prune the log to MAX_LOG_ROWS.

        The rows with the fewest visits are deleted first, the oldest of them before the others.
        """
        counter = "bot_count" if is_bot else "visit_count"
        changes: dict[str, Any] = {counter: F(counter) + 1, "last_seen_at": timezone.now()}
        if referrer:
            changes["referrer"] = referrer
        row = self.filter(path=path)
        if row.update(**changes):
            return
        NotFoundLog.objects.bulk_create([NotFoundLog(path=path)], ignore_conflicts=True)
        row.update(**changes)
        if (excess := self.count() - MAX_LOG_ROWS) > 0:
            rarest = self.exclude(path=path).order_by("visit_count", "last_seen_at").values("pk")[:excess]
            self.filter(pk__in=list(rarest.values_list("pk", flat=True))).delete()

    def without_redirect(self) -> NotFoundLogQuerySet:
        """Return the rows whose exact path has no redirect yet."""
        return self.exclude(Exists(Redirect.objects.filter(old_path=OuterRef("path"))))


class NotFoundLog(models.Model):
    """A path that was requested and not found. Nothing about the visitor is stored."""

    path = models.CharField("URL", max_length=MAX_PATH_LENGTH, unique=True, help_text="The requested path.")
    visit_count = models.PositiveIntegerField("visits", default=0, help_text="Requests, known bots excluded.")
    bot_count = models.PositiveIntegerField("bot visits", default=0, help_text="Requests by known bots.")
    first_seen_at = models.DateTimeField("first seen", default=timezone.now, help_text="Time of the first request.")
    last_seen_at = models.DateTimeField("last seen", default=timezone.now, help_text="Time of the latest request.")
    referrer = models.CharField(
        "referring site", max_length=255, blank=True, help_text="The site whose link was followed most recently."
    )

    objects = NotFoundLogQuerySet.as_manager()

    class Meta:
        """Admin names, and the index used when the log is pruned."""

        ordering = ("-visit_count", "-last_seen_at")
        verbose_name = "404 log entry"
        verbose_name_plural = "404 log"
        indexes = [models.Index(fields=("visit_count", "last_seen_at"), name="redirects_notfoundlog_rarest")]

    def __str__(self) -> str:
        return self.path
