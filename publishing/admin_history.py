"""The history of a document: the list of its revisions, comparing one with the saved text, and restoring it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.html import format_html

from publishing import diff
from publishing.access import DocumentAccessAdmin
from publishing.autosave import AutosaveAdmin
from publishing.models import Revision
from publishing.revisions import create_initial_revision, create_revision, store_pending_edit
from siteinfo.local_time import format_moment

MAX_REVISIONS_SHOWN = 200


class HistoryAdmin(DocumentAccessAdmin, AutosaveAdmin):
    """A ModelAdmin of documents with pages about their revisions."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page about a revision."""
        return [
            self.route("<int:object_id>/revisions/<int:revision_id>/", self.show_revision, "revision"),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the revisions, newest first."""
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
            "revisions": document.revisions.select_related("user").defer("data")[:MAX_REVISIONS_SHOWN],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/publishing/history.html", context)

    def show_revision(self, request: HttpRequest, object_id: int, revision_id: int) -> HttpResponse:
        """Compare a revision with the saved text; a POST request restores it."""
        document = self.get_readable(request, object_id)
        revision = document.revisions.select_related("user").filter(pk=revision_id).first()
        if revision is None:
            raise Http404
        can_restore = self.has_change_permission(request, document)
        if request.method == "POST":
            if not can_restore:
                raise PermissionDenied
            self._restore_revision(request, document, revision)
            return HttpResponseRedirect(self._url("change", document.pk) + "?autosave=no")
        current = document.snapshot()
        fields = [self._compare_field(name, revision.content, current) for name in document.snapshot_fields]
        context = {
            **self.admin_site.each_context(request),
            "title": "Compare versions",
            "opts": self.opts,
            "document": document,
            "revision": revision,
            "can_restore": can_restore,
            "damaged_parts": revision.damaged_parts,
            "fields": [field for field in fields if field is not None],
        }
        return TemplateResponse(request, "admin/publishing/revision.html", context)

    def _compare_field(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
        """Return the label and diff of one field, or None if it did not change. The body is always included."""
        if name not in old or (old[name] == new.get(name) and name != "body"):
            return None
        compare = diff.compare_html if name == "body" else diff.compare_lines
        label = getattr(self.opts.get_field(name), "verbose_name", name)
        rows = compare(self._display_value(name, old[name]), self._display_value(name, new.get(name)))
        return {"label": label, "rows": rows}

    def _display_value(self, name: str, value: Any) -> str:
        """Return a value of a snapshot for authors: names of related rows instead of primary keys."""
        field = self.opts.get_field(name)
        if value in (None, "", []):
            return ""
        if field.is_relation and field.related_model and not isinstance(value, str):
            pks = value if isinstance(value, list) else [value]
            model: Any = field.related_model
            return "\n".join(str(row) for row in model.objects.filter(pk__in=pks))
        return str(value)

    def _restore_revision(self, request: HttpRequest, document: Any, revision: Revision) -> None:
        """Make the revision the text of the form: of a draft at once, of a public document as a pending edit."""
        when = format_moment(revision.created_at)
        hidden = self.hidden_fields(request)
        content = {name: value for name, value in revision.content.items() if name not in hidden}
        with transaction.atomic():
            document = type(document).objects.select_for_update().get(pk=document.pk)
            create_initial_revision(document)
            if document.is_published:
                data = document.snapshot() | content
                store_pending_edit(document, request.user, data)  # type: ignore[arg-type]
                text = "The version from {} of “{}” is a pending change now. Visitors still see the published text."
                self.log_change(request, document, f"Took the revision from {when} as a pending change.")
            else:
                document.version += 1
                document.apply(content)
                create_revision(document, request.user, f"Restored from {when}")  # type: ignore[arg-type]
                text = "The version from {} of “{}” was restored. The other version stays in the history."
                self.log_change(request, document, f"Restored the revision from {when}.")
        self.message_user(request, format_html(text, when, document), messages.SUCCESS)
