"""The forms of the review page: a note on a passage, a reply, and the decision with the PEMAT."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Author
from publishing.anchors import make_anchor
from publishing.models import Document, Review, ReviewNote, ReviewSettings
from publishing.pemat import ITEMS, Answer, Item
from publishing.pemat_suggestions import Suggestion, suggest
from richtext.problems import render_one
from siteinfo.local_time import format_date

_ANSWERS = ((Answer.AGREE.value, "Agree"), (Answer.DISAGREE.value, "Disagree"))


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]
    """A note about the document, or about the passage in `quote`."""

    # Words around the passage, which the script adds when the passage was selected in the preview.
    before = forms.CharField(required=False, widget=forms.HiddenInput)
    after = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        """The fields that the reviewer fills in."""

        model = ReviewNote
        fields = ("quote", "text")
        widgets = {"quote": forms.Textarea(attrs={"rows": 2}), "text": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"quote": "Copy the words from the text. Leave empty for a note about the whole text."}

    def __init__(self, document: Document, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document = document

    def clean(self) -> dict[str, Any]:
        """Find the passage in the text, and remember the words around it."""
        cleaned = super().clean() or {}
        quote = cleaned.get("quote")
        if not quote:
            return cleaned
        text = render_one(self.document, "its review", self.document.plain_text, "")
        anchor = make_anchor(text, quote, cleaned.get("before", ""), cleaned.get("after", ""))
        if anchor is None:
            self.add_error("quote", "The text does not contain these words. Copy them from the text as they are.")
            return cleaned
        self.instance.before, self.instance.after = anchor.before, anchor.after
        return cleaned | {"quote": anchor.quote}


class ReplyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A reply to a note."""

    class Meta:
        """The fields that the user fills in."""

        model = ReviewNote
        fields = ("text",)
        labels = {"text": "Reply"}
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}


class ReviewForm(forms.ModelForm):  # type: ignore[type-arg]
    """A decision about the version of the document that the reviewer has read."""

    read_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        """The fields that the reviewer fills in."""

        model = Review
        fields = ("outcome", "reviewer", "reviewed_on", "due_on", "text")
        widgets = {
            "outcome": forms.RadioSelect,
            "reviewed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "text": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "reviewer": "Visitors read “Medically reviewed by” with this name. Choose no one for a check by the "
            "editors, which visitors do not see.",
            "due_on": "Visitors see a notice from the day after.",
        }

    def __init__(self, document: Document, reviewers: QuerySet[Author], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document, self.settings = document, ReviewSettings.load()
        self.suggestions: dict[str, Suggestion] = render_one(
            document, "its review", lambda: suggest(document.snapshot()), {}
        )
        today = timezone.localdate()
        self.initial.setdefault("reviewed_on", today)
        self.initial.setdefault("due_on", self.settings.default_due_on(today))
        self.initial.setdefault("read_version", document.version)
        outcome: Any = self.fields["outcome"]
        outcome.choices = [("approved", "Approve"), ("changes", "Request changes")]
        reviewer: Any = self.fields["reviewer"]
        reviewer.queryset, reviewer.empty_label = reviewers, "No one: a check by the editors"
        reviewer.label_from_instance = lambda author: author.name_with_credentials
        for item in ITEMS:
            self.fields[f"pemat_{item.key}"] = self._pemat_field(item)

    def _pemat_field(self, item: Item) -> forms.ChoiceField:
        not_applicable = [(Answer.NOT_APPLICABLE.value, "N/A")] if item.not_applicable else []
        suggestion = self.suggestions.get(item.key)
        return forms.ChoiceField(
            label=f"{item.number}. {item.text}",
            choices=[*_ANSWERS, *not_applicable],
            required=False,
            initial=suggestion.answer.value if suggestion else None,
            widget=forms.RadioSelect,
            help_text=suggestion.reason if suggestion else "",
        )

    @property
    def pemat_topics(self) -> dict[str, list[forms.BoundField]]:
        """The fields of the PEMAT by topic."""
        topics: dict[str, list[forms.BoundField]] = {}
        for item in ITEMS:
            topics.setdefault(item.topic, []).append(self[f"pemat_{item.key}"])
        return topics

    @property
    def decision_fields(self) -> list[forms.BoundField]:
        """The fields of the decision."""
        return [self[name] for name in self.Meta.fields]

    def clean(self) -> dict[str, Any]:
        """Check the dates, that the text is still the one that was read, and that no note is open."""
        cleaned = super().clean() or {}
        if cleaned.get("read_version") not in (None, self.document.version):
            self.add_error(None, "The text was saved while you were reading. Read the new version, then decide.")
        answers = {item.key: cleaned.get(f"pemat_{item.key}") for item in ITEMS}
        self.instance.pemat = {key: answer for key, answer in answers.items() if answer}
        self._check_reviewed_on(cleaned)
        if cleaned.get("outcome") != Review.Outcome.APPROVED:
            return cleaned | {"due_on": None}
        self._check_open_notes()
        reviewer = cleaned.get("reviewer")
        if reviewer is None:
            return cleaned | {"due_on": None}
        if reviewer == getattr(self.document, "author", None):
            self.add_error("reviewer", "Authors cannot review their own text. Choose someone else, or no one.")
        return cleaned | {"due_on": self._due_on(cleaned)}

    def _check_reviewed_on(self, cleaned: dict[str, Any]) -> None:
        reviewed_on = cleaned.get("reviewed_on")
        if reviewed_on and reviewed_on > timezone.localdate():
            self.add_error("reviewed_on", "Choose today or an earlier day.")

    def _check_open_notes(self) -> None:
        if count := self.document.review_notes.unresolved().count():
            notes = "note is" if count == 1 else "notes are"
            self.add_error("outcome", f"{count} {notes} open. Resolve them before you approve the text.")

    def _due_on(self, cleaned: dict[str, Any]) -> Any:
        reviewed_on = cleaned.get("reviewed_on")
        if reviewed_on is None:
            return None
        due_on, latest = cleaned.get("due_on"), self.settings.latest_due_on(reviewed_on)
        if due_on is None:
            return self.settings.default_due_on(reviewed_on)
        if due_on <= reviewed_on:
            self.add_error("due_on", "Choose a day after the review.")
        elif due_on > latest:
            message = f"Choose {format_date(latest)} or earlier. A review lasts {self.settings.ceiling_months} months."
            self.add_error("due_on", message)
        return due_on
