"""The blog on the writing desk."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from accounts.models import Author, User
from blog.models import Category, Post, Tag
from drafts.admin import DocumentAdmin, StateFilter
from drafts.forms import DocumentForm
from images.admin import WithImagePicker
from images.renditions import thumbnail
from prose.forms import ProseField


UNTITLED = "untitled-"


class PostForm(DocumentForm):
    """A post as a writer thinks of it."""

    body = ProseField(label="Text", required=False)

    class Meta:
        model = Post
        exclude = ()
        widgets = {
            "tldr": forms.Textarea(attrs={"rows": 4}),
            "excerpt": forms.Textarea(attrs={"rows": 3}),
            "categories": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.slug.startswith(UNTITLED):
            # The address that the first autosave had to invent; the title gives a better one.
            self.initial["slug"] = ""


@admin.register(Post)
class PostAdmin(WithImagePicker, DocumentAdmin):
    form = PostForm
    preview_url_name = "blog:preview"
    list_display = ("picture", "title", "state", "publish_time", "in_categories", "words")
    list_display_links = ("picture", "title")
    list_filter = (StateFilter, ("categories", admin.RelatedOnlyFieldListFilter))
    list_per_page = 50
    # Drafts first, then the newest: what a writer looks for.
    ordering = (F("published_at").desc(nulls_first=True), "-pk")
    show_full_result_count = False
    search_fields = ("title", "slug", "excerpt")
    fieldsets = (
        ("Write", {"fields": ("title", "body", "tldr", "excerpt", "base_version", "copy_key", "copy_from")}),
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
            queryset = queryset.select_related("featured_image").prefetch_related("categories").defer("headings")
            if request.method == "GET":
                queryset = queryset.defer("body", "headings")
        return queryset

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        author = Author.objects.filter(user=request.user.pk).first() or Author.objects.first()
        return {"author": author, **initial}

    def get_form(self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        # Nobody must fill in a profile before writing the first post: save_model makes one.
        form.base_fields["author"].required = Author.objects.exists()
        return form

    def save_model(self, request: HttpRequest, obj: Post, form: ModelForm, change: bool) -> None:
        if obj.author_id is None and isinstance(request.user, User):
            obj.author = Author.objects.of(request.user)
        super().save_model(request, obj, form, change)

    def new_draft(self, request: HttpRequest, title: str) -> Post:
        author = Author.objects.filter(user=request.user.pk).first() or Author.objects.first()
        if author is None and isinstance(request.user, User):
            author = Author.objects.of(request.user)
        post = Post(title=title or "Untitled", author=author, slug=f"{UNTITLED}{uuid4().hex[:12]}")
        post.save()
        return post

    def after_saving(self, request: HttpRequest, document: Post, form: ModelForm) -> None:
        document.set_categories(document.categories.all())

    def preview(self, request: HttpRequest, document: Post, form: DocumentForm | None) -> HttpResponse:
        if form is not None:
            # The unsaved choice of related rows, where the page's own queries would look.
            tags = [Tag(name=name, slug=slugify(name, allow_unicode=True) or "tag") for name in form.cleaned_data.get("tags", [])]
            document._prefetched_objects_cache = {"tags": tags}  # type: ignore[attr-defined]
        return render(request, "blog/post_detail.html", {"post": document, "around": None, "is_preview": True})


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
