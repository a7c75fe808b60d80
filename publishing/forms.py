"""Forms for documents: they notice conflicting saves, and open on unsaved or pending content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from taggit.managers import TaggableManager
from taggit.utils import edit_string_for_tags

from publishing.models import Autosave, Document, LastSave, PendingEdit, Revision, Snapshot
from richtext.problems import render_one
from siteinfo.time_fields import LocalDateTimeField, keep_unchanged_times

PLACEHOLDER_PREFIX = "untitled-"
# The title of drafts without one, whose slug is a placeholder too.
UNTITLED = "Untitled"


def placeholder_slug() -> str:
    """Return a slug for a document that has no title yet."""
    return f"{PLACEHOLDER_PREFIX}{uuid4().hex[:12]}"


class TitleInput(forms.Textarea):
    """A title that wraps while it is typed. It stays one line of text."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 1, "placeholder": "Title", "data-title": "", **(attrs or {})})


@dataclass(frozen=True, slots=True)
class FormSource:
    """What a form opens on instead of the saved document; of autosave and pending edit, at most one is used."""

    autosave: Autosave | None = None
    pending_edit: PendingEdit | None = None
    # Without their text.
    other_autosaves: Sequence[Autosave] = ()


class AutosaveForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form with autosaves that does not overwrite someone else's save. Its model has a `version`.

    `base_version` is the version the form was opened with, `autosave_key` identifies this open form, and
    `restored_from` is the key of the autosave it was opened on.
    """

    source: FormSource | None = None
    # The saved version that conflicts with this form, after validation.
    conflict: int | None = None

    base_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    autosave_key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    restored_from = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        source = None if args or kwargs.get("data") else self.source
        if source and source.autosave:
            kwargs["data"] = _restored_data(source.autosave)
        elif source and source.pending_edit:
            edit = source.pending_edit
            change = {"change_text": edit.change_text, "is_correction": edit.is_correction}
            content = {**edit.content, "publish_changes_at": edit.publish_at, **change}
            kwargs["initial"] = content | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.initial.setdefault("base_version", self.instance.version)
        self.initial.setdefault("autosave_key", uuid4())
        if source and source.autosave:
            # Unsaved content may be incomplete. Show it without errors; it is validated when it is saved.
            self._errors = ErrorDict()
            self.cleaned_data: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        """Check for a conflicting save."""
        cleaned = super().clean() or {}
        keep_unchanged_times(self, cleaned)
        self._check_conflict(cleaned)
        return cleaned

    def _check_conflict(self, cleaned: dict[str, Any]) -> None:
        """Raise ValidationError if someone has saved since the form was opened. Locks the row until the save ends."""
        if self.instance.pk is None:
            return
        model = type(self.instance)
        version = model.objects.select_for_update().values_list("version", flat=True).get(pk=self.instance.pk)
        accepted = {str(cleaned.get("base_version")), self.data.get("_overwrite")}
        key = cleaned.get("autosave_key")
        is_known = str(version) in accepted or LastSave.is_by(key, self.instance, version)
        self.conflict = None if is_known else version
        if self.conflict:
            raise ValidationError(self._conflict_message(), code="conflict")

    def _conflict_message(self) -> str:
        model_name = self.instance._meta.model_name
        revisions = Revision.objects.filter(object_id=self.instance.pk, content_type__model=model_name)
        revision = revisions.select_related("user").first()
        author = revision.user.get_short_name() if revision and revision.user else "Someone"
        when = f" at {date_format(timezone.localtime(revision.created_at), 'g:i A')}" if revision else ""
        return (
            f"{author} saved this text{when}, after you opened it. Your changes below are not saved yet, and theirs"
            " are unchanged. Compare both versions, then choose which to keep."
        )


class DocumentForm(AutosaveForm):
    """The form for a document. Publishing is a button, not a field."""

    # The content that failed the publishing checks, after validation.
    rejected_snapshot: Snapshot | None = None
    # Whether the title is a placeholder, after validation.
    is_untitled = False

    note = forms.CharField(
        label="Note for the history",
        max_length=200,
        required=False,
        help_text="What you changed. Visitors do not see it.",
    )
    change_text = forms.CharField(
        label="What changed, for visitors",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence. The text is then marked as updated today, and the sentence is listed at its end. "
        "Leave empty for typos and other small corrections.",
    )
    is_correction = forms.BooleanField(
        label="This corrects an error",
        required=False,
        help_text="The sentence above then appears as a correction.",
    )
    publish_changes_at = LocalDateTimeField(
        label="Publish pending changes on",
        required=False,
        help_text="Only for “Save as pending changes”. Leave empty to publish them yourself.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "published_at" in self.fields:
            self.fields["published_at"].help_text += f" Time zone: {timezone.get_current_timezone_name()}."
        if "title" in self.fields:
            self.fields["title"].required = False
        if self._has_placeholder():
            # A draft without a title needed a slug; the title gives a better one.
            self.initial["slug"] = ""
            if self.initial.get("title") == UNTITLED:
                self.initial["title"] = ""

    def _has_placeholder(self) -> bool:
        return (self.instance.slug or "").startswith(PLACEHOLDER_PREFIX)

    def clean_change_text(self) -> str:
        """Return the sentence as one line."""
        return " ".join(self.cleaned_data["change_text"].split())

    def clean_title(self) -> str:
        """Return the title as one line."""
        return " ".join(self.cleaned_data["title"].split())

    def clean(self) -> dict[str, Any]:
        """Run the publishing checks if this save makes the content public."""
        cleaned = super().clean()
        if not cleaned.get("title") and "title" not in self.errors:
            self._clean_without_title(cleaned)
        if cleaned.get("is_correction") and not cleaned.get("change_text"):
            self.add_error("change_text", "Say what was wrong, and what is right.")
        if "_publish" in self.data and not (cleaned.get("body") or "").strip():
            self.add_error("body", "Write something before you publish.")
        if "_pending" not in self.data:
            cleaned["publish_changes_at"] = None
        if "_save" in self.data and "published_at" in cleaned:
            self._check_date(cleaned["published_at"])
        if self._makes_public(cleaned) and not self.errors:
            self._check_publish_errors()
        return cleaned

    def _clean_without_title(self, cleaned: dict[str, Any]) -> None:
        """Require a title of what visitors see. A draft may do without."""
        if self._makes_public(cleaned) or "_pending" in self.data:
            self.add_error("title", "Write a title before you publish.")
            return
        self.is_untitled = True
        cleaned["title"] = UNTITLED
        cleaned["slug"] = cleaned.get("slug") or (self.instance.slug if self._has_placeholder() else placeholder_slug())

    def _check_date(self, published_at: datetime | None) -> None:
        """Refuse dates with which saving a released document would publish it, or take it offline."""
        document, now = self.instance, timezone.now()
        if document.status != Document.Status.PUBLISHED or "published_at" not in self.changed_data:
            return
        if published_at is None:
            self.add_error("published_at", "Choose a date. To take this text offline, use “Change to draft”.")
        elif document.is_scheduled and published_at <= now:
            self.add_error("published_at", "This time has passed. Choose a later one, or use “Reschedule …”.")
        elif document.is_published and published_at > now:
            self.add_error("published_at", "Visitors can read this text now. To publish it later, change it to draft.")

    def _check_publish_errors(self) -> None:
        content = self.snapshot()
        for error in self.instance.publish_errors(content):
            self.rejected_snapshot = content
            self.add_error(error.field if error.field in self.fields else None, error.message)

    def _makes_public(self, cleaned: dict[str, Any]) -> bool:
        """Return whether this save publishes the content, now or at a scheduled time."""
        if "_publish" in self.data or cleaned.get("publish_changes_at"):
            return True
        return "_save" in self.data and self.instance.status == Document.Status.PUBLISHED

    def snapshot(self) -> Snapshot:
        """Return the content of the valid form as plain data, in the format of `Document.snapshot()`."""
        data: Snapshot = {}
        for name in self.instance.snapshot_fields:
            if name not in self.cleaned_data:
                continue
            field, value = self.instance._meta.get_field(name), self.cleaned_data[name]
            if isinstance(field, TaggableManager):
                data[name] = edit_string_for_tags([_TagName(tag) for tag in value])
            elif field.many_to_many:
                data[name] = sorted(each.pk for each in value)
            else:
                data[name] = value.pk if field.is_relation and value else value
        return data


@dataclass(frozen=True, slots=True)
class _TagName:
    name: str


def _restored_data(autosave: Autosave) -> QueryDict:
    """Return the fields of an autosave as if they had just been posted, under a new key."""
    data = QueryDict(mutable=True)
    for name, values in autosave.content.items():
        data.setlist(name, values)
    data["restored_from"], data["autosave_key"] = str(autosave.key), str(uuid4())
    data["base_version"] = str(autosave.base_version)
    return data


def unsaved_document(form: DocumentForm) -> Document:
    """Return the document that a bound form describes, as far as its fields are valid. For previews."""
    with transaction.atomic():  # validation locks the row
        form.full_clean()
    document: Document = form.instance
    # full_clean() does not touch the instance where a field is invalid, so previews show the saved value there.
    render_one(document, "its preview", document.update_derived_fields, None)
    return document
