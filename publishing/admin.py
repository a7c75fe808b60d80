"""The change form of documents: publishing, pending edits, previews, history and the trash."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, models, transaction
from django.db.models import prefetch_related_objects
from django.forms import ModelForm, Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin

from publishing import review_admin  # noqa: F401 - registers the admin of reviews
from publishing.admin_history import HistoryAdmin
from publishing.admin_list import DocumentListAdmin
from publishing.changes import announce_change
from publishing.forms import DocumentForm, unsaved_document
from publishing.models import Document, PendingEdit
from publishing.publish_effects import describe_effects
from publishing.publish_step import PublishStepAdmin
from publishing.review import ReviewAdmin
from publishing.revisions import (
    ChangeNote,
    create_initial_revision,
    create_revision,
    publish_pending_edit,
    store_pending_edit,
)
from publishing.visibility import preview_url, set_private_headers
from siteinfo.local_time import format_appointment
from siteinfo.time_fields import LocalDateTimeField, LocalDateTimeWidget

log = logging.getLogger(__name__)

type Fieldset = tuple[str | None, dict[str, tuple[str, ...]]]

# The names of the buttons that save the form.
_SAVE_BUTTONS = frozenset({"_publish", "_draft", "_save", "_pending", "_submit"})


class DocumentAdmin(HistoryAdmin, PublishStepAdmin, ReviewAdmin, DocumentListAdmin):
    """A ModelAdmin of documents.

    Subclasses set `form` to a DocumentForm, and `preview_url_name`, and render their public page in `preview()`.
    """

    change_form_template = "admin/publishing/change_form.html"
    preview_url_name = ""
    formfield_overrides = {models.DateTimeField: {"form_class": LocalDateTimeField, "widget": LocalDateTimeWidget}}
    save_fieldset: Fieldset = (
        "Status and date",
        {"classes": ("collapse",), "fields": ("published_at", "publish_changes_at", "note")},
    )
    change_fieldset: Fieldset = ("What changed", {"fields": ("change_text", "is_correction")})
    origin_fieldset: Fieldset = ("How it was made", {"classes": ("collapse",), "fields": ("origin", "responsible")})

    class Media:
        css = {"all": ("publishing/publishing.css",)}
        js = (Script("publishing/editor.js", type="module"),)

    # ---- For subclasses -----------------------------------------------------------------------------

    def preview(self, request: HttpRequest, document: Any, form: DocumentForm | None) -> HttpResponse:
        """Render the public page of `document`. If it is unsaved, `form` holds its related rows."""
        raise NotImplementedError

    def after_save(self, request: HttpRequest, document: Any, form: "ModelForm[Any]") -> None:
        """Run after the document and its related rows are saved, before the revision is created."""

    # ---- Opening the form ---------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the options of a save, without fields that the user may not set.

        Users who may only read see the fields of the model; a preview shows the text.
        """
        hidden = self.hidden_fields(request)
        main, *others = super().get_fieldsets(request, obj)
        change = [self.change_fieldset] if obj is not None and obj.is_published else []
        fieldsets: list[Any] = [main, *change, self.save_fieldset, *others, self.origin_fieldset]
        if obj is not None and not self.has_change_permission(request, obj):
            names = {field.name for field in self.opts.get_fields()} - {"body"}
            hidden |= set(flatten_fieldsets(fieldsets)) - names
        shown = [
            (title, {**options, "fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in fieldsets
        ]
        return [fieldset for fieldset in shown if fieldset[1]["fields"]]

    def pending_edit(self, row: Any) -> PendingEdit | None:
        """Return the pending edit of the document, if there is one."""
        pending_edit: PendingEdit | None = row.pending_edits.first()
        return pending_edit

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Handle the buttons that save no form."""
        if "_publish" in request.POST and not self.has_publish_permission(request):
            raise PermissionDenied
        if request.method == "POST" and object_id:
            document = self.get_object(request, unquote(object_id))
            response = self._handle_button(request, document) if document is not None else None
            if response is not None:
                return response
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Load related rows once for the form and the checks."""
        if request.method == "GET" and obj is not None and obj.pk:
            prefetch_related_objects([obj], *obj.snapshot_relations())
        return super().get_form(request, obj, change, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the document's status to the context."""
        document = kwargs.get("obj")
        if document is not None and request.method == "POST":
            # The form that was refused has changed the row in memory.
            document = self.get_object(request, str(document.pk))
        context |= {
            "can_publish": self.has_publish_permission(request),
            "can_edit": document is None or self.has_change_permission(request, document),
            **(self._form_context(request, document) if document else {}),
            **self.publish_step_context(document),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _form_context(self, request: HttpRequest, document: Any) -> dict[str, Any]:
        return {
            "status_label": document.status_label,
            "is_public": document.is_published,
            "is_released": document.status == Document.Status.PUBLISHED,
            "pending_edit": self.form_source(request, document).pending_edit,
            **self.autosave_context(request, document),
            "saved_version": document.version,
            # Shown only with a conflict.
            "last_revision": lambda: document.revisions.defer("data").first(),
            "preview_url": preview_url(document, self.preview_url_name),
            **self.review_context(document),
        }

    # ---- Buttons that save no form ------------------------------------------------------------------

    def _handle_button(self, request: HttpRequest, document: Any) -> HttpResponse | None:
        handlers: dict[str, Callable[[HttpRequest, Any], HttpResponse]] = {
            "_trash": self._trash,
            "_restore": self._restore,
            "_publish_changes": self._publish_changes,
            "_discard_changes": self._discard_changes,
            "_revoke_preview_links": self._revoke_preview_links,
            "_duplicate": self._duplicate,
        }
        handler = next((handler for name, handler in handlers.items() if name in request.POST), None)
        if handler is None:
            return None
        if not self.has_change_permission(request, document):
            raise PermissionDenied
        return handler(request, document)

    def _trash(self, request: HttpRequest, document: Any) -> HttpResponse:
        if "autosave_key" in request.POST:
            self._store_unsaved_text(request, document)
        document.trash()
        self.log_change(request, document, "Moved to trash.")
        self._report(request, "“{}” was moved to trash. You can restore it from the Trash filter.", document)
        return HttpResponseRedirect(self._url("changelist"))

    def _store_unsaved_text(self, request: HttpRequest, document: Any) -> None:
        """Store the text of the open form, so that restoring the document brings it back, and delete its autosaves.

        A form that is not valid, or that conflicts with another save, keeps its autosaves.
        """
        with transaction.atomic():
            form: Any = super().get_form(request, document, change=True)(request.POST, instance=document)
            if not form.is_valid():
                document.refresh_from_db()
                return
            saved = type(document)._default_manager.get(pk=document.pk)
            if form.snapshot() != saved.snapshot():
                if saved.status == Document.Status.DRAFT:
                    self._save_draft(request, saved, form)
                else:
                    store_pending_edit(saved, request.user, form.snapshot())  # type: ignore[arg-type]
            self.delete_autosaves(request, form)
        document.refresh_from_db()

    def _save_draft(self, request: HttpRequest, saved: Any, form: Any) -> None:
        create_initial_revision(saved)
        form.instance.version += 1
        document = form.save()
        self.after_save(request, document, form)
        create_revision(document, request.user, "Moved to trash")  # type: ignore[arg-type]

    def _restore(self, request: HttpRequest, document: Any) -> HttpResponse:
        document.restore()
        self.log_change(request, document, "Restored from trash.")
        self._report(request, "“{}” was restored.", document)
        return HttpResponseRedirect(self._url("change", document.pk))

    def _publish_changes(self, request: HttpRequest, document: Any) -> HttpResponse:
        edit = document.pending_edits.first()
        try:
            return self._publish_edit(request, document, edit)
        except OperationalError:
            # A locked database or a full disk says nothing about these changes.
            raise
        except Exception:
            log.exception("The changes to %s %s could not be published", document._meta.model_name, document.pk)
            self.message_user(
                request,
                "The changes were not published, because something in them is damaged. Open the text, check it and "
                "save it again, or discard the changes.",
                messages.ERROR,
            )
        return HttpResponseRedirect(self._url("change", document.pk))

    def _publish_edit(self, request: HttpRequest, document: Any, edit: PendingEdit | None) -> HttpResponse:
        errors = document.publish_errors(document.snapshot() | edit.content) if edit else []
        for error in errors:
            self.message_user(request, f"The changes were not published. {error.message}", messages.ERROR)
        if edit and not errors and publish_pending_edit(edit):
            self.log_change(request, document, "Published pending changes.")
            self.record_publication(request, document)
            self._report(request, "The pending changes to “{}” were published.", document)
        return HttpResponseRedirect(self._url("change", document.pk))

    def _discard_changes(self, request: HttpRequest, document: Any) -> HttpResponse:
        document.pending_edits.all().delete()
        self._report(request, "The pending changes to “{}” were discarded.", document)
        return HttpResponseRedirect(self._url("change", document.pk) + "?autosave=no")

    def _revoke_preview_links(self, request: HttpRequest, document: Any) -> HttpResponse:
        document.preview_key = uuid4()
        document.save(update_fields=["preview_key"])
        self._report(request, "The preview links to “{}” were revoked.", document)
        return HttpResponseRedirect(self._url("change", document.pk))

    def _duplicate(self, request: HttpRequest, document: Any) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = self.duplicate(request, document)
        self._report(request, "This draft is a copy of “{}”.", document)
        return HttpResponseRedirect(self._url("change", copy.pk))

    def _report(self, request: HttpRequest, message: str, document: Any) -> None:
        self.message_user(request, format_html(message, document), messages.SUCCESS)

    # ---- Saving -------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the document with the status of the pressed button, or store a pending edit."""
        if self._saves_pending_edit(request, obj):
            publish_at = form.cleaned_data.get("publish_changes_at")
            note = ChangeNote(form.cleaned_data.get("change_text", ""), form.cleaned_data.get("is_correction", False))
            store_pending_edit(obj, request.user, form.snapshot(), publish_at, note)  # type: ignore[arg-type]
            return
        if "_publish" in request.POST:
            obj.status = Document.Status.PUBLISHED
            obj.published_at = obj.published_at or timezone.now()
        elif "_draft" in request.POST:
            obj.status = Document.Status.DRAFT
        if change:
            create_initial_revision(type(obj).objects.get(pk=obj.pk))
            obj.version += 1
        super().save_model(request, obj, form, change)

    def _saves_pending_edit(self, request: HttpRequest, document: Document) -> bool:
        return "_pending" in request.POST and document.pk is not None and document.is_published

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save related rows and create the revision. The form's autosaves are no longer needed."""
        document = form.instance
        self.delete_autosaves(request, form)
        if self._saves_pending_edit(request, document):
            return
        super().save_related(request, form, formsets, change)
        self.after_save(request, document, form)
        document.pending_edits.all().delete()
        if (text := form.cleaned_data.get("change_text")) and document.is_published:
            is_correction = form.cleaned_data["is_correction"]
            announce_change(document, text, request.user, is_correction=is_correction)  # type: ignore[arg-type]
        if "_submit" in request.POST:
            self.submit_for_review(request, document)
        elif document.status == Document.Status.PUBLISHED:
            document.submissions.all().delete()
        if "_publish" in request.POST:
            self.record_publication(request, document)
        create_revision(document, request.user, form.cleaned_data.get("note", ""))  # type: ignore[arg-type]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        """Stay on the document."""
        return self._response_after_save(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """Stay on the document."""
        return self._response_after_save(request, obj) or super().response_change(request, obj)

    def _response_after_save(self, request: HttpRequest, document: Any) -> HttpResponseRedirect | None:
        """Return to the form with a message that says what visitors see."""
        if not _SAVE_BUTTONS & request.POST.keys():
            return None
        saved = type(document).objects.get(pk=document.pk)
        message = self._saved_message(request, document)
        link = format_html('{} <a href="{}">{}</a>', message, saved.get_absolute_url(), "View page")
        self.message_user(request, link, messages.SUCCESS)
        for sentence in describe_effects(saved) if "_publish" in request.POST else []:
            self.message_user(request, sentence)
        return HttpResponseRedirect(self._url("change", document.pk))

    def _saved_message(self, request: HttpRequest, document: Any) -> str:
        if self._saves_pending_edit(request, document):
            return "Saved as pending changes. Visitors still see the published text."
        if document.is_scheduled and document.published_at:
            return f"Scheduled for {format_appointment(document.published_at)}."
        if "_submit" in request.POST:
            return "Submitted for review. You can still change the text."
        if not document.is_published:
            return "Draft saved. Only people who can sign in to the admin can see it."
        return "Published." if "_publish" in request.POST else "Saved. Visitors see the new text."

    # ---- Previews -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the review, the preview and the checks."""
        return [
            self.route("<int:object_id>/review/", self.show_review, "review"),
            self.route("<int:object_id>/preview/", xframe_options_sameorigin(self.show_preview), "preview"),
            *super().get_urls(),
        ]

    def show_preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the page as visitors would see it, with the content of the autosave that `?autosave=` names."""
        document = self.get_readable(request, object_id)
        form = self.autosaved_form(request, document)
        response = self.preview(request, unsaved_document(form) if form else document, form)
        return set_private_headers(response)
