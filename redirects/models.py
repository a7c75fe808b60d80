"""Addresses that lead elsewhere, and addresses at which readers found nothing."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from redirects.normalize import LONGEST, LONGEST_TARGET, key_of_target

MOST_NOT_FOUND = 5_000


class Redirect(models.Model):
    """That an address leads elsewhere. It is only asked for where the site itself has no page.

    No chains: where an old address leads is never the old address of another row, see `redirects.services`.
    """

    class Kind(models.IntegerChoices):
        PERMANENT = 301, "Moved for good (301)"
        TEMPORARY = 302, "Moved for now (302)"
        GONE = 410, "Gone for good (410)"

    class Origin(models.TextChoices):
        BY_HAND = "by hand", "Made by hand"
        RENAMED = "renamed", "Renamed"
        MERGED = "merged", "Merged"
        IMPORTED = "imported", "Imported"

    old_path = models.CharField(
        "old address",
        max_length=LONGEST,
        unique=True,
        help_text="What readers ask for, such as /old-post/. Capitals and a last slash make no difference. "
        "/old-topic/* stands for everything below.",
    )
    target = models.CharField(
        "new address",
        max_length=LONGEST_TARGET,
        blank=True,
        help_text="A path of this site, such as /new-post/, or a whole address that starts with https://. "
        "With * at its end, what stood in place of the old one's * is carried along.",
    )
    # The target's path in the form of `old_path`, to find chains; empty for another site.
    target_path = models.CharField(max_length=LONGEST_TARGET, blank=True, editable=False)
    kind = models.PositiveSmallIntegerField(
        choices=Kind,
        default=Kind.PERMANENT,
        help_text="For good tells search engines to forget the old address. Gone has no new address.",
    )
    origin = models.CharField(
        max_length=10, choices=Origin, default=Origin.BY_HAND, editable=False, help_text="How it came about."
    )
    note = models.CharField(max_length=200, blank=True, help_text="For yourself: why it is here.")
    hits = models.PositiveIntegerField(default=0, editable=False)
    last_hit_at = models.DateTimeField("last hit", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("target_path",), name="redirects_redirect_target")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=410, target="") | (Q(kind__in=(301, 302)) & ~Q(target="")),
                name="redirects_redirect_gone_has_no_target",
            ),
            models.CheckConstraint(condition=Q(old_path__startswith="/"), name="redirects_redirect_old_is_a_path"),
            models.CheckConstraint(condition=~Q(old_path=F("target_path")), name="redirects_redirect_leads_elsewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.target or 'gone'}"

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for everything below an address."""
        return self.old_path.endswith("/*")

    def lead_to(self, target: str, kind: int | None = None) -> None:
        """Change where it leads, unsaved."""
        self.kind = self.kind if kind is None else kind
        self.target = "" if self.kind == self.Kind.GONE else target
        self.target_path = key_of_target(self.target)


class NotFoundQuerySet(models.QuerySet["NotFound"]):
    """The log of addresses without a page."""

    def note(self, path: str, referrer: str, is_robot: bool) -> None:
        """Count one more visit to `path`, exactly, however many come at once; the rarest oldest rows go."""
        name = "robots" if is_robot else "count"
        seen: dict[str, Any] = {name: F(name) + 1, "last_seen_at": timezone.now()}
        if referrer:
            seen["referrer"] = referrer
        row = self.filter(path=path)
        if row.update(**seen):
            return
        NotFound.objects.bulk_create([NotFound(path=path)], ignore_conflicts=True)
        row.update(**seen)
        if (excess := self.count() - MOST_NOT_FOUND) > 0:
            rarest = self.exclude(path=path).order_by("count", "last_seen_at").values("pk")[:excess]
            self.filter(pk__in=list(rarest.values_list("pk", flat=True))).delete()

    def unanswered(self) -> NotFoundQuerySet:
        """Those that no redirect of their own answers by now."""
        return self.exclude(Exists(Redirect.objects.filter(old_path=OuterRef("path"))))


class NotFound(models.Model):
    """An address that readers or robots asked for and that had no page. Nothing about who asked."""

    path = models.CharField("address", max_length=LONGEST, unique=True, help_text="What was asked for.")
    count = models.PositiveIntegerField("visits", default=0, help_text="How often, robots that say so left out.")
    robots = models.PositiveIntegerField(
        "by robots", default=0, help_text="How often by programs that say what they are."
    )
    first_seen_at = models.DateTimeField("first seen", default=timezone.now, help_text="When it was asked for first.")
    last_seen_at = models.DateTimeField("last seen", default=timezone.now, help_text="When it was asked for last.")
    referrer = models.CharField(
        "came from", max_length=255, blank=True, help_text="The site with the link that was followed last."
    )

    objects = NotFoundQuerySet.as_manager()

    class Meta:
        ordering = ("-count", "-last_seen_at")
        verbose_name = "address not found"
        verbose_name_plural = "addresses not found"
        indexes = [models.Index(fields=("count", "last_seen_at"), name="redirects_notfound_rarest")]

    def __str__(self) -> str:
        return self.path
