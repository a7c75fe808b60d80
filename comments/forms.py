"""The form for a comment."""

from typing import Any
from uuid import uuid5

from django import forms
from django.http import HttpRequest

from comments.bodies import html_from_text
from comments.models import MAX_LENGTH, Comment, Discussion
from comments.spam import reason_to_hold
from pagecache.invalidation import CacheScope, invalidate_only
from public_forms.fields import EmailField, LinkField, PlainTextField
from public_forms.forms import PublicForm, issue_shared_token

LARGEST_PK = 2**63 - 1


class CommentForm(PublicForm):
    """A comment on a post or page, or an answer to a comment."""

    purpose = "comments"
    daily_limit = 15
    body = PlainTextField(
        label="Your comment",
        rows=6,
        max_length=MAX_LENGTH,
        error_messages={"required": "Enter your comment."},
    )
    name = PlainTextField(
        label="Your name",
        max_length=80,
        autocomplete="name",
        help_text="Shown. A first name is enough.",
        error_messages={"required": "Enter a name. A first name or a nickname is enough."},
    )
    email = EmailField(label="Your email address", required=False, help_text="Never shown.")
    website = LinkField(
        label="Your website", required=False, max_length=500, help_text="Your name becomes a link to it."
    )
    reply = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_PK, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, discussion: Discussion, *, parent: Comment | None = None) -> None:
        self.discussion = discussion
        super().__init__(request, initial={"reply": parent.pk if parent else None})

    def clean_name(self) -> str:
        """Return the name on one line."""
        return " ".join(self.cleaned_data["name"].split())

    def clean_reply(self) -> int | None:
        """Return the key of the comment that this one answers, or None if visitors cannot see it any more."""
        parent = find_visible(self.discussion, self.cleaned_data["reply"])
        return parent.pk if parent else None

    def clean(self) -> dict[str, Any]:
        """Distinguish the same text below two documents."""
        cleaned = super().clean()
        if not self.errors and hasattr(self, "submission"):
            self.submission = uuid5(self.submission, str(self.discussion.document.get_absolute_url()))
        return cleaned

    def save_comment(self) -> None:
        """Store the comment once, to be moderated, or not at all if a bot filled in the honeypot."""
        if self.is_spam:
            return
        values = self.cleaned_data
        comment = Comment(
            discussion=Discussion.objects.get_or_create_of(self.discussion.document),
            parent_id=values["reply"],
            name=values["name"],
            email=values["email"],
            website=values["website"],
            body=html_from_text(values["body"]),
            submission=self.submission,
        )
        comment.held_because = reason_to_hold(comment)
        if comment.held_because:
            comment.status, comment.next_attempt_at = Comment.Status.SPAM, None
        with invalidate_only(CacheScope.NONE):
            Comment.objects.bulk_create([comment], ignore_conflicts=True)


class EmbeddedCommentForm(CommentForm):
    """The form in cached pages."""

    @property
    def new_token(self) -> str:
        """Return a token that stays the same for an hour, so that the page does too."""
        return issue_shared_token(self.purpose)


def find_visible(discussion: Discussion, pk: int | None) -> Comment | None:
    """Return the comment with this key that visitors see in `discussion`, if any."""
    if pk is None or discussion.pk is None:
        return None
    return discussion.comments.approved().select_related("author").filter(pk=pk).first()
