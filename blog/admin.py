"""The blog on the writing desk."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.models import Author, User
from blog.models import Category, Post, Tag
from images.admin import WithImagePicker
from images.renditions import thumbnail
from prose.forms import ProseField


class PostForm(forms.ModelForm):
    """A post as a writer thinks of it. Publishing is a button, not a field."""

    body = ProseField(label="Text", required=False)

    class Meta:
        model = Post
        exclude = ("status",)  # noqa: DJ006 - the admin's fieldsets choose
        widgets = {
            "tldr": forms.Textarea(attrs={"rows": 4}),
            "excerpt": forms.Textarea(attrs={"rows": 3}),
            "categories": forms.CheckboxSelectMultiple,
        }

    def clean(self) -> dict[str, Any]:
        """Say before saving what publishing needs."""
        cleaned = super().clean() or {}
        if "_publish" in self.data:
            if not (cleaned.get("body") or "").strip():
                self.add_error("body", "Write something before you publish.")
            self.instance.status = Post.Status.PUBLISHED
        elif "_draft" in self.data:
            self.instance.status = Post.Status.DRAFT
        return cleaned


class StateFilter(admin.SimpleListFilter):
    """Draft, scheduled or published, as the list shows it."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("draft", "Drafts"), ("scheduled", "Scheduled"), ("published", "Published")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "draft":
            return queryset.filter(status=Post.Status.DRAFT)
        if self.value() == "scheduled":
            return queryset.scheduled()
        return queryset.published() if self.value() == "published" else queryset


@admin.register(Post)
class PostAdmin(WithImagePicker, admin.ModelAdmin):
    form = PostForm
    list_display = ("picture", "title", "state", "publish_time", "in_categories", "words")
    list_display_links = ("picture", "title")
    list_filter = (StateFilter, ("categories", admin.RelatedOnlyFieldListFilter))
    list_per_page = 50
    # Drafts first, then the newest: what a writer looks for.
    ordering = (F("published_at").desc(nulls_first=True), "-pk")
    show_full_result_count = False
    search_fields = ("title", "slug", "excerpt")
    actions = ("publish_now", "back_to_draft")
    fieldsets = (
        ("Write", {"fields": ("title", "body", "tldr", "excerpt")}),
        ("Picture", {"fields": ("featured_image",)}),
        ("Topics", {"fields": ("topic", "categories", "tags")}),
        ("When and who", {"fields": ("published_at", "author")}),
        ("Search engines", {"classes": ("collapse",), "fields": ("slug", "seo_title", "seo_description")}),
    )

    @admin.display(description="")
    def picture(self, post: Post) -> SafeString | str:
        if post.featured_image is None:
            return ""
        source = thumbnail(post.featured_image)
        return format_html('<img class="thumb" src="{}" alt="" width="96" height="64" loading="lazy">', source)

    @admin.display(description="state", ordering="status")
    def state(self, post: Post) -> SafeString:
        return format_html('<span class="state state--{}">{}</span>', post.state.lower(), post.state)

    @admin.display(description="date", ordering="published_at")
    def publish_time(self, post: Post) -> str:
        if post.published_at is None:
            return f"Edited {date_format(timezone.localtime(post.modified_at), 'M j, Y')}"
        return date_format(timezone.localtime(post.published_at), "M j, Y, H:i")

    @admin.display(description="categories")
    def in_categories(self, post: Post) -> str:
        return ", ".join(category.name for category in post.categories.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        queryset = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "blog_post_changelist":
            queryset = (
                queryset.select_related("featured_image").prefetch_related("categories").defer("body", "headings")
            )
        return queryset

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        author = Author.objects.filter(user=request.user.pk).first() or Author.objects.first()
        return {"author": author, **initial}

    def get_form(
        self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        # Nobody must fill in a profile before writing the first post: save_model makes one.
        form.base_fields["author"].required = Author.objects.exists()
        return form

    def save_model(self, request: HttpRequest, obj: Post, form: ModelForm, change: bool) -> None:
        if obj.author_id is None and isinstance(request.user, User):
            obj.author = Author.objects.of(request.user)
        if obj.status == Post.Status.PUBLISHED and obj.published_at is None:
            obj.published_at = timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.set_categories(form.instance.categories.all())

    def response_add(self, request: HttpRequest, obj: Post, post_url_continue: str | None = None) -> Any:
        return self._told(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Post) -> Any:
        return self._told(request, obj) or super().response_change(request, obj)

    def _told(self, request: HttpRequest, post: Post) -> HttpResponseRedirect | None:
        """After Publish, Back to draft and Save draft: stay with the post and say what readers see now."""
        if not {"_publish", "_draft", "_keep"} & request.POST.keys():
            return None
        if post.is_scheduled and post.published_at:
            when = date_format(timezone.localtime(post.published_at), "l, F j, Y, H:i")
            text = f"Scheduled. It goes live by itself on {when}."
        elif post.is_published:
            text = "Published. Readers can see it now."
        else:
            text = "Saved as a draft. Only you can see it."
        link = format_html('{} <a href="{}">{}</a>', text, post.get_absolute_url(), "Look at it")
        self.message_user(request, link, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:blog_post_change", args=[post.pk]))

    @admin.action(description="Publish now", permissions=["change"])
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Release the chosen drafts."""
        count = 0
        for post in queryset.filter(status=Post.Status.DRAFT):
            post.publish()
            count += 1
        self.message_user(request, f"{capfirst(_posts(count))} published.")

    @admin.action(description="Back to draft", permissions=["change"])
    def back_to_draft(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Take the chosen posts off the site, texts untouched."""
        count = queryset.exclude(status=Post.Status.DRAFT).update(status=Post.Status.DRAFT)
        self.message_user(request, f"{capfirst(_posts(count))} taken off the site. The texts are kept.")


def _posts(count: int) -> str:
    return "1 post" if count == 1 else f"{count} posts"


@admin.register(Category)
class CategoryAdmin(WithImagePicker, admin.ModelAdmin):
    list_display = ("name", "parent", "path", "position")
    list_editable = ("position",)
    list_select_related = ("parent",)
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("path",)
    fields = ("name", "slug", "parent", "description", "image", "position")


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
