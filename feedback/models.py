"""Answers to "Was this helpful?" by day, and suggested corrections."""

from datetime import timedelta
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

from analytics.models import DailyCount, DailyCountQuerySet
from blog.models import Post

# Names and email addresses are erased this long after the decision, as the form promises.
PERSONAL_DATA_RETENTION = timedelta(days=365)


class Helpfulness(NamedTuple):
    """The number of answers, and how many of them were yes."""

    yes: int
    total: int

    def __str__(self) -> str:
        if not self.total:
            return "No answers yet"
        return f"{self.yes} of {self.total} ({100 * self.yes / self.total:.0f}%)"


class HelpfulCountQuerySet(DailyCountQuerySet["HelpfulCount"]):
    """Count answers to "Was this helpful?", and add them up."""

    def add(self, post: Post, is_helpful: bool) -> None:
        """Count one answer today, exactly even under concurrency."""
        self.increment("yes" if is_helpful else "no", post_id=post.pk)

    def for_post(self, post: Post) -> Helpfulness:
        """Return the answers about `post`."""
        sums = self.filter(post=post).aggregate(yes=Sum("yes", default=0), no=Sum("no", default=0))
        return Helpfulness(sums["yes"], sums["yes"] + sums["no"])


class HelpfulCount(DailyCount):
    """The answers to "Was this helpful?" on a day."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="helpful_counts")
    yes = models.PositiveIntegerField(default=0)
    no = models.PositiveIntegerField(default=0)

    objects = HelpfulCountQuerySet.as_manager()

    class Meta:
        """One row per post and day."""

        constraints = [models.UniqueConstraint("post", "day", name="feedback_helpfulcount_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.yes} yes, {self.no} no"


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    """Queries on suggestions."""

    def undecided(self) -> Self:
        """Return the suggestions without a decision."""
        return self.filter(handled_at__isnull=True)

    def set_status(self, status: "Suggestion.Status") -> int:
        """Set the status and return the number of suggestions. The time of an earlier decision is preserved."""
        if status.is_open:
            return self.update(status=status, handled_at=None)
        decided_at = models.functions.Coalesce("handled_at", timezone.now())
        return self.update(status=status, handled_at=decided_at)

    def erase_personal_data(self) -> int:
        """Erase names and email addresses of suggestions decided a year ago. Return how many changed."""
        old = self.filter(handled_at__lt=timezone.now() - PERSONAL_DATA_RETENTION).exclude(name="", email="")
        return old.update(name="", email="")


class Suggestion(models.Model):
    """A correction or addition to a post, suggested by a visitor."""

    class Kind(models.TextChoices):
        """Which form was used."""

        CORRECTION = "correction", "Correction"
        MISSING = "missing", "Something missing"

    class Status(models.TextChoices):
        """The decision."""

        NEW = "new", "New"
        IN_REVIEW = "in review", "In review"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

        @property
        def is_open(self) -> bool:
            """Return whether there is no decision yet."""
            return self in (self.NEW, self.IN_REVIEW)

    post = models.ForeignKey(
        Post, on_delete=models.CASCADE, related_name="suggestions", help_text="The post the suggestion is about."
    )
    kind = models.CharField(max_length=12, choices=Kind, help_text="The form the visitor used.")
    status = models.CharField(
        max_length=12,
        choices=Status,
        default=Status.NEW,
        help_text="Accept a suggestion once you have changed the post.",
    )
    passage = models.TextField(blank=True, help_text="The passage the suggestion is about.")
    words = models.TextField("suggestion", help_text="The visitor’s suggestion.")
    source = models.URLField(max_length=500, blank=True, help_text="The visitor’s source.")
    name = models.CharField(max_length=120, blank=True, help_text="Deleted a year after the decision.")
    email = models.EmailField("email address", blank=True, help_text="Deleted a year after the decision.")
    note = models.TextField(blank=True, help_text="A private note, such as the reason for your decision.")
    # Derived from the form's token, so that a double click creates one suggestion.
    submission = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField("sent", auto_now_add=True)
    handled_at = models.DateTimeField("decided", null=True, editable=False)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("handled_at", "-created_at"), name="feedback_suggestion_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=("new", "in review"), handled_at__isnull=True)
                | Q(status__in=("accepted", "declined"), handled_at__isnull=False),
                name="feedback_suggestion_decided_has_time",
            )
        ]

    def __str__(self) -> str:
        return self.words if len(self.words) <= 80 else f"{self.words[:79]}…"

    def save(self, **kwargs: Any) -> None:
        """Save the suggestion and keep `handled_at` in sync with its status."""
        if self.Status(self.status).is_open:
            self.handled_at = None
        elif self.handled_at is None:
            self.handled_at = timezone.now()
        super().save(**kwargs)
