"""The queue of suggestions on the writing desk."""

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Author
from feedback.models import HelpfulCount, Helpfulness, Suggestion
from siteinfo.urls import admin_url


class WaitingFilter(admin.SimpleListFilter):
    """What is to do; decided ones on request."""

    title = "decision"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("decided", "Decided")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = {"waiting": True, "decided": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(handled_at__isnull=wanted)


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):
    """Whoever may see or change suggestions does so with all; an author with those about the own posts."""

    list_display = ("__str__", "about", "kind", "state", "helpful", "created_at")
    list_filter = (WaitingFilter, "state", "kind", ("post", admin.RelatedOnlyFieldListFilter))
    # What waits stands first, the oldest of it on top.
    ordering = (F("handled_at").desc(nulls_first=True), "created_at", "pk")
    search_fields = ("words", "passage", "post__title")
    search_help_text = "Words of the suggestion, the passage or the post's title"
    actions = ("take_into_review", "accept", "decline")
    fieldsets = (
        ("What the reader wrote", {"fields": ("about", "kind", "passage", "words", "source", "name", "email")}),
        ("What you do", {"fields": ("state", "note")}),
        ("More", {"fields": ("helpful", "created_at", "handled_at")}),
    )
    readonly_fields = (
        *("about", "kind", "passage", "words", "source", "name", "email", "helpful", "created_at", "handled_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suggestion]:
        """Those this person may see, each with the post's counts as `yes` and `no`."""
        queryset: QuerySet[Suggestion] = super().get_queryset(request)
        if not self._may_see_all(request):
            queryset = queryset.filter(post__author__user=request.user.pk)
        counts = HelpfulCount.objects.filter(post=OuterRef("post")).order_by().values("post")
        sums = {name: Subquery(counts.annotate(sum=Sum(name)).values("sum")) for name in ("yes", "no")}
        return queryset.select_related("post__author").defer("post__body", "post__headings").annotate(**sums)

    # ---- Who may what -----------------------------------------------------------------------------

    def _may_see_all(self, request: HttpRequest) -> bool:
        return super().has_view_permission(request)

    def _is_own(self, request: HttpRequest, suggestion: Suggestion | None) -> bool:
        """Whether it is about a post of this person; without one, whether this person writes at all."""
        if suggestion is not None:
            return suggestion.post.author.user_id == request.user.pk
        return Author.objects.filter(user=request.user.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        return self._may_see_all(request) or self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        if super().has_change_permission(request, obj):
            return True
        # The list's actions are offered to authors only where the list holds nothing but what is theirs.
        return self._is_own(request, obj) and (obj is not None or not self._may_see_all(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    # ---- What is shown ------------------------------------------------------------------------------

    @admin.display(description="post", ordering="post__title")
    def about(self, suggestion: Suggestion) -> SafeString:
        address = admin_url(suggestion.post)
        return format_html('<a href="{}">{}</a>', address, suggestion.post)

    @admin.display(description="found it helpful")
    def helpful(self, suggestion: Any) -> str:
        yes, no = suggestion.yes or 0, suggestion.no or 0
        return str(Helpfulness(yes, yes + no)) if yes + no else "–"

    # ---- What can be done -----------------------------------------------------------------------------

    @admin.action(description="Take into review", permissions=["change"])
    def take_into_review(self, request: HttpRequest, queryset: Any) -> None:
        self._move(request, queryset, Suggestion.State.IN_REVIEW)

    @admin.action(description="Accept", permissions=["change"])
    def accept(self, request: HttpRequest, queryset: Any) -> None:
        self._move(request, queryset, Suggestion.State.ACCEPTED)

    @admin.action(description="Decline", permissions=["change"])
    def decline(self, request: HttpRequest, queryset: Any) -> None:
        self._move(request, queryset, Suggestion.State.DECLINED)

    def _move(self, request: HttpRequest, queryset: Any, state: Suggestion.State) -> None:
        number = Suggestion.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).move_to(state)
        words = "1 suggestion is" if number == 1 else f"{number} suggestions are"
        self.message_user(request, f"{words} now “{state.label.lower()}”.")
