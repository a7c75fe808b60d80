"""The desk's lists of documents: their states, and what can be done with many at once."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from publishing.models import Document


class StatusFilter(admin.SimpleListFilter):
    """Draft, scheduled, published or in the trash; without a choice, all but the trash."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("draft", "Drafts"), ("scheduled", "Scheduled"), ("published", "Published"), ("trash", "Trash")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = {
            "draft": queryset.drafts,
            "scheduled": queryset.scheduled,
            "published": queryset.published,
            "trash": queryset.trashed,
        }
        return chosen.get(self.value() or "", queryset.not_trashed)()


class DocumentList(admin.ModelAdmin):
    """The list of an admin for documents."""

    actions: tuple[str, ...] = (
        "publish_now",
        "back_to_draft",
        "move_to_trash",
        "restore_from_trash",
        "delete_for_ever",
        "duplicate_chosen",
    )

    @admin.display(description="status", ordering="status")
    def status_label(self, document: Document) -> SafeString:
        return format_html(
            '<span class="state state--{}">{}</span>', document.status_label.lower(), document.status_label
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what lies in the trash can be deleted for ever."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.trashed_at is not None)

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        is_trash = request.GET.get("status") == "trash"
        for_trash = {"restore_from_trash", "delete_for_ever"}
        return {name: action for name, action in actions.items() if (name in for_trash) == is_trash}

    @admin.action(description="Publish now", permissions=["change"])
    def publish_now(self, request: HttpRequest, queryset: Any) -> None:
        """Release the chosen drafts and scheduled ones at this moment; empty ones are named and left."""
        now, count, empty = timezone.now(), 0, []
        for document in queryset.not_trashed():
            if document.is_published:
                continue
            if not document.body:
                empty.append(document.title)
                continue
            if errors := document.publish_errors(document.snapshot()):
                sentences = " ".join(error.message for error in errors)
                self.message_user(request, f"“{document.title}” is not published. {sentences}", messages.ERROR)
                continue
            document.publish(min(document.published_at or now, now))
            count += 1
        self._say_count(request, count, "published")
        if empty:
            self.message_user(request, f"Still empty, so not published: {', '.join(empty)}.", messages.WARNING)

    @admin.action(description="Back to draft", permissions=["change"])
    def back_to_draft(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Take the chosen ones off the site, texts untouched."""
        count = queryset.exclude(status=Document.Status.DRAFT).update(status=Document.Status.DRAFT)
        self._say_count(request, count, "taken off the site; the texts are kept")

    @admin.action(description="Move to the trash", permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Take them off the site and the list; they can be brought back."""
        self._say_count(request, queryset.update(trashed_at=timezone.now()), "moved to the trash")

    @admin.action(description="Bring back", permissions=["change"])
    def restore_from_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Bring them back in the state they had."""
        self._say_count(request, queryset.update(trashed_at=None), "brought back")

    @admin.action(description="Delete for ever", permissions=["delete"])
    def delete_for_ever(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Delete what lies in the trash, after Django's question."""
        from django.contrib.admin.actions import delete_selected

        return delete_selected(self, request, queryset.trashed())

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make a draft of each that starts as its copy."""
        for document in queryset:
            self.copied(request, document)
        self._say_count(request, len(queryset), "copied. The copies are drafts")

    def _say_count(self, request: HttpRequest, count: int, what: str) -> None:
        one, many = self.opts.verbose_name, self.opts.verbose_name_plural
        self.message_user(request, f"{count} {one if count == 1 else many} {what}.", messages.SUCCESS)

    def new_draft(self, request: HttpRequest, title: str) -> Any:
        """An empty saved draft, for the first autosave of a new text."""
        raise NotImplementedError

    def copied(self, request: HttpRequest, document: Any) -> Any:
        """A draft with the content of `document`; address, dates and state are its own."""
        copy = self.new_draft(request, f"Copy of {document.title}"[:200])
        copy.apply(document.snapshot() | {"title": copy.title})
        self.log_addition(request, copy, f"Copied from “{document}”.")
        return copy
