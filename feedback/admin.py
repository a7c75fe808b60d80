"""Admin for suggestions."""

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Author
from feedback.models import HelpfulCount, Helpfulness, Suggestion
from siteinfo.urls import admin_url


class DecisionFilter(admin.SimpleListFilter):
    """Filter open and decided suggestions."""

    title = "decision"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("open", "Open"), ("decided", "Decided")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the suggestions of the choice."""
        wanted = {"open": True, "decided": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(handled_at__isnull=wanted)


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):
    """Suggestions. Users without the permissions see and edit only those about their own posts."""

    list_display = ("__str__", "about", "kind", "status", "helpful", "created_at")
    list_filter = (DecisionFilter, "status", "kind", ("post", admin.RelatedOnlyFieldListFilter))
    # Open suggestions first, oldest first.
    ordering = (F("handled_at").desc(nulls_first=True), "created_at", "pk")
    search_fields = ("words__contains_folded", "passage__contains_folded", "post__title__contains_folded")
    search_help_text = "Search suggestions, passages and post titles"
    actions = ("mark_in_review", "accept", "decline")
    fieldsets = (
        ("Suggestion", {"fields": ("about", "kind", "passage", "words", "source", "name", "email")}),
        ("Decision", {"fields": ("status", "note")}),
        ("More", {"fields": ("helpful", "created_at", "handled_at")}),
    )
    readonly_fields = (
        *("about", "kind", "passage", "words", "source", "name", "email", "helpful", "created_at", "handled_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suggestion]:
        """Return the suggestions the user may see, with the answer counts of their posts as `yes` and `no`."""
        queryset: QuerySet[Suggestion] = super().get_queryset(request)
        if not self._may_see_all(request):
            queryset = queryset.filter(post__author__user=request.user.pk)
        counts = HelpfulCount.objects.filter(post=OuterRef("post")).order_by().values("post")
        sums = {name: Subquery(counts.annotate(sum=Sum(name)).values("sum")) for name in ("yes", "no")}
        return queryset.select_related("post__author").defer("post__body", "post__headings").annotate(**sums)

    def _may_see_all(self, request: HttpRequest) -> bool:
        return super().has_view_permission(request)

    def _is_own(self, request: HttpRequest, suggestion: Suggestion | None) -> bool:
        """Return whether the suggestion is about a post of the user; without one, whether the user is an author."""
        if suggestion is not None:
            return suggestion.post.author.user_id == request.user.pk
        return Author.objects.filter(user=request.user.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to everyone who may see suggestions."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        """Allow authors to see suggestions about their posts."""
        return self._may_see_all(request) or self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        """Allow authors to change suggestions about their posts."""
        if super().has_change_permission(request, obj):
            return True
        # Without an object, Django asks for list actions: offer them only if the list is limited to own posts.
        return self._is_own(request, obj) and (obj is not None or not self._may_see_all(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only visitors add suggestions."""
        return False

    @admin.display(description="post", ordering="post__title")
    def about(self, suggestion: Suggestion) -> SafeString:
        """Return a link to the post."""
        return format_html('<a href="{}">{}</a>', admin_url(suggestion.post), suggestion.post)

    @admin.display(description="found it helpful")
    def helpful(self, suggestion: Any) -> str:
        """Return how many visitors found the post helpful."""
        yes, no = suggestion.yes or 0, suggestion.no or 0
        return str(Helpfulness(yes, yes + no)) if yes + no else "–"

    @admin.action(description="Mark as in review", permissions=["change"])
    def mark_in_review(self, request: HttpRequest, queryset: Any) -> None:
        """Mark the selected suggestions as in review."""
        self._set_status(request, queryset, Suggestion.Status.IN_REVIEW)

    @admin.action(description="Accept", permissions=["change"])
    def accept(self, request: HttpRequest, queryset: Any) -> None:
        """Accept the selected suggestions."""
        self._set_status(request, queryset, Suggestion.Status.ACCEPTED)

    @admin.action(description="Decline", permissions=["change"])
    def decline(self, request: HttpRequest, queryset: Any) -> None:
        """Decline the selected suggestions."""
        self._set_status(request, queryset, Suggestion.Status.DECLINED)

    def _set_status(self, request: HttpRequest, queryset: Any, status: Suggestion.Status) -> None:
        rows = Suggestion.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        count = rows.set_status(status)
        self.message_user(request, f"Marked {count} suggestion{pluralize(count)} as {status.label.lower()}.")
