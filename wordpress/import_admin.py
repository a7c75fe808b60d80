"""The admin pages of an import: choose files, look at the preview, import, read the report, undo. For owners."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from siteinfo.local_time import format_moment
from wordpress import report_downloads, runs
from wordpress.archive_reader import is_media_archive
from wordpress.conflicts import take_from_wordpress
from wordpress.files import delete_uploads, media_folder, store_uploads, stored_files
from wordpress.import_forms import QuestionsForm, UploadForm
from wordpress.models import ImportRun, ReportRow
from wordpress.next_steps import next_steps
from wordpress.report_summary import matches_files, summarize

ROWS_PER_PAGE = 100
Task, State = ImportRun.Task, ImportRun.State


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):
    """Imports, newest first. Each has a page that shows where it stands."""

    row_names = "import,imports"
    list_display = ("title", "status", "names")
    list_display_links = ("title",)
    # Each step has another form, on its own page.
    fieldsets = ((None, {"fields": ()}),)
    change_list_template = "admin/wordpress/importrun/change_list.html"

    @admin.display(description="import")
    def title(self, run: ImportRun) -> str:
        """Return when it was started."""
        return format_moment(run.created_at)

    @admin.display(description="status")
    def status(self, run: ImportRun) -> str:
        """Return where it stands."""
        return status_text(run)

    @admin.display(description="files")
    def names(self, run: ImportRun) -> str:
        """Return the names of the files."""
        return ", ".join(file["name"] for file in run.files)

    def has_change_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        """Return False: the page of an import has no fields to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        """Return False: the report of an import stays, and an undo needs it."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of one import."""
        views: dict[str, Callable[..., HttpResponseBase]] = {
            "start": self.start_view,
            "discard": self.discard_view,
            "undo": self.undo_view,
            "conflicts": self.conflicts_view,
            "csv": self.csv_view,
            "html": self.html_view,
        }
        urls = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"wordpress_importrun_{name}")
            for name, view in views.items()
        ]
        return [*urls, *super().get_urls()]

    # ---- Pages ---------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the files, and store them for the preview."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._upload(request)

    @method_decorator(reauthentication_required)
    def _upload(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            run = ImportRun.objects.create(requested_by=_user(request))
            store_uploads(run, form.cleaned_data["uploads"])
            for file, (_, stored) in zip(run.files, stored_files(run), strict=True):
                file["is_media"] = is_media_archive(stored)
            run.state = State.QUEUED
            run.save()
            return HttpResponseRedirect(run.get_absolute_url())
        context = {"form": form, "media_folder": media_folder()}
        return self._render(request, "upload", "Import from WordPress", context)

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show where the import stands: its progress, its preview with the questions, or its report."""
        run = self._find(request, object_id)
        if run.state in {State.QUEUED, State.RUNNING}:
            return self._render(request, "progress", status_text(run), {"run": run})
        if run.task == Task.PREVIEW:
            if run.state == State.DONE:
                return self._preview(request, run, QuestionsForm(run=run))
            return self._render(request, "failed", "These files cannot be imported", {"run": run})
        return self._report(request, run)

    def _preview(self, request: HttpRequest, run: ImportRun, form: QuestionsForm) -> HttpResponse:
        context = {"run": run, "form": form, "preview": run.preview}
        for name in ("first", "last"):
            if moment := run.preview.get(name):
                context[name] = datetime.fromisoformat(moment)
        return self._render(request, "preview", "What is in these files", context)

    def _report(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        rows = run.rows.all()
        kind, outcome = request.GET.get("kind", ""), request.GET.get("outcome", "")
        query = request.GET.get("q", "").strip().replace("\x00", "")
        if kind:
            rows = rows.filter(kind=kind)
        if outcome:
            rows = rows.filter(outcome=outcome)
        if query:
            rows = rows.filter(title__icontains=query) | rows.filter(source__icontains=query)
        page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("p"))
        context = {
            "run": run,
            "summary": summarize(run),
            "matches_files": matches_files(run),
            "steps": next_steps(run) if run.task == Task.IMPORT and run.state == State.DONE else [],
            "page": page,
            "kind": kind,
            "outcome": outcome,
            "query": query,
            "kinds": ReportRow.Kind.choices,
            "outcomes": ReportRow.Outcome.choices,
            "dead_links": run.rows.filter(kind=ReportRow.Kind.LINK, outcome=ReportRow.Outcome.MISSING).count(),
            "can_undo": run.task == Task.IMPORT or run.state == State.FAILED,
            "conflicts": run.rows.filter(outcome=ReportRow.Outcome.CONFLICT).count() if stored_files(run) else 0,
        }
        return self._render(request, "report", status_text(run), context)

    # ---- Actions -------------------------------------------------------------------------------------------------

    @method_decorator([require_POST, reauthentication_required])
    def start_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start the import with the answers, or go on with one that failed."""
        run = self._find(request, pk)
        form = QuestionsForm(request.POST, run=run)
        if run.task == Task.IMPORT and run.state == State.FAILED:
            ImportRun.objects.filter(pk=run.pk, state=State.FAILED).update(
                state=State.QUEUED, attempts=0, requested_by=_user(request)
            )
        elif run.task == Task.PREVIEW and run.state == State.DONE:
            if not form.is_valid():
                return self._preview(request, run, form)
            ready = ImportRun.objects.filter(pk=run.pk, task=Task.PREVIEW, state=State.DONE)
            ready.update(
                task=Task.IMPORT,
                state=State.QUEUED,
                attempts=0,
                options=form.options(),
                started_at=None,
                requested_by=_user(request),
            )
        return HttpResponseRedirect(run.get_absolute_url())

    @method_decorator(require_POST)
    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete a preview and its files."""
        run = self._find(request, pk)
        if ImportRun.objects.filter(pk=run.pk, task=Task.PREVIEW, state__in=[State.DONE, State.FAILED]).delete()[0]:
            delete_uploads(run)
            messages.success(request, "The files were deleted. Nothing was imported.")
        return HttpResponseRedirect(reverse("admin:wordpress_importrun_changelist"))

    @method_decorator(reauthentication_required)
    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for confirmation, then queue the undo."""
        run = self._find(request, pk)
        if request.method == "POST":
            if not runs.request_undo(run, _user(request)):
                messages.warning(request, "This import cannot be undone now.")
            return HttpResponseRedirect(run.get_absolute_url())
        created = run.rows.filter(outcome=ReportRow.Outcome.CREATED)
        return self._render(request, "undo", "Undo this import?", {"run": run, "created": created.count()})

    @method_decorator([require_POST, reauthentication_required])
    def conflicts_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace texts that were changed here and in WordPress with the version from WordPress."""
        run = self._find(request, pk)
        count = take_from_wordpress(run, request.POST.getlist("row"), _user(request))
        if not count:
            messages.warning(request, "Select the texts to replace.")
        return HttpResponseRedirect(run.get_absolute_url())

    @method_decorator(require_safe)
    def csv_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Download the report as CSV."""
        return report_downloads.as_csv(self._find(request, pk))

    @method_decorator(require_safe)
    def html_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Download the report as a page."""
        return report_downloads.as_html(self._find(request, pk))

    def _find(self, request: HttpRequest, pk: int | str) -> ImportRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = ImportRun.objects.filter(pk=pk).first() if str(pk).isdecimal() else None
        if run is None:
            raise Http404
        # Only owners have the permission to import, and every page here leads to one.
        if not self.has_add_permission(request):
            raise PermissionDenied
        return run

    def _render(self, request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> TemplateResponse:
        page = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/wordpress/importrun/{template}.html", page)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def status_text(run: ImportRun) -> str:
    """Return where an import stands, as a heading."""
    if run.state == State.QUEUED:
        return {Task.PREVIEW: "Waiting to read the files", Task.UNDO: "Waiting to undo"}.get(
            Task(run.task), "Waiting to import"
        )
    texts = {
        (Task.PREVIEW, State.RUNNING): "Reading the files",
        (Task.PREVIEW, State.DONE): "Ready to import",
        (Task.PREVIEW, State.FAILED): "Cannot be imported",
        (Task.IMPORT, State.RUNNING): "Importing",
        (Task.IMPORT, State.DONE): "Imported",
        (Task.IMPORT, State.FAILED): "Stopped before the end",
        (Task.UNDO, State.RUNNING): "Undoing",
        (Task.UNDO, State.DONE): "Undone",
        (Task.UNDO, State.FAILED): "The undo stopped before the end",
    }
    return texts.get((Task(run.task), State(run.state)), "New")
