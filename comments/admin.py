"""Admin for moderating comments, answering them, and their settings."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from solo.admin import SingletonModelAdmin

from accounts.models import Author, User
from blog.models import Post
from comments.bodies import sanitize_comment
from comments.models import MAX_LENGTH, Comment, CommentSettings, Discussion
from pagecache.invalidation import invalidate_only
from pages.models import Page
from plaintext.numbers import parse_pk
from siteinfo.urls import admin_url

Status = Comment.Status
_DOCUMENTS: dict[str, type[Post | Page]] = {"post": Post, "page": Page}


class StatusFilter(admin.SimpleListFilter):
    """Filter by status: pending comments unless another one is chosen."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [*((status.value, str(status.label)) for status in Status), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the comments with the chosen status."""
        chosen = self.value() or Status.PENDING
        return queryset if chosen == "all" else queryset.filter(status=chosen)


class DocumentFilter(admin.SimpleListFilter):
    """Filter by the post or page in the query string, which links set. A list of all posts would be too long."""

    title = "post"
    parameter_name = "post"
    kind = "post"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the chosen document, if any."""
        chosen = request.GET.get(self.parameter_name)
        return [(chosen, chosen)] if chosen else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the comments on the chosen document."""
        return queryset.filter(**{f"discussion__{self.kind}": parse_pk(self.value()) or 0})


class PageFilter(DocumentFilter):
    """Filter by page."""

    title = parameter_name = kind = "page"


class CommentForm(forms.ModelForm):
    """Edit a comment, such as to remove health data from it."""

    class Meta:
        """The fields."""

        model = Comment
        fields = ("status", "name", "website", "body")
        help_texts = {"body": "Paragraphs, line breaks and links, as HTML. Everything else becomes plain text."}

    def clean_body(self) -> str:
        """Return sanitized HTML."""
        return sanitize_comment(self.cleaned_data["body"])


class ReplyForm(forms.Form):
    """An answer, written in the list."""

    text = forms.CharField(max_length=MAX_LENGTH, error_messages={"required": "Enter your reply."})


class AccessForm(forms.ModelForm):
    """Whether one post or page accepts comments."""

    class Meta:
        """The field."""

        model = Discussion
        fields = ("access",)
        widgets = {"access": forms.RadioSelect}


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    """The moderation list. Authors without the permission see and moderate the comments on their own posts."""

    form = CommentForm
    change_list_template = "admin/comments/change_list.html"
    list_filter = (StatusFilter, DocumentFilter, PageFilter)
    list_display_links = None
    list_per_page = 30
    show_full_result_count = False
    ordering = ("-posted_at", "-pk")
    search_fields = ("name__contains_folded", "email__contains_folded", "body__contains_folded")
    search_help_text = "Search names, email addresses and comments"
    actions = ("approve", "mark_spam", "move_to_trash", "make_pending")
    fields = ("about", "status", "name", "email", "website", "body", "posted_at", "held_because")
    readonly_fields = ("about", "email", "posted_at", "held_because")

    # ---- Who may moderate -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        """Return the comments that the user may see."""
        queryset: Any = super().get_queryset(request)
        if not super().has_view_permission(request):
            queryset = queryset.filter(discussion__post__author__user=request.user.pk)
        rows: QuerySet[Comment] = queryset.with_document().select_related("author", "parent__author")
        return rows

    def _is_own(self, request: HttpRequest, comment: Comment | None) -> bool:
        """Return whether the comment is on a post of the user, who publishes posts; without one, whether any can be."""
        if not request.user.has_perm("blog.publish_post"):
            return False
        if comment is None:
            return Author.objects.filter(user=request.user.pk).exists()
        post = comment.discussion.post
        return post is not None and post.author.user_id == request.user.pk

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to everyone who may see comments."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        """Allow authors to see the comments on their posts."""
        return super().has_view_permission(request) or self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        """Allow authors to moderate the comments on their posts."""
        return super().has_change_permission(request, obj) or self._is_own(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: visitors write comments, and authors answer them in the list."""
        return False

    # ---- The list ---------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show each comment as a card."""
        return (self._card(request),)

    def _card(self, request: HttpRequest) -> Callable[[Comment], SafeString]:
        can_delete = self.has_delete_permission(request)

        @admin.display(description="comment")
        def card(comment: Comment) -> SafeString:
            context = {
                "comment": comment,
                "document": comment.discussion.document,
                "document_kind": "post" if comment.discussion.post else "page",
                "next": request.get_full_path(),
                "can_delete": can_delete,
            }
            return render_to_string("admin/comments/_card.html", context)

        return card

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Add a tab for each status, with the number of comments."""
        chosen = request.GET.get("status") or Status.PENDING.value
        counts = dict(self.get_queryset(request).order_by().values_list("status").annotate(Count("pk")))
        tabs = [
            {
                "label": label,
                "count": counts.get(status, 0),
                "url": admin_url(Comment, query={"status": status}),
                "is_current": status == chosen,
            }
            for status, label in Status.choices
        ]
        all_url = admin_url(Comment, query={"status": "all"})
        tabs.append({"label": "All", "count": sum(counts.values()), "url": all_url, "is_current": chosen == "all"})
        context = {"tabs": tabs, "settings": CommentSettings.load(), "document": self._chosen_document(request)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def _chosen_document(self, request: HttpRequest) -> Post | Page | None:
        for kind, model in _DOCUMENTS.items():
            if pk := parse_pk(request.GET.get(kind)):
                return model._default_manager.filter(pk=pk).defer("body", "headings").first()
        return None

    @admin.action(description="Approve", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: Any) -> None:
        """Approve the selected comments."""
        self._moderate(request, queryset, Status.APPROVED)

    @admin.action(description="Mark as spam", permissions=["change"])
    def mark_spam(self, request: HttpRequest, queryset: Any) -> None:
        """Mark the selected comments as spam."""
        self._moderate(request, queryset, Status.SPAM)

    @admin.action(description="Move to trash", permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: Any) -> None:
        """Move the selected comments to the trash."""
        self._moderate(request, queryset, Status.TRASH)

    @admin.action(description="Make pending", permissions=["change"])
    def make_pending(self, request: HttpRequest, queryset: Any) -> None:
        """Let the selected comments wait for a decision again."""
        self._moderate(request, queryset, Status.PENDING)

    def _moderate(self, request: HttpRequest, queryset: Any, status: Comment.Status) -> None:
        count = queryset.moderate(status)
        done = {
            Status.APPROVED: "Approved",
            Status.SPAM: "Marked as spam",
            Status.TRASH: "Moved to the trash",
            Status.PENDING: "Made pending",
        }
        self.message_user(request, f"{done[status]}: {count} comment{pluralize(count)}.", messages.SUCCESS)

    # ---- One comment ------------------------------------------------------------------------------

    @admin.display(description="on")
    def about(self, comment: Comment) -> str:
        """Return the title of the post or page."""
        return str(comment.discussion.document)

    def get_urls(self) -> list[URLPattern]:
        """Add what the buttons of the list do, and the switch of a post or page."""
        views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "moderate": ("<int:pk>/moderate/", require_POST(self.moderate_view)),
            "reply": ("<int:pk>/reply/", require_POST(self.reply_view)),
            "post_access": ("access/post/<int:pk>/", partial(self.access_view, Post)),
            "page_access": ("access/page/<int:pk>/", partial(self.access_view, Page)),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"comments_comment_{name}")
            for name, (route, view) in views.items()
        ]
        return [*own, *super().get_urls()]

    def moderate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give one comment the status of the button, and return to the list."""
        comment = self._changeable_or_404(request, pk)
        status = request.POST.get("status", "")
        if status in Status:
            self._moderate(request, Comment.objects.filter(pk=pk), Status(status))
            self.log_change(request, comment, f"Status: {status}")
        return self._back_to_list(request)

    def reply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer one comment, approve it, and return to the list."""
        comment = self._changeable_or_404(request, pk)
        form = ReplyForm({"text": request.POST.get(f"reply-{pk}", "")})
        if form.is_valid():
            assert isinstance(request.user, User)  # the admin requires a user
            answer = comment.reply(Author.objects.get_or_create_for(request.user), form.cleaned_data["text"])
            self.log_addition(request, answer, "Reply")
            self.message_user(request, "Your reply is shown below the comment.", messages.SUCCESS)
        else:
            self.message_user(request, " ".join(map(str, form.errors["text"])), messages.ERROR)
        return self._back_to_list(request)

    def _changeable_or_404(self, request: HttpRequest, pk: int) -> Comment:
        comment = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, comment):
            raise PermissionDenied
        return comment

    def _back_to_list(self, request: HttpRequest) -> HttpResponseRedirect:
        url = request.POST.get("next", "")
        is_own = url_has_allowed_host_and_scheme(url, None) and url.startswith(admin_url(Comment))
        return HttpResponseRedirect(url if is_own else admin_url(Comment))

    def save_model(self, request: HttpRequest, obj: Comment, form: Any, change: bool) -> None:
        """Save the edited comment. A changed status is a decision."""
        status = Status(obj.status)
        with invalidate_only(obj.discussion.cache_path):
            Comment.objects.filter(pk=obj.pk).update(name=obj.name, website=obj.website, body=obj.body)
        Comment.objects.filter(pk=obj.pk).moderate(status)

    def access_view(self, model: type[Post | Page], request: HttpRequest, pk: int) -> HttpResponse:
        """Open or close the comments of one post or page."""
        document: Any = get_object_or_404(model._default_manager.defer("body", "headings"), pk=pk)
        discussion = Discussion.objects.of(document)
        if not (super().has_change_permission(request) or self._is_own(request, Comment(discussion=discussion))):
            raise PermissionDenied
        form = AccessForm(request.POST or None, instance=discussion)
        if request.method == "POST" and form.is_valid():
            discussion = Discussion.objects.get_or_create_of(document)
            with invalidate_only(discussion.cache_path):
                Discussion.objects.filter(pk=discussion.pk).update(access=form.cleaned_data["access"])
            self.log_change(request, document, f"Comments: {form.cleaned_data['access'] or 'as the settings say'}")
            self.message_user(request, f"Comments on “{document}”: {discussion_label(form)}.", messages.SUCCESS)
            return HttpResponseRedirect(admin_url(document))
        context = self.admin_site.each_context(request) | {
            "title": f"Comments on “{document}”",
            "opts": self.opts,
            "form": form,
            "document": document,
            "settings": CommentSettings.load(),
        }
        return TemplateResponse(request, "admin/comments/access.html", context)


def discussion_label(form: AccessForm) -> str:
    """Return the chosen label in lower case."""
    return str(Discussion.Access(form.cleaned_data["access"]).label).lower()


@admin.register(CommentSettings)
class CommentSettingsAdmin(SingletonModelAdmin):
    """The single row of comment settings."""

    fieldsets = (
        (None, {"fields": ("is_enabled", "close_after_days", "sends_email")}),
        ("Spam", {"fields": ("max_links", "spam_words")}),
    )
