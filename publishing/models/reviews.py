"""The review of drafts: which are waiting, and what reviewers wrote."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


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


class ReviewNote(models.Model):
    """What a reviewer wrote about a draft."""

    class Verdict(models.TextChoices):
        """What the reviewer decided."""

        NOTE = "note", "Only a note"
        APPROVED = "approved", "Approve"
        CHANGES = "changes", "Request changes"

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    verdict = models.CharField("decision", max_length=10, choices=Verdict, default=Verdict.NOTE)
    text = models.TextField("note", max_length=10_000, help_text="The author sees it. Visitors do not.")
    # The version of the document that the reviewer read.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("content_type", "object_id", "-created_at"), name="publishing_reviewnote_of")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.document}"

    @property
    def verdict_label(self) -> str:
        """Return the decision as a state of the document."""
        labels = {self.Verdict.APPROVED: "Approved", self.Verdict.CHANGES: "Changes requested"}
        return labels.get(self.Verdict(self.verdict), "Note")
