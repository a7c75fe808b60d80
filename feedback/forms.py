"""What a reader can write about a post."""

from typing import ClassVar

from django import forms
from django.http import HttpRequest

from blog.models import Post
from feedback.models import Suggestion
from public_forms.fields import EmailField, LinkField, PlainTextField, strip_invisible
from public_forms.forms import PublicForm

PASSAGE_LIMIT = 1000


class FeedbackForm(PublicForm):
    """Becomes a suggestion about a post. Both kinds count towards one limit."""

    kind: ClassVar[Suggestion.Kind]
    purpose = "feedback"
    words: forms.Field

    def keep(self, post: Post) -> None:
        """Put it into the queue, once; nothing if it is spam."""
        if not self.is_spam:
            values = self.cleaned_data | {"kind": self.kind, "post": post}
            Suggestion.objects.get_or_create(submission=self.submission, defaults=values)


class MissingForm(FeedbackForm):
    """What a reader missed in a post."""

    kind = Suggestion.Kind.MISSING
    words = PlainTextField(
        label="What was missing?",
        rows=4,
        max_length=3000,
        help_text="One sentence is enough. Please no health details: we cannot advise you here.",
        error_messages={"required": "Nothing is written yet. A word or two will do."},
    )


class CorrectionForm(FeedbackForm):
    """What a reader would change, possibly in a passage that the address of the page names."""

    kind = Suggestion.Kind.CORRECTION
    passage = PlainTextField(
        label="Which passage?",
        rows=3,
        required=False,
        max_length=PASSAGE_LIMIT,
        help_text="The words as they stand in the post, or where they are.",
    )
    words = PlainTextField(
        label="What should change?",
        rows=6,
        max_length=5000,
        error_messages={"required": "Please say what should change: without it we would not know what to do."},
    )
    source = LinkField(
        label="Where can we check it?",
        required=False,
        max_length=500,
        help_text="The address of a study, a guideline or another page.",
    )
    name = PlainTextField(label="Your name", required=False, max_length=120, autocomplete="name")
    email = EmailField(label="Your e-mail address", required=False, help_text="Only if you would like an answer.")

    def __init__(self, request: HttpRequest) -> None:
        passage = strip_invisible(request.GET.get("passage", "")).strip()[:PASSAGE_LIMIT]
        super().__init__(request, initial={"passage": passage})
