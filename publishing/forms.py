"""The form in which a document is written: it notices conflicts, and can be opened on unsaved or private text."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from taggit.managers import TaggableManager
from taggit.utils import edit_string_for_tags

from publishing.models import Autosave, Document, PendingEdit, Revision, Snapshot

UNTITLED = "untitled-"


def placeholder_slug() -> str:
    """An address for a text that has none yet."""
    return f"{UNTITLED}{uuid4().hex[:12]}"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a form is opened on instead of the saved document."""

    copy: Autosave | None = None
    pending: PendingEdit | None = None


class AutosaveForm(forms.ModelForm):
    """A form that is kept while it is filled in, and overwrites nobody's save. Its rows have a `version`.

    `base_version` is the version that was opened, `autosave_key` names this open form, `restored_from` the working copy
    it was opened on.
    """

    opening: Opening | None = None
    conflict: int | None = None

    base_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    autosave_key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    restored_from = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        opening = None if args or kwargs.get("data") else self.opening
        if opening and opening.copy:
            kwargs["data"] = _sent(opening.copy)
        elif opening and opening.pending:
            kwargs["initial"] = {**opening.pending.data, "publish_changes_at": opening.pending.publish_at} | (
                kwargs.get("initial") or {}
            )
        super().__init__(*args, **kwargs)
        self.initial.setdefault("base_version", self.instance.version)
        self.initial.setdefault("autosave_key", uuid4())
        if opening and opening.copy:
            # Unsaved text may be unfinished: it is shown as it is, and judged when it is saved.
            self._errors = ErrorDict()
            self.cleaned_data: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._refuse_to_overwrite(cleaned)
        return cleaned

    def _refuse_to_overwrite(self, cleaned: dict[str, Any]) -> None:
        """Nobody's saved text is replaced unseen. The row is locked until this save is done."""
        if self.instance.pk is None:
            return
        model = type(self.instance)
        version = model.objects.select_for_update().values_list("version", flat=True).get(pk=self.instance.pk)
        seen = {str(cleaned.get("base_version")), self.data.get("_overwrite")}
        self.conflict = None if str(version) in seen else version
        if self.conflict:
            last = Revision.objects.filter(object_id=self.instance.pk, content_type__model=model._meta.model_name)
            revision = last.select_related("user").first()
            who = revision.user.get_short_name() if revision and revision.user else "Somebody"
            when = f" at {date_format(timezone.localtime(revision.created_at), 'H:i')}" if revision else ""
            raise ValidationError(
                f"{who} saved this text{when}, after you opened it. Your words below are not saved yet, and theirs"
                " are not touched. Compare them, then choose what to keep.",
                code="conflict",
            )


class DocumentForm(AutosaveForm):
    """A document's form. Publishing is a button, not a field."""

    # The content that may not be published, once the form has refused it.
    refused: Snapshot | None = None

    note = forms.CharField(
        label="Note for the history",
        max_length=200,
        required=False,
        help_text="What you changed, for yourself. Readers do not see it.",
    )
    is_update = forms.BooleanField(
        label="This is a real update",
        required=False,
        help_text="Shows readers today's date as “Updated”. Leave it off for mended typing errors.",
    )
    publish_changes_at = forms.SplitDateTimeField(
        label="Show the changes at",
        required=False,
        widget=AdminSplitDateTime,
        help_text="Only for “Keep changes private”: when they go live by themselves. Empty: when you say so.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (self.instance.slug or "").startswith(UNTITLED):
            # The address that the first autosave had to invent; the title gives a better one.
            self.initial["slug"] = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "_publish" in self.data and not (cleaned.get("body") or "").strip():
            self.add_error("body", "Write something before you publish.")
        if "_pending" not in self.data:
            cleaned["publish_changes_at"] = None
        if self._is_for_readers(cleaned) and not self.errors:
            content = self.snapshot()
            for error in self.instance.publish_errors(content):
                self.refused = content
                self.add_error(error.field if error.field in self.fields else None, error.message)
        return cleaned

    def _is_for_readers(self, cleaned: dict[str, Any]) -> bool:
        """Whether this save shows the content to readers, now or by itself later."""
        is_released = self.instance.status == Document.Status.PUBLISHED
        return (
            "_publish" in self.data or ("_save" in self.data and is_released) or bool(cleaned.get("publish_changes_at"))
        )

    def snapshot(self) -> Snapshot:
        """The valid form's content as plain data, as `Document.snapshot()` gives it for a saved one."""
        data: Snapshot = {}
        for name in self.instance.snapshot_fields:
            if name not in self.cleaned_data:
                continue
            field, value = self.instance._meta.get_field(name), self.cleaned_data[name]
            if isinstance(field, TaggableManager):
                data[name] = edit_string_for_tags([_Named(tag) for tag in value])
            elif field.many_to_many:
                data[name] = sorted(each.pk for each in value)
            else:
                data[name] = value.pk if field.is_relation and value else value
        return data


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


def _sent(copy: Autosave) -> QueryDict:
    """The fields of a working copy as if they had just been sent, under a new key."""
    sent = QueryDict(mutable=True)
    for name, values in copy.data.items():
        sent.setlist(name, values)
    sent["restored_from"], sent["autosave_key"] = str(copy.key), str(uuid4())
    sent["base_version"] = str(copy.base_version)
    return sent


def document_from(form: DocumentForm) -> Document:
    """The unsaved document that a bound form describes, as far as its fields are valid. For previews."""
    with transaction.atomic():  # the form locks its row
        form.full_clean()
    document = form.instance
    # full_clean() leaves the instance alone where a field is wrong: readers of a preview see what is saved there.
    document.update_derived_fields()
    return document
