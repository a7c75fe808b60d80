"""Lists of documents in the admin, with status filters and bulk actions."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from publishing.access import DocumentAccessAdmin
from publishing.models import Document


class StatusFilter(admin.SimpleListFilter):
    """Filter by status. Without a choice, show everything outside the trash."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the statuses."""
        return [("draft", "Drafts"), ("scheduled", "Scheduled"), ("published", "Published"), ("trash", "Trash")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the documents with the chosen status."""
        filters = {
            "draft": queryset.drafts,
            "scheduled": queryset.scheduled,
            "published": queryset.published,
            "trash": queryset.trashed,
        }
        return filters.get(self.value() or "", queryset.not_trashed)()


class DocumentListAdmin(DocumentAccessAdmin):
    """The list part of an admin of documents."""

    actions: tuple[str, ...] = (
        "publish_now",
        "unpublish",
        "move_to_trash",
        "restore_from_trash",
        "delete_permanently",
        "duplicate_selected",
    )

    def action_checkbox(self, obj: Document) -> SafeString:
        """Return the checkbox of a row. Django renders three templates for each of a hundred."""
        html = (
            '<input type="checkbox" name="{}" value="{}" class="action-select"'
            ' aria-label="Select this object for an action - {}">'
        )
        return format_html(html, ACTION_CHECKBOX_NAME, obj.pk, obj)

    @admin.display(description="status", ordering="status")
    def status_label(self, document: Document) -> SafeString:
        """Show the status as a label."""
        label = document.status_label
        return format_html('<span class="state state--{}">{}</span>', label.lower(), label)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow deleting trashed documents only."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.trashed_at is not None)

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Offer restoring and deleting in the trash, and the other actions elsewhere."""
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        is_trash = request.GET.get("status") == "trash"
        trash_actions = {"restore_from_trash", "delete_permanently"}
        return {name: action for name, action in actions.items() if (name in trash_actions) == is_trash}

    @admin.action(description="Publish now", permissions=["publish"])
    def publish_now(self, request: HttpRequest, queryset: Any) -> None:
        """Publish the selected drafts and scheduled documents; report empty and blocked ones."""
        now, count, empty = timezone.now(), 0, []
        for document in self.changeable(request, queryset.not_trashed()):
            if document.is_published:
                continue
            if not document.body:
                empty.append(document.title)
            elif errors := document.publish_errors(document.snapshot()):
                sentences = " ".join(error.message for error in errors)
                self.message_user(request, f"“{document.title}” was not published. {sentences}", messages.ERROR)
            else:
                document.publish(min(document.published_at or now, now))
                self.record_publication(request, document)
                count += 1
        self._report_count(request, count, "published")
        if empty:
            self.message_user(request, f"Not published because empty: {', '.join(empty)}.", messages.WARNING)

    @admin.action(description="Change to draft", permissions=["publish"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Take the selected documents off the site."""
        released = self.changeable(request, queryset).exclude(status=Document.Status.DRAFT)
        count = released.update(status=Document.Status.DRAFT)
        self._report_count(request, count, "changed to draft")

    @admin.action(description="Move to trash", permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Move the selected documents to the trash, from which they can be restored."""
        count = self.changeable(request, queryset).update(trashed_at=timezone.now())
        self._report_count(request, count, "moved to trash")

    @admin.action(description="Restore", permissions=["change"])
    def restore_from_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Restore the selected documents with the status they had."""
        count = self.changeable(request, queryset).update(trashed_at=None)
        self._report_count(request, count, "restored")

    @admin.action(description="Delete permanently", permissions=["delete"])
    def delete_permanently(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Delete the selected trashed documents, after Django's confirmation page."""
        return delete_selected(self, request, queryset.trashed())

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Create a draft with the content of each selected document."""
        for document in queryset:
            self.duplicate(request, document)
        self._report_count(request, len(queryset), "duplicated")

    def _report_count(self, request: HttpRequest, count: int, outcome: str) -> None:
        singular, plural = self.opts.verbose_name, self.opts.verbose_name_plural
        self.message_user(request, f"{count} {singular if count == 1 else plural} {outcome}.", messages.SUCCESS)

    def new_draft(self, request: HttpRequest, title: str) -> Any:
        """Create and return an empty draft."""
        raise NotImplementedError

    def duplicate(self, request: HttpRequest, document: Any) -> Any:
        """Create and return a draft with the content of `document`, but its own slug, dates and status."""
        copy = self.new_draft(request, f"Copy of {document.title}"[:200])
        copy.apply(document.snapshot() | {"title": copy.title})
        self.log_addition(request, copy, f"Duplicated from “{document}”.")
        return copy
