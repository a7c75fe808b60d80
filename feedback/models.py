"""What readers say about a post: whether it helped, counted by day, and what they would change."""

from datetime import timedelta
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

from analytics.models import DailyCount, DailyCountQuerySet
from blog.models import Post

# After this time the name and address of whoever sent a suggestion are of no use any more. The form says so.
KEPT_AFTER_HANDLING = timedelta(days=365)


class Helpfulness(NamedTuple):
    """How many readers answered, and how many of them said yes."""

    yes: int
    total: int

    def __str__(self) -> str:
        if not self.total:
            return "Nobody has answered yet"
        return f"{self.yes} of {self.total} ({100 * self.yes / self.total:.0f} %)"


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
    """The queue and its upkeep."""

    def waiting(self) -> Self:
        """Those that nobody has decided on."""
        return self.filter(handled_at__isnull=True)

    def move_to(self, state: "Suggestion.State") -> int:
        """Give all of them `state`; how many there were. The time of an earlier decision stays."""
        if state.is_open:
            return self.update(state=state, handled_at=None)
        decided_at = models.functions.Coalesce("handled_at", timezone.now())
        return self.update(state=state, handled_at=decided_at)

    def nameless(self) -> int:
        """Erase names and addresses from those handled a year ago; how many."""
        old = self.filter(handled_at__lt=timezone.now() - KEPT_AFTER_HANDLING).exclude(name="", email="")
        return old.update(name="", email="")


class Suggestion(models.Model):
    """What a reader would change in a post, or missed in it. It waits until somebody decides."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", "Correction"
        MISSING = "missing", "Something missing"

    class State(models.TextChoices):
        NEW = "new", "New"
        IN_REVIEW = "in review", "In review"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

        @property
        def is_open(self) -> bool:
            """Whether a decision is still to come."""
            return self in (self.NEW, self.IN_REVIEW)

    post = models.ForeignKey(
        Post, on_delete=models.CASCADE, related_name="suggestions", help_text="The post it is about."
    )
    kind = models.CharField(max_length=12, choices=Kind, help_text="What the reader was asked.")
    state = models.CharField(
        max_length=12,
        choices=State,
        default=State.NEW,
        help_text="Accept it once you have changed the post. Declined ones stay here too.",
    )
    passage = models.TextField(blank=True, help_text="The words of the post that it is about.")
    words = models.TextField("suggestion", help_text="What the reader wrote.")
    source = models.URLField(max_length=500, blank=True, help_text="Where the reader says that it can be checked.")
    name = models.CharField(max_length=120, blank=True, help_text="Erased a year after the decision.")
    email = models.EmailField("e-mail address", blank=True, help_text="Erased a year after the decision.")
    note = models.TextField(blank=True, help_text="For yourselves: what you found, and why you decided so.")
    # Made from the form's own number, so that a double press is one suggestion.
    submission = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField("sent", auto_now_add=True)
    handled_at = models.DateTimeField("decided", null=True, editable=False)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("handled_at", "-created_at"), name="feedback_suggestion_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("new", "in review"), handled_at__isnull=True)
                | Q(state__in=("accepted", "declined"), handled_at__isnull=False),
                name="feedback_suggestion_decided_has_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.words if len(self.words) <= 80 else f"{self.words[:79]}…"

    def save(self, **kwargs: Any) -> None:
        """Save it, with the time of the decision if its state is one."""
        self.handled_at = None if self.State(self.state).is_open else self.handled_at or timezone.now()
        super().save(**kwargs)
