"""The admin for posts."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Author, User
from blog.admin.bulk_edit import BulkEditAdmin, ChangeValue
from blog.admin.choices import share_choices
from blog.admin.content import ContentAdmin, ContentForm
from blog.admin.links import object_link
from blog.admin.post_filters import RECENT_DAYS, MissingFilter, MonthFilter, PostChangeList, UsedFilter
from blog.internal_links import broken_links, orphan_posts
from blog.models import LARGE_FIELDS, Category, Post, PostTemplate, Tag
from blog.views import post_context
from exercises.widgets import ChipChoices
from images.models import Image
from images.renditions import thumbnail_url
from plaintext.characters import strip_control_characters
from plaintext.numbers import parse_pk
from plaintext.slugs import slugify
from publishing.admin import DocumentAdmin
from publishing.admin_list import StatusFilter
from publishing.forms import DocumentForm, placeholder_slug
from publishing.visibility import linkable_by
from redirects.services import final_target
from siteinfo.autocomplete import AutocompleteMixin
from siteinfo.local_time import format_date, format_moment

MAX_TAG_LENGTH = 100
MAX_TAG_NAMES = 2000
# Rows of each kind in the report on links.
MAX_REPORTED = 200


class PostForm(ContentForm):
    """The form for a post."""

    class Meta(ContentForm.Meta):
        """The widgets and help texts of posts."""

        model = Post
        widgets = ContentForm.Meta.widgets | {
            "tldr": forms.Textarea(attrs={"rows": 4}),
            "categories": forms.CheckboxSelectMultiple,
            "body_regions": ChipChoices,
            "conditions": ChipChoices,
            "goals": ChipChoices,
        }

    def clean_tags(self) -> list[str]:
        """Return the tags without control characters. Raise ValidationError for one that is too long."""
        tags = [strip_control_characters(tag).strip() for tag in self.cleaned_data["tags"]]
        for tag in tags:
            if len(tag) > MAX_TAG_LENGTH:
                raise ValidationError(f"Shorten the tag “{tag[:40]}…” to {MAX_TAG_LENGTH} characters.")
        return [tag for tag in tags if tag]


class PostActionForm(ActionForm):
    """The actions on selected posts, with the category to put them into."""

    category = forms.ModelChoiceField(Category.objects.order_by("path"), required=False)


@admin.register(Post)
class PostAdmin(AutocompleteMixin, BulkEditAdmin, ContentAdmin):
    """Posts."""

    form = PostForm
    action_form = PostActionForm
    change_form_template = "admin/blog/post/change_form.html"
    change_list_template = "admin/blog/post/change_list.html"
    preview_url_name = "blog:preview"
    actions: tuple[str, ...] = (
        *DocumentAdmin.actions,
        "set_primary_category",
        "set_kind",
        "set_finder_entries",
        "feature",
        "unfeature",
    )
    list_display = (
        "thumbnail",
        "title",
        "status_label",
        "publication_date",
        "category_names",
        "word_count",
        "recent_views",
    )
    list_display_links = ("title",)
    list_filter = (
        StatusFilter,
        MissingFilter,
        MonthFilter,
        "is_featured",
        ("categories", UsedFilter),
        ("template", UsedFilter),
        ("body_regions", UsedFilter),
        ("author", UsedFilter),
    )
    list_per_page = 50
    # Drafts first, then the newest.
    ordering = (F("published_at").desc(nulls_first=True), "-pk")
    show_full_result_count = False
    search_fields = ("title__contains_folded", "slug__contains_folded", "excerpt__contains_folded")
    search_help_text = "Search titles, URLs and excerpts"
    fieldsets = (
        (None, {"fields": ("title", "body", "base_version", "autosave_key", "restored_from")}),
        (
            "Categories and tags",
            {"classes": ("collapse",), "fields": ("primary_category", "categories", "tags", "template")},
        ),
        ("Where does it hurt?", {"classes": ("collapse",), "fields": ("body_regions", "conditions", "goals")}),
        ("Featured image", {"classes": ("collapse",), "fields": ("featured_image",)}),
        ("Excerpt and TL;DR", {"classes": ("collapse",), "fields": ("excerpt", "tldr")}),
        ("Author", {"classes": ("collapse",), "fields": ("author", "is_featured")}),
        ("Series", {"classes": ("collapse",), "fields": ("series", "series_position")}),
        (
            "Search engines",
            {
                "classes": ("collapse",),
                "fields": ("slug", "seo_title", "seo_description", "canonical_url", "hides_from_search"),
            },
        ),
        ("Related posts", {"classes": ("collapse",), "fields": ("related_first", "related_second", "related_third")}),
        ("Gift for signing up", {"classes": ("collapse",), "fields": ("gift", "gift_file")}),
    )
    autocomplete_fields = ("related_first", "related_second", "related_third", "gift_file")

    # ---- The list ---------------------------------------------------------------------------------

    @admin.display(description="image")
    def thumbnail(self, post: Post) -> SafeString | str:
        """Return the featured image."""
        if post.featured_image is None:
            return ""
        source = thumbnail_url(post.featured_image)
        return format_html('<img class="thumb" src="{}" alt="" width="96" height="64" loading="lazy">', source)

    @admin.display(description="date", ordering="published_at")
    def publication_date(self, post: Post) -> str:
        """Return the time of publication, or the date of the last change."""
        if post.published_at is None:
            return f"Edited {format_date(post.modified_at)}"
        return format_moment(post.published_at)

    @admin.display(description="categories")
    def category_names(self, post: Post) -> str:
        """Return the names of the categories."""
        return ", ".join(category.name for category in post.categories.all())

    @admin.display(description=f"views in {RECENT_DAYS} days")
    def recent_views(self, post: Any) -> int:
        """Return the number of views added by PostChangeList."""
        return post.recent_views

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list with views."""
        return PostChangeList

    # ---- Permissions ------------------------------------------------------------------------------

    def has_feature_permission(self, request: HttpRequest) -> bool:
        """Let users who may change and publish all posts choose the featured post."""
        return self.may_change_all(request) and self.has_publish_permission(request)

    def hidden_fields(self, request: HttpRequest) -> frozenset[str]:
        """Add the author, which only users who edit all posts choose, and whether a post is featured."""
        hidden = super().hidden_fields(request)
        if not self.may_change_all(request):
            hidden |= {"author"}
        return hidden if self.has_feature_permission(request) else hidden | {"is_featured"}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer as related posts only those that the user may link to."""
        if db_field.related_model is Post:
            kwargs["queryset"] = linkable_by(request.user, Post.objects.all())
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.related_model is not Image and db_field.name not in self.autocomplete_fields:
            share_choices(request, field)
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Read the categories, body regions and the like once for all forms."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        share_choices(request, field)
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Return the posts the user may open. For the list, load what it shows and skip large columns."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            return linkable_by(request.user, Post.objects.all())
        queryset = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "blog_post_changelist":
            queryset = queryset.select_related("featured_image").prefetch_related("categories").defer("headings")
            if request.method == "GET":
                queryset = queryset.defer(*LARGE_FIELDS)
        return queryset

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Add the templates for new posts."""
        templates = PostTemplate.objects.defer("body")
        return super().changelist_view(request, {"post_templates": templates, **(extra_context or {})})

    @admin.action(description="Set primary category …", permissions=["change"])
    def set_primary_category(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Make the category selected next to the action the primary one. Other categories are kept."""
        category = Category.objects.filter(pk=request.POST.get("category") or 0).first()
        if category is None:
            self.message_user(request, "Select a category next to the action.", messages.WARNING)
            return

        def change(pks: list[int]) -> dict[str, ChangeValue]:
            through = Post.categories.through
            rows = [through(post_id=pk, category=category) for pk in pks]
            through.objects.bulk_create(rows, ignore_conflicts=True)
            Post.objects.filter(pk__in=pks).update(primary_category=category)
            return {
                "primary_category": lambda _: category.pk,
                "categories": lambda old: sorted({*old, category.pk}),
            }

        self.change_posts(request, queryset, change, f"moved to “{category}” as the primary category")

    @admin.action(description="Feature", permissions=["feature"])
    def feature(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Feature the selected posts. The home page starts with the newest featured post."""
        count = self.changeable(request, queryset).update(is_featured=True)
        self._report_count(request, count, "featured. The newest one is at the top of the home page")

    @admin.action(description="Stop featuring", permissions=["feature"])
    def unfeature(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Stop featuring the selected posts."""
        count = self.changeable(request, queryset).update(is_featured=False)
        self._report_count(request, count, "no longer featured")

    # ---- The report on links, and the names of tags ------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the report on links and the list of tags."""
        report = self.admin_site.admin_view(self.link_report)
        return [
            path("links/", report, name="blog_post_links"),
            self.route("tag-names/", self.tag_names, "tag_names"),
            *super().get_urls(),
        ]

    def tag_names(self, request: HttpRequest) -> JsonResponse:
        """Return the names of the tags, which the form suggests."""
        if not self.has_add_permission(request) and not self.has_change_permission(request):
            raise PermissionDenied
        names = Tag.objects.order_by("name").values_list("name", flat=True)[:MAX_TAG_NAMES]
        return JsonResponse(list(names), safe=False)

    def link_report(self, request: HttpRequest) -> HttpResponse:
        """List broken links and posts that nothing links to."""
        if not self.may_see_all(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Internal links",
            "opts": self.opts,
            "orphans": Paginator(orphan_posts(), MAX_REPORTED).page(1),
            "broken_links": [(link, object_link(link.source)) for link in broken_links()[:MAX_REPORTED]],
        }
        return TemplateResponse(request, "admin/blog/post/links.html", context)

    # ---- The form ---------------------------------------------------------------------------------

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start with the user as author, and with the content of the selected template."""
        template = _selected_template(request)
        content = {"body": template.body, "tldr": template.tldr, "template": template.pk} if template else {}
        return {"author": _author_of(request), **content, **super().get_changeform_initial_data(request)}

    def get_form(self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Make the author optional, and show the title hint of the selected template."""
        form = super().get_form(request, obj, change, **kwargs)
        # The first post must not require an author's profile: `save_model` creates one.
        if "tags" in form.base_fields:
            form.base_fields["tags"].widget.attrs["data-tag-names-url"] = self._url("tag_names")
        if "author" in form.base_fields:
            form.base_fields["author"].required = False
        if obj is None and (template := _selected_template(request)):
            form.base_fields["title"].widget.attrs["placeholder"] = template.title_hint
        return form

    def save_model(self, request: HttpRequest, obj: Post, form: ModelForm, change: bool) -> None:
        """Save, with a message if the URL redirected to another page before."""
        if obj.author_id is None:
            obj.author = self._author_for(request)
        target = ""
        if obj.is_published and "slug" in form.changed_data:
            target = final_target(obj.get_absolute_url())
        super().save_model(request, obj, form, change)
        if target:
            self.message_user(request, f"This URL used to redirect to {target}. It now shows this post.")

    def _author_for(self, request: HttpRequest) -> Author:
        """Return the author of a new post: the user, or for users without a profile who edit all posts the first."""
        author = _author_of(request) if self.may_change_all(request) else None
        return author or _create_author(request)

    def new_draft(self, request: HttpRequest, title: str) -> Post:
        """Create a draft for the first autosave of a new post."""
        post = Post(title=title or "Untitled", author=self._author_for(request), slug=placeholder_slug())
        post.save()
        return post

    def after_save(self, request: HttpRequest, document: Post, form: ModelForm) -> None:
        """Add the primary category to the categories."""
        document.set_categories(document.categories.all())

    def preview(self, request: HttpRequest, document: Post, form: DocumentForm | None) -> HttpResponse:
        """Render the post with the unsaved tags of `form`."""
        context = post_context(document, is_preview=True)
        if form is not None:
            names = form.cleaned_data.get("tags", [])
            context["tags"] = [Tag(name=name, slug=slugify(name, 90) or "tag") for name in names]
        return render(request, "blog/post_detail.html", context)


def _author_of(request: HttpRequest) -> Author | None:
    """Return the user's author profile, or the site's first author."""
    return Author.objects.filter(user=request.user.pk).first() or Author.objects.first()


def _create_author(request: HttpRequest) -> Author:
    assert isinstance(request.user, User)  # the admin requires a user
    return Author.objects.get_or_create_for(request.user)


def _selected_template(request: HttpRequest) -> PostTemplate | None:
    """Return the template named by `?template=`."""
    return PostTemplate.objects.filter(pk=parse_pk(request.GET.get("template")) or 0).first()
