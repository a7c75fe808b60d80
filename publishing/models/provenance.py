"""What visitors learn about a text besides its content: how it was made, who reviewed it, and what changed."""

from datetime import datetime, time
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.utils import timezone

from accounts.models import Author
from publishing.models.reviews import Review


class Origin(models.TextChoices):
    """How a text was made. Article 50(4) of the EU AI Act asks for a label unless a person reviewed it."""

    HUMAN = "", "Written by a person"
    ASSISTED = "assisted", "Written by a person with the help of AI"
    DRAFTED = "drafted", "Drafted by AI"


class Provenance(models.Model):
    """Abstract base of documents: where the text comes from."""

    origin = models.CharField(
        "how the text was made",
        max_length=10,
        choices=Origin,
        blank=True,
        default=Origin.HUMAN,
        help_text="Visitors see it if AI was involved.",
    )
    responsible = models.ForeignKey(
        Author,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="responsible person",
        help_text="Who answers for the text if AI was involved. Leave empty for the author of a post.",
    )

    reviews = GenericRelation("publishing.Review")
    review_notes = GenericRelation("publishing.ReviewNote")
    changes = GenericRelation("publishing.Change")

    published_at: Any
    updated_on: Any

    class Meta:
        abstract = True

    @cached_property
    def current_review(self) -> Review | None:
        """The newest medical review that visitors see, with its reviewer."""
        if self.pk is None:
            return None
        reviews: Any = self.reviews
        review: Review | None = reviews.medical().select_related("reviewer__portrait").first()
        return review

    @cached_property
    def public_changes(self) -> list[Any]:
        """The changes that visitors read about, newest first."""
        return list(self.changes.all()) if self.pk and self.updated_on else []

    @property
    def involves_ai(self) -> bool:
        """Whether AI helped to write the text."""
        return self.origin != Origin.HUMAN

    @property
    def is_unreviewed_ai_draft(self) -> bool:
        """Whether AI drafted the text and no one has reviewed it."""
        return self.origin == Origin.DRAFTED and self.current_review is None

    @property
    def responsible_person(self) -> Author | None:
        """Who answers for the text: the person chosen, otherwise the author."""
        return self.responsible or getattr(self, "author", None)

    @property
    def last_changed_at(self) -> datetime | None:
        """When the text was published, or last changed in substance. Small corrections do not count."""
        if self.updated_on is None:
            changed_at: datetime | None = self.published_at
            return changed_at
        updated_at = timezone.make_aware(datetime.combine(self.updated_on, time.min))
        return max(updated_at, self.published_at or updated_at)
