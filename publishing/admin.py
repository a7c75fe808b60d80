"""The desk's side of documents: save without losing a word, preview, private edits, history, the trash."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import ModelForm, Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin

from publishing import diff, visibility
from publishing.admin_list import DocumentList
from publishing.autosave import AutosaveAdmin
from publishing.forms import DocumentForm, document_from
from publishing.models import Document, PendingEdit, Revision
from publishing.revisions import create_initial_revision, create_revision, publish_pending_edit


class DocumentAdmin(AutosaveAdmin, DocumentList):
    """A ModelAdmin for documents. Concrete ones set `form` to a DocumentForm and `preview_url_name`, and say in
    `preview()` how their public page is rendered."""

    change_form_template = "admin/publishing/change_form.html"
    preview_url_name = ""
    writing_fieldset: tuple[str, dict[str, tuple[str, ...]]] = (
        "This save",
        {"fields": ("note", "is_update", "publish_changes_at")},
    )

    class Media:
        css = {"all": ("publishing/publishing.css",)}
        js = (Script("publishing/autosave.js", type="module"),)

    # ---- For concrete admins ------------------------------------------------------------------------

    def preview(self, request: HttpRequest, document: Any, form: DocumentForm | None) -> HttpResponse:
        """The public page of `document`, which may be unsaved: then `form` holds its related rows."""
        raise NotImplementedError

    def after_saving(self, request: HttpRequest, document: Any, form: ModelForm) -> None:
        """Called when the document and its related rows are saved, before the revision is kept."""

    # ---- Opening ------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_fieldsets(request, obj), self.writing_fieldset)

    def pending_edit(self, row: Any) -> PendingEdit | None:
        return row.pending_edits.first()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        document = self.get_object(request, unquote(object_id)) if object_id else None
        if document is not None and request.method == "POST":
            answer = self._act(request, document)
            if answer is not None:
                return answer
        context = {**(extra_context or {}), **(self._state(request, document) if document else {})}
        return super().changeform_view(request, object_id, form_url, context)

    def _state(self, request: HttpRequest, document: Any) -> dict[str, Any]:
        newest = document.revisions.select_related("user").first()
        return {
            "status_label": document.status_label,
            "is_public": document.is_published,
            "is_released": document.status == Document.Status.PUBLISHED,
            "pending": document.pending_edits.first(),
            **self.autosave_context(request, document),
            "saved_version": document.version,
            "last_revision": newest,
            "preview_url": visibility.preview_url(document, self.preview_url_name),
        }

    def _act(self, request: HttpRequest, document: Any) -> HttpResponse | None:
        """Buttons of the form that save nothing of it."""
        acts = {
            "_trash": self._trash,
            "_restore": self._restore,
            "_publish_changes": self._publish_changes,
            "_discard_changes": self._discard_changes,
            "_withdraw": self._withdraw,
            "_duplicate": self._duplicate,
        }
        act = next((act for name, act in acts.items() if name in request.POST), None)
        if act is None:
            return None
        if not self.has_change_permission(request, document):
            raise PermissionDenied
        return act(request, document)

    def _trash(self, request: HttpRequest, document: Any) -> HttpResponse:
        document.trash()
        self.log_change(request, document, "Moved to the trash.")
        self._say(request, "“{}” is in the trash. Choose Trash at the right to bring it back.", document)
        return HttpResponseRedirect(self._address("changelist"))

    def _restore(self, request: HttpRequest, document: Any) -> HttpResponse:
        document.restore()
        self.log_change(request, document, "Brought back from the trash.")
        self._say(request, "“{}” is back, as it was.", document)
        return HttpResponseRedirect(self._address("change", document.pk))

    def _publish_changes(self, request: HttpRequest, document: Any) -> HttpResponse:
        edit = document.pending_edits.first()
        errors = document.publish_errors(edit.data) if edit else []
        for error in errors:
            self.message_user(request, f"Not published yet. {error.message}", messages.ERROR)
        if edit and not errors and publish_pending_edit(edit):
            self.log_change(request, document, "Private changes published.")
            self._say(request, "Readers of “{}” see your changes now.", document)
        return HttpResponseRedirect(self._address("change", document.pk))

    def _discard_changes(self, request: HttpRequest, document: Any) -> HttpResponse:
        document.pending_edits.all().delete()
        self._say(request, "The private changes to “{}” are gone. Readers see what they saw before.", document)
        return HttpResponseRedirect(self._address("change", document.pk) + "?autosave=no")

    def _withdraw(self, request: HttpRequest, document: Any) -> HttpResponse:
        document.preview_key = uuid4()
        document.save(update_fields=["preview_key"])
        self._say(request, "The secret links to “{}” given away so far lead nowhere now.", document)
        return HttpResponseRedirect(self._address("change", document.pk))

    def _duplicate(self, request: HttpRequest, document: Any) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = self.copied(request, document)
        self._say(request, "This is a copy of “{}”. Only you can see it.", document)
        return HttpResponseRedirect(self._address("change", copy.pk))

    def _say(self, request: HttpRequest, text: str, document: Any) -> None:
        self.message_user(request, format_html(text, document), messages.SUCCESS)

    # ---- Saving -------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if self._is_private(request, obj):
            edit = {
                "data": form.snapshot(),
                "user": request.user,
                "publish_at": form.cleaned_data.get("publish_changes_at"),
            }
            content_type = ContentType.objects.get_for_model(obj)
            PendingEdit.objects.update_or_create(content_type=content_type, object_id=obj.pk, defaults=edit)
            return
        if "_publish" in request.POST:
            obj.status = Document.Status.PUBLISHED
            obj.published_at = obj.published_at or timezone.now()
        elif "_draft" in request.POST:
            obj.status = Document.Status.DRAFT
        if form.cleaned_data.get("is_update"):
            obj.updated_on = timezone.localdate()
        if change:
            create_initial_revision(type(obj).objects.get(pk=obj.pk))
            obj.version += 1
        super().save_model(request, obj, form, change)

    def _is_private(self, request: HttpRequest, document: Document) -> bool:
        return "_pending" in request.POST and document.pk is not None and document.is_published

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        document = form.instance
        self.delete_autosaves(request, form)
        if self._is_private(request, document):
            return
        super().save_related(request, form, formsets, change)
        self.after_saving(request, document, form)
        document.pending_edits.all().delete()
        create_revision(document, request.user, form.cleaned_data.get("note", ""))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        return self._told(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return self._told(request, obj) or super().response_change(request, obj)

    def _told(self, request: HttpRequest, document: Any) -> HttpResponseRedirect | None:
        """After a save: stay with the text and say what readers see now."""
        if not {"_publish", "_draft", "_save", "_pending"} & request.POST.keys():
            return None
        if self._is_private(request, document):
            text = "Kept private. Readers still see the text from before."
        elif document.is_scheduled and document.published_at:
            when = date_format(timezone.localtime(document.published_at), "l, F j, Y, H:i")
            text = f"Scheduled. It goes live by itself on {when}."
        elif document.is_published:
            text = "Published. Readers can see it now."
        else:
            text = "Saved as a draft. Only you can see it."
        saved = type(document).objects.get(pk=document.pk)
        link = format_html('{} <a href="{}">{}</a>', text, saved.get_absolute_url(), "Look at it")
        self.message_user(request, link, messages.SUCCESS)
        return HttpResponseRedirect(self._address("change", document.pk))

    # ---- Working copies and previews ------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [
            self.route("<int:object_id>/preview/", xframe_options_sameorigin(self.show_preview), "preview"),
            self.route("<int:object_id>/revisions/<int:revision_id>/", self.show_revision, "revision"),
            *super().get_urls(),
        ]

    def show_preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The page as readers would see it, from the working copy named by `?autosave=` or the private edit."""
        document = self._writable(request, object_id)
        form = self.autosaved_form(request, document)
        response = self.preview(request, document_from(form) if form else document, form)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    # ---- History ---------------------------------------------------------------------------------------

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every save of the content, newest first."""
        document = self.get_object(request, unquote(object_id))
        if document is None:
            raise Http404
        if not self.has_view_or_change_permission(request, document):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "History",
            "opts": self.opts,
            "document": document,
            "revisions": document.revisions.select_related("user").defer("data")[:200],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/publishing/history.html", context)

    def show_revision(self, request: HttpRequest, object_id: int, revision_id: int) -> HttpResponse:
        """A revision beside the saved text; by POST it becomes the saved text again."""
        document = self._writable(request, object_id)
        revision = document.revisions.select_related("user").filter(pk=revision_id).first()
        if revision is None:
            raise Http404
        if request.method == "POST":
            self._bring_back(request, document, revision)
            return HttpResponseRedirect(self._address("change", document.pk) + "?autosave=no")
        now = document.snapshot()
        context = {
            **self.admin_site.each_context(request),
            "title": "Compare",
            "opts": self.opts,
            "document": document,
            "revision": revision,
            "parts": [part for name in document.snapshot_fields if (part := self._part(name, revision.data, now))],
        }
        return TemplateResponse(request, "admin/publishing/revision.html", context)

    def _part(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
        """The rows of one field, or None when it did not change (the text is always shown)."""
        if name not in old or (old[name] == new.get(name) and name != "body"):
            return None
        compare = diff.compare if name == "body" else diff.compare_lines
        label = getattr(self.opts.get_field(name), "verbose_name", name)
        return {"label": label, "rows": compare(self._words(name, old[name]), self._words(name, new.get(name)))}

    def _words(self, name: str, value: Any) -> str:
        """A field of a snapshot as the author would say it: names instead of keys."""
        field = self.opts.get_field(name)
        if value in (None, "", []):
            return ""
        if field.is_relation and field.related_model and not isinstance(value, str):
            keys = value if isinstance(value, list) else [value]
            found: Any = field.related_model
            return "\n".join(str(each) for each in found.objects.filter(pk__in=keys))
        return str(value)

    def _bring_back(self, request: HttpRequest, document: Any, revision: Revision) -> None:
        with transaction.atomic():
            document = type(document).objects.select_for_update().get(pk=document.pk)
            create_initial_revision(document)
            document.version += 1
            document.apply(revision.data)
            when = date_format(timezone.localtime(revision.created_at), "M j, Y, H:i")
            create_revision(document, request.user, f"Brought back from {when}")
            self.log_change(request, document, f"Brought back the text from {when}.")
        self._say(request, "“{}” has the text of then again. The other one is in the history.", document)
