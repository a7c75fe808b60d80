"""Exports in the admin: owners ask for one, and download it when the worker has made it."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.models import AuditEvent, User
from site_export.models import LIFETIME, SiteExport, export_storage
from siteinfo.urls import admin_url


@admin.register(SiteExport)
class SiteExportAdmin(admin.ModelAdmin):
    """The list of exports, with a button that asks for another one."""

    list_display = ("created_at", "status", "progress", "archive_size", "download_link")
    list_display_links = None

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs that ask for an export and download it."""
        name, view = "site_export_siteexport", self.admin_site.admin_view
        own = [
            path("create/", view(self.create_export), name=f"{name}_create"),
            path("<int:pk>/download/", view(self.download), name=f"{name}_download"),
        ]
        return own + super().get_urls()

    @admin.display(description="progress")
    def progress(self, export: SiteExport) -> str:
        """Return what the export is doing, or why it failed."""
        return export.error or (export.step if export.status == SiteExport.Status.RUNNING else "-")

    @admin.display(description="size")
    def archive_size(self, export: SiteExport) -> str:
        """Return the size in a readable unit."""
        return "-" if export.size is None else filesizeformat(export.size)

    @admin.display(description="file")
    def download_link(self, export: SiteExport) -> str:
        """Return the link to the file, as long as it is there."""
        if not export.can_be_downloaded:
            return "Expired" if export.status == SiteExport.Status.COMPLETE else "-"
        url = reverse("admin:site_export_siteexport_download", args=[export.pk])
        return format_html('<a href="{}">Download</a>', url)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Add what the button needs to the list."""
        context = {"may_export": self.may_export(request), "hours": int(LIFETIME.total_seconds() // 3600)}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    @method_decorator(require_POST)
    def create_export(self, request: HttpRequest) -> HttpResponse:
        """Ask the worker for an export."""
        if not self.may_export(request):
            raise PermissionDenied
        if SiteExport.objects.request() is None:
            self.message_user(request, "Another export is being made. It appears in this list.", messages.WARNING)
        else:
            self.message_user(request, "The export will be ready in a few minutes. You can leave this page.")
        return HttpResponseRedirect(admin_url(SiteExport))

    @method_decorator(reauthentication_required)
    def download(self, request: HttpRequest, pk: int) -> FileResponse:
        """Send the file of an export that has not expired."""
        if not self.may_export(request):
            raise PermissionDenied
        export = SiteExport.objects.filter(pk=pk).first()
        if export is None or not export.can_be_downloaded:
            raise Http404
        assert isinstance(request.user, User)
        try:
            file = export_storage().open(export.file_name)
        except FileNotFoundError as error:
            raise Http404 from error
        AuditEvent.objects.record(AuditEvent.Kind.EXPORTED, request=request, user=request.user, subject="whole site")
        filename = f"site-{export.created_at:%Y-%m-%d}.zip"
        response = FileResponse(file, as_attachment=True, filename=filename)
        response["Cache-Control"] = "no-store"
        return response

    def may_export(self, request: HttpRequest) -> bool:
        """Return whether the user may export the site, with the addresses of all subscribers."""
        return request.user.has_perm("site_export.add_siteexport")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the button of the list adds exports."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: SiteExport | None = None) -> bool:
        """Return False: the worker writes the records."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SiteExport | None = None) -> bool:
        """Return False: old exports are deleted automatically."""
        return False
