"""Admin for the record of backups."""

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from backups.models import Backup


@admin.register(Backup)
class BackupAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The list of backups. Archives are made by the worker and restored on the command line."""

    list_display = ("started_at", "status", "archive_size", "error")
    readonly_fields = ("name", "status", "started_at", "finished_at", "archive_size", "sha256", "error")
    fields = readonly_fields

    @admin.display(description="size", ordering="size", empty_value="-")
    def archive_size(self, backup: Backup) -> str | None:
        """Return the size in a readable unit."""
        return None if backup.size is None else filesizeformat(backup.size)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the worker makes backups."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Backup | None = None) -> bool:
        """Return False: the worker writes the records."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Backup | None = None) -> bool:
        """Return False: old records are deleted automatically."""
        return False
