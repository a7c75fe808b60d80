"""All reviews in the admin, and the texts that are due for one."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from solo.admin import SingletonModelAdmin

from publishing.document_paths import document_models
from publishing.models import Review, ReviewSettings
from publishing.review_queue import due_reviews, unreviewed
from siteinfo.urls import admin_url

MAX_UNREVIEWED_SHOWN = 50


@admin.register(Review)
class ReviewRecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """All reviews, read-only. They are written on the review page of a text."""

    change_list_template = "admin/publishing/review/change_list.html"
    # Not those in admin/publishing/, which belong to documents.
    change_form_template = "admin/change_form.html"
    object_history_template = "admin/object_history.html"
    list_display = ("text_title", "outcome", "reviewer", "reviewed_on", "due_on", "pemat_result")
    list_display_links = None
    list_filter = ("outcome", ("reviewer", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("reviewer",)
    date_hierarchy = "reviewed_on"
    ordering = ("-reviewed_on", "-pk")
    list_per_page = 50
    fields = ("text_title", "outcome", "reviewer", "reviewed_on", "due_on", "text", "pemat_result")
    readonly_fields = ("text_title", "pemat_result")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: reviews are written on the review page of a text."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        """Return False: a later review replaces an earlier one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        """Return False: reviews are deleted with their text."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """Return the reviews of texts, with these texts."""
        reviews: QuerySet[Review] = super().get_queryset(request)
        kinds = ContentType.objects.get_for_models(*document_models()).values()
        return reviews.filter(content_type__in=kinds).prefetch_related("document")

    @admin.display(description="text")
    def text_title(self, review: Review) -> SafeString | str:
        """Return the title of the text, which leads to its review page."""
        document: Any = review.document
        if document is None:
            return "–"
        return format_html('<a href="{}">{}</a>', admin_url(document, "review"), document)

    @admin.display(description="PEMAT")
    def pemat_result(self, review: Review) -> str:
        """Return the two scores."""
        return " / ".join("–" if score is None else f"{score} %" for score in review.pemat_scores)

    def get_urls(self) -> list[URLPattern]:
        """Add the list of texts that are due."""
        view = self.admin_site.admin_view(self.due)
        return [path("due/", view, name="publishing_review_due"), *super().get_urls()]

    def due(self, request: HttpRequest) -> HttpResponse:
        """List the public texts that are due for a review, and those that no one has reviewed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        due = due_reviews(request.user)  # type: ignore[arg-type]
        groups = []
        for model in (each for each in document_models() if each.expects_review):
            rows = unreviewed(request.user, model)  # type: ignore[arg-type]
            count = rows.count()
            if count:
                name = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
                groups.append((f"{count:,} {name}", _with_urls(rows[:MAX_UNREVIEWED_SHOWN])))
        context = {
            **self.admin_site.each_context(request),
            "title": "Reviews due",
            "opts": self.opts,
            "due": [(row, admin_url(row.document, "review")) for row in due],
            "unreviewed": groups,
            "settings": ReviewSettings.load(),
        }
        return TemplateResponse(request, "admin/publishing/review/due.html", context)


def _with_urls(documents: Iterable[Any]) -> list[tuple[Any, str]]:
    return [(document, admin_url(document, "review")) for document in documents]


@admin.register(ReviewSettings)
class ReviewSettingsAdmin(SingletonModelAdmin):  # type: ignore[misc]  # a library without types
    """How often texts are reviewed."""
