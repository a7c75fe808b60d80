"""Snippets, which many posts show, and templates for new posts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from evidence.models import Disclaimer
from richtext.analysis import analyze
from richtext.problems import read_or
from richtext.references import ReferenceSource
from richtext.sanitizer import sanitize


class ReusableText(ReferenceSource):
    """A named text from the editor."""

    reference_fields = ("body",)

    name = models.CharField(max_length=120, unique=True, help_text="Only shown in the admin.")
    body = models.TextField("text", help_text="Written like a post, with headings, lists, callouts and images.")

    class Meta:
        """Sorted by name."""

        abstract = True
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Sanitize the text and save."""
        self.body = sanitize(self.body)
        super().save(**kwargs)


class Snippet(ReusableText):
    """A text that posts embed. Changing it changes all of them, including feeds."""

    def clean(self) -> None:
        """Reject a snippet inside a snippet."""
        # The form reports a text that cannot be read.
        if read_or(False, lambda: bool(embedded_pks(sanitize(self.body), "snippet"))):
            raise ValidationError({"body": "A snippet cannot contain another snippet. Add both to the post instead."})


class PostTemplate(ReusableText):
    """Content that a new post can start with."""

    is_content = False

    description = models.CharField(
        max_length=200, blank=True, help_text="What the template is for, in a few words. Shown where you choose it."
    )
    title_hint = models.CharField(
        max_length=200, blank=True, help_text="Shown in the empty title field, such as “What helps when … hurts”."
    )
    tldr = models.TextField("TL;DR", blank=True, help_text="The TL;DR to start with, one point per line.")

    disclaimer = models.ForeignKey(
        Disclaimer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="templates",
        help_text="Shown on posts made from this template, whatever their category. Leave empty to use that of the "
        "category.",
    )
    requires_red_flags = models.BooleanField(
        "posts need red flags",
        default=False,
        help_text="The checklist asks for a “Red flags” block, which says when to see a professional.",
    )
    requires_evidence_summary = models.BooleanField(
        "posts need what we know and what we don’t",
        default=False,
        help_text="The checklist asks for a “What we know and what we don’t” block with benefits, risks and "
        "alternatives.",
    )

    class Meta(ReusableText.Meta):
        """The name in the admin."""

        verbose_name = "template"


def embedded_pks(body: str, kind: str) -> set[int]:
    """Return the primary keys of the embeds of this kind in `body`."""
    return {pk for embed_kind, pk in analyze(body).embeds if embed_kind == kind} if body else set()
