"""The review of documents: which drafts are waiting, what reviewers decided, and their notes on passages."""

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Author
from publishing.dates import add_months
from publishing.models.records import Revision
from publishing.pemat import Scores, scores
from siteinfo.singletons import Singleton


class ReviewSettings(Singleton):
    """How often texts are reviewed, and what visitors read until then."""

    class AiDrafts(models.TextChoices):
        """What happens to texts that AI drafted and no one has reviewed."""

        LABEL = "label", "Publish them with a label"
        BLOCK = "block", "Do not publish them before someone has reviewed them"

    interval_months = models.PositiveSmallIntegerField(
        "months until the next review",
        default=24,
        validators=[MinValueValidator(1)],
        help_text="Reviewers can choose another date for each text.",
    )
    ceiling_months = models.PositiveSmallIntegerField(
        "months at most",
        default=36,
        validators=[MinValueValidator(1)],
        help_text="No review lasts longer than this.",
    )
    overdue_notice = models.TextField(
        max_length=300,
        default="This page is due for its next medical review. Most of it is likely still right, but if you are about "
        "to decide something, ask a clinician whether the advice has changed.",
        help_text="Shown above texts whose next review is overdue.",
    )
    ai_drafts = models.CharField(
        "texts drafted by AI",
        max_length=10,
        choices=AiDrafts,
        default=AiDrafts.LABEL,
        help_text="Applies until a reviewer has approved the text.",
    )

    class Meta:
        verbose_name = "review settings"

    def __str__(self) -> str:
        return "Review settings"

    def clean(self) -> None:
        """Check that the usual interval is not above the ceiling."""
        if self.interval_months and self.ceiling_months and self.interval_months > self.ceiling_months:
            raise ValidationError(
                {"interval_months": f"Enter {self.ceiling_months} months or less, or raise the limit."}
            )

    def default_due_on(self, reviewed_on: date) -> date:
        """Return when a text reviewed on that day is usually due again."""
        return add_months(reviewed_on, self.interval_months)

    def latest_due_on(self, reviewed_on: date) -> date:
        """Return the last day on which a text reviewed on that day may be due."""
        return add_months(reviewed_on, self.ceiling_months)


class Submission(models.Model):
    """A draft that is waiting for someone who may publish it."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    submitted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("submitted_at", "pk")
        constraints = [models.UniqueConstraint("content_type", "object_id", name="publishing_submission_one_each")]

    def __str__(self) -> str:
        return f"Submission of {self.document}"


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reviews."""

    def medical(self) -> Self:
        """Filter by approvals under a reviewer's name, which visitors see."""
        return self.filter(outcome=Review.Outcome.APPROVED, reviewer__isnull=False)


class Review(models.Model):
    """What someone decided about one version of a document. Visitors see approvals under a reviewer's name."""

    class Outcome(models.TextChoices):
        """What the reviewer decided."""

        APPROVED = "approved", "Approved"
        CHANGES = "changes", "Changes requested"

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    outcome = models.CharField("decision", max_length=10, choices=Outcome)
    # Reviewers need no account. Without one, this is a decision of the editors.
    reviewer = models.ForeignKey(Author, on_delete=models.PROTECT, null=True, blank=True, related_name="reviews")
    # The user who recorded it.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField("summary", max_length=10_000, blank=True, help_text="The author sees it. Visitors do not.")
    # What the reviewer read.
    version = models.PositiveIntegerField(default=1)
    revision = models.ForeignKey(Revision, on_delete=models.SET_NULL, null=True, related_name="reviews")
    reviewed_on = models.DateField(default=timezone.localdate)
    due_on = models.DateField("next review due on", null=True, blank=True)
    # Answers by the number of the item.
    pemat = models.JSONField("PEMAT", default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ("-reviewed_on", "-pk")
        indexes = [models.Index(fields=("content_type", "object_id", "-reviewed_on"), name="publishing_review_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | Q(due_on__gt=F("reviewed_on")), name="publishing_review_due_later"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="approved") | Q(reviewer__isnull=True) | Q(due_on__isnull=False),
                name="publishing_review_medical_has_due_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.document}"

    @property
    def is_overdue(self) -> bool:
        """Whether the next review should have happened."""
        return self.due_on is not None and self.due_on < timezone.localdate()

    @property
    def overdue_notice(self) -> str:
        """What visitors read above a text whose next review is overdue; empty if it is not."""
        return ReviewSettings.load().overdue_notice if self.is_overdue else ""

    @property
    def pemat_scores(self) -> Scores:
        """The scores of the answers."""
        return scores(self.pemat)


class ReviewNoteQuerySet(models.QuerySet["ReviewNote"]):
    """Notes of reviewers."""

    def threads(self) -> Self:
        """Filter by notes that are no replies."""
        return self.filter(parent=None)

    def unresolved(self) -> Self:
        """Filter by threads that someone still has to deal with."""
        return self.threads().filter(resolved_at=None)


class ReviewNote(models.Model):
    """A note about a passage of a document, or about all of it; or a reply to one."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="replies")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField("note", max_length=10_000, help_text="The author sees it. Visitors do not.")
    # The passage, and the words around it, which find it again in an edited text.
    quote = models.CharField("passage", max_length=1000, blank=True)
    before = models.CharField(max_length=100, blank=True)
    after = models.CharField(max_length=100, blank=True)
    # The version of the document that the reviewer read.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ReviewNoteQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("created_at", "pk")
        indexes = [models.Index(fields=("content_type", "object_id", "-created_at"), name="publishing_reviewnote_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(quote="", resolved_at__isnull=True),
                name="publishing_reviewnote_reply_is_plain",
            )
        ]

    def __str__(self) -> str:
        return f"Note about {self.document}"

    @property
    def is_resolved(self) -> bool:
        """Whether nothing is left to do."""
        return self.resolved_at is not None
