"""Forms for suggestions about a post."""

from typing import ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.text import normalize_newlines

from blog.models import Post
from feedback.models import Suggestion
from plaintext.characters import strip_control_characters
from public_forms.fields import EmailField, LinkField, PlainTextField
from public_forms.forms import PublicForm

PASSAGE_LIMIT = 1000


class FeedbackForm(PublicForm):
    """A suggestion about a post. Both forms share one rate limit."""

    kind: ClassVar[Suggestion.Kind]
    purpose = "feedback"
    words: forms.Field

    def save_suggestion(self, post: Post) -> None:
        """Store the suggestion once, or not at all if it is spam."""
        if not self.is_spam:
            values = self.cleaned_data | {"kind": self.kind, "post": post}
            Suggestion.objects.get_or_create(submission=self.submission, defaults=values)


class MissingForm(FeedbackForm):
    """Something a visitor missed in a post."""

    kind = Suggestion.Kind.MISSING
    words = PlainTextField(
        label="What was missing?",
        rows=4,
        max_length=3000,
        help_text="One sentence is enough. Please do not include health information; we cannot give advice here.",
        error_messages={"required": "Enter what was missing. A word or two is enough."},
    )


class CorrectionForm(FeedbackForm):
    """A correction, optionally of a passage given in the query string."""

    kind = Suggestion.Kind.CORRECTION
    passage = PlainTextField(
        label="Which passage?",
        rows=3,
        required=False,
        max_length=PASSAGE_LIMIT,
        help_text="Quote the passage or describe where it is.",
    )
    words = PlainTextField(
        label="What should change?",
        rows=6,
        max_length=5000,
        error_messages={"required": "Enter what should change."},
    )
    source = LinkField(
        label="Where can we check it?",
        required=False,
        max_length=500,
        help_text="The URL of a study, a guideline or another page.",
    )
    name = PlainTextField(label="Your name", required=False, max_length=120, autocomplete="name")
    email = EmailField(label="Your email address", required=False, help_text="Only if you would like a reply.")

    def __init__(self, request: HttpRequest) -> None:
        passage = strip_control_characters(normalize_newlines(request.GET.get("passage", ""))).strip()[:PASSAGE_LIMIT]
        super().__init__(request, initial={"passage": passage})
