"""The blog on the writing desk."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from solo.admin import SingletonModelAdmin

from accounts.models import Author, User
from blog import checklist, seo
from blog.admin.content import ContentAdmin, ContentForm
from blog.internal_links import broken_links, orphans
from blog.models import LARGE_FIELDS, UNPRINTABLE, Category, Post, PostTemplate, PublishingRules, Series, Snippet, Tag
from blog.models.views import PostViewCount
from blog.series import in_order
from images.admin import ImagePickerMixin
from images.renditions import thumbnail_url
from publishing.admin import DocumentAdmin
from publishing.admin_list import StatusFilter
from publishing.forms import DocumentForm, placeholder_slug
from redirects.services import final_target
from richtext.forms import RichTextField
from richtext.references import Reference
from siteinfo.urls import admin_url
from siteinfo.where_used import where_used

# Days of reading that the list of posts shows.
RECENT = 30
SHOWN_IN_REPORT = 200


class PostForm(ContentForm):
    """A post as a writer thinks of it."""

    class Meta(ContentForm.Meta):
        model = Post
        widgets = ContentForm.Meta.widgets | {
            "tldr": forms.Textarea(attrs={"rows": 4}),
            "categories": forms.CheckboxSelectMultiple,
        }
        help_texts = {"title": "What the post is about. Readers see it above the post, in lists and in searches."}

    def clean_tags(self) -> list[str]:
        """The keywords, printable and short enough for their column; ValidationError names one that is too long."""
        tags = [name for tag in self.cleaned_data["tags"] if (name := UNPRINTABLE.sub("", tag).strip())]
        for name in tags:
            if len(name) > 100:
                raise ValidationError(f"“{name[:40]}…” is too long for a keyword: at most 100 characters.")
        return tags


class MonthFilter(admin.SimpleListFilter):
    """The month of publication, on the site's calendar."""

    title = "month"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        months = Post.objects.filter(month__isnull=False).dates("month", "month", order="DESC")
        return [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        month = parse_date(f"{self.value()}-01") if self.value() else None
        return queryset.filter(month=month) if month else queryset


class MissingFilter(admin.SimpleListFilter):
    """Posts that lack something."""

    title = "what is missing"
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("picture", "Without picture"),
            ("category", "Without category"),
            ("excerpt", "Without excerpt"),
            ("blocked", "Something that blocks publishing"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        missing: dict[str, dict[str, Any]] = {
            "picture": {"featured_image": None},
            "category": {"primary_category": None},
            "excerpt": {"excerpt": ""},
        }
        if self.value() == "blocked":
            return queryset.filter(checklist.blocked())
        return queryset.filter(**missing.get(self.value() or "", {}))


class PostList(ChangeList):
    """The list of posts, each with how often it was read. One query for the page, however many posts there are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        reads = PostViewCount.objects.for_posts([post.pk for post in self.result_list], RECENT)
        for post in self.result_list:
            post.recent_reads = reads.get(post.pk, 0)


class PostActions(ActionForm):
    """What to do with the chosen posts; the category is for putting them into one."""

    category = forms.ModelChoiceField(Category.objects.order_by("path"), required=False)


def _writer(request: HttpRequest) -> Author:
    """Under whose name this person writes: the own profile, else the site's first, else a new one."""
    found = Author.objects.filter(user=request.user.pk).first() or Author.objects.first()
    if found is None and isinstance(request.user, User):
        found = Author.objects.get_or_create_for(request.user)
    assert found is not None  # the desk lets nobody in without an account
    return found


@admin.register(Post)
class PostAdmin(ContentAdmin):
    form = PostForm
    action_form = PostActions
    change_form_template = "admin/blog/post/change_form.html"
    change_list_template = "admin/blog/post/change_list.html"
    preview_url_name = "blog:preview"
    actions: tuple[str, ...] = (
        *DocumentAdmin.actions,
        "put_in_category",
        "lead_with_chosen",
        "stop_leading",
    )
    list_display = ("picture", "title", "status_label", "publish_time", "in_categories", "word_count", "reads")
    list_display_links = ("picture", "title")
    list_filter = (
        StatusFilter,
        MissingFilter,
        MonthFilter,
        "is_featured",
        ("categories", admin.RelatedOnlyFieldListFilter),
        ("author", admin.RelatedOnlyFieldListFilter),
    )
    list_per_page = 50
    # Drafts first, then the newest: what a writer looks for.
    ordering = (F("published_at").desc(nulls_first=True), "-pk")
    show_full_result_count = False
    search_fields = ("title", "slug", "excerpt")
    search_help_text = "Words of the title, the address or the excerpt"
    fieldsets = (
        ("Write", {"fields": ("title", "body", "tldr", "excerpt", "base_version", "autosave_key", "restored_from")}),
        ("Picture", {"fields": ("featured_image",)}),
        ("Topics", {"fields": ("primary_category", "categories", "tags", "series", "series_position")}),
        (
            "Search engines",
            {
                "classes": ("collapse",),
                "fields": ("slug", "seo_title", "seo_description", "canonical_url", "hides_from_search"),
            },
        ),
    )
    autocomplete_fields = ("related_first", "related_second", "related_third")
    writing_fieldset = (
        "More",
        {
            "fields": (
                "published_at",
                "author",
                "is_featured",
                "related_first",
                "related_second",
                "related_third",
                "note",
                "is_update",
                "publish_changes_at",
            )
        },
    )

    @admin.display(description="")
    def picture(self, post: Post) -> SafeString | str:
        if post.featured_image is None:
            return ""
        source = thumbnail_url(post.featured_image)
        return format_html('<img class="thumb" src="{}" alt="" width="96" height="64" loading="lazy">', source)

    @admin.display(description="date", ordering="published_at")
    def publish_time(self, post: Post) -> str:
        if post.published_at is None:
            return f"Edited {date_format(timezone.localtime(post.modified_at), 'M j, Y')}"
        return date_format(timezone.localtime(post.published_at), "M j, Y, H:i")

    @admin.display(description="categories")
    def in_categories(self, post: Post) -> str:
        return ", ".join(category.name for category in post.categories.all())

    @admin.display(description=f"reads in {RECENT} days")
    def reads(self, post: Any) -> int:
        return post.recent_reads

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PostList

    def get_urls(self) -> list[URLPattern]:
        report = self.admin_site.admin_view(self.link_report)
        return [path("links/", report, name="blog_post_links"), *super().get_urls()]

    def link_report(self, request: HttpRequest) -> HttpResponse:
        """Posts that nothing links to, and links that lead nowhere. A fixed number of queries."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Links within the site",
            "opts": self.opts,
            "orphans": Paginator(orphans(), SHOWN_IN_REPORT).page(1),
            "broken": [(link, _link(link.holder)) for link in broken_links()[:SHOWN_IN_REPORT]],
        }
        return TemplateResponse(request, "admin/blog/post/links.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        queryset = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "blog_post_changelist":
            queryset = queryset.select_related("featured_image").prefetch_related("categories").defer("headings")
            if request.method == "GET":
                queryset = queryset.defer(*LARGE_FIELDS)
        return queryset

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        author = Author.objects.filter(user=request.user.pk).first() or Author.objects.first()
        template = _template(request)
        start = {"body": template.body, "tldr": template.tldr} if template else {}
        return {"author": author, **start, **initial}

    def get_form(self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        # Nobody must fill in a profile before writing: an empty choice means the writer's own, made if need be.
        form.base_fields["author"].required = False
        if obj is None and (template := _template(request)):
            form.base_fields["title"].widget.attrs["placeholder"] = template.title_hint
        return form

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        templates = PostTemplate.objects.defer("body")
        return super().changelist_view(request, {"post_templates": templates, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Post, form: ModelForm, change: bool) -> None:
        if obj.author_id is None:
            obj.author = _writer(request)
        led_to = final_target(obj.get_absolute_url()) if obj.is_published and "slug" in form.changed_data else ""
        super().save_model(request, obj, form, change)
        if led_to:
            self.message_user(request, f"This address led to {led_to} until now. Readers find this post there.")

    def new_draft(self, request: HttpRequest, title: str) -> Post:
        post = Post(title=title or "Untitled", author=_writer(request), slug=placeholder_slug())
        post.save()
        return post

    @admin.action(description="Put in category …", permissions=["change"])
    def put_in_category(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Make the chosen category the main one; the others stay."""
        category = Category.objects.filter(pk=request.POST.get("category") or 0).first()
        if category is None:
            self.message_user(request, "Choose the category beside the action.", messages.WARNING)
            return
        keys = list(queryset.values_list("pk", flat=True))
        places = Post.categories.through
        places.objects.bulk_create([places(post_id=key, category=category) for key in keys], ignore_conflicts=True)
        # A new version, so that a form opened before cannot put the old category back unseen.
        Post.objects.filter(pk__in=keys).update(
            primary_category=category, version=F("version") + 1, modified_at=timezone.now()
        )
        self._say_count(request, len(keys), f"now in “{category}”, as the main category")

    @admin.action(description="Lead the home page with it", permissions=["change"])
    def lead_with_chosen(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Feature the chosen posts; the newest of all featured ones leads."""
        self._say_count(request, queryset.update(is_featured=True), "featured. The newest one leads the home page")

    @admin.action(description="Lead the home page with it no more", permissions=["change"])
    def stop_leading(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Feature the chosen posts no more."""
        self._say_count(request, queryset.update(is_featured=False), "not featured any more")

    def after_saving(self, request: HttpRequest, document: Post, form: ModelForm) -> None:
        document.set_categories(document.categories.all())

    def preview(self, request: HttpRequest, document: Post, form: DocumentForm | None) -> HttpResponse:
        if form is not None:
            # The unsaved choice of related rows, where the page's own queries would look.
            tags = [
                Tag(name=name, slug=slugify(name, allow_unicode=True) or "tag")
                for name in form.cleaned_data.get("tags", [])
            ]
            document._prefetched_objects_cache = {"tags": tags}
        meta = seo.of_post(document, is_public=False)
        context = {"post": document, "around": document.surroundings(), "meta": meta, "is_preview": True}
        return render(request, "blog/post_detail.html", context)


def _template(request: HttpRequest) -> PostTemplate | None:
    """The template that `?template=` names."""
    key = request.GET.get("template", "")
    return PostTemplate.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None


@admin.register(Category)
class CategoryAdmin(ImagePickerMixin, admin.ModelAdmin):
    list_display = ("name", "parent", "path", "position")
    list_editable = ("position",)
    list_select_related = ("parent",)
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("path",)
    fields = ("name", "slug", "parent", "description", "image", "position")


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    """Keywords. Most are made by typing them into a post."""

    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    actions = ("merge",)

    @admin.action(description="Merge into one", permissions=["change", "delete"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse | None:
        """Ask which of the chosen tags stays; then move the posts of the others there and end those."""
        tags = list(queryset.annotate(post_count=Count("tagged_posts")).order_by("-post_count", "name"))
        stays = next((tag for tag in tags if str(tag.pk) == request.POST.get("keep")), None)
        if len(tags) < 2:
            self.message_user(request, "Choose at least two keywords to merge.", messages.WARNING)
            return None
        if stays is None:
            context = {**self.admin_site.each_context(request), "title": "Merge keywords", "opts": self.opts}
            return TemplateResponse(request, "admin/blog/tag/merge.html", {**context, "tags": tags})
        others = [tag for tag in tags if tag != stays]
        names = ", ".join(f"“{tag}”" for tag in others)
        stays.merge(others)
        self.log_change(request, stays, f"Merged with {names}.")
        self.message_user(request, f"“{stays}” has the posts of {names} now. Their addresses lead to it.")
        return None

    def get_form(self, request: HttpRequest, obj: Tag | None = None, change: bool = False, **kwargs: Any) -> Any:
        words = {"name": "As readers see it below a post.", "slug": "The last part of the keyword's address."}
        return super().get_form(request, obj, change, **{**kwargs, "help_texts": words})


class PartInline(admin.TabularInline):
    """The parts of a series, by number. A post joins a series in its own form."""

    model = Post
    fields = ("series_position", "status_label")
    readonly_fields = ("status_label",)
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = "parts"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        return in_order(Post.objects.not_trashed().defer("body", "headings"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Series)
class SeriesAdmin(ImagePickerMixin, admin.ModelAdmin):
    list_display = ("title", "slug")
    search_fields = ("title",)
    prepopulated_fields = {"slug": ("title",)}
    fields = ("title", "description", "image", "slug")

    def get_inlines(self, request: HttpRequest, obj: Series | None) -> list[Any]:
        return [PartInline] if obj else []


class PassageForm(forms.ModelForm):
    """A text that is not a post, written in the same editor."""

    body = RichTextField(label="Text", help_text="Written as a post is, with headings, lists, boxes and pictures.")


@admin.register(Snippet)
class SnippetAdmin(admin.ModelAdmin):
    form = PassageForm
    list_display = ("name",)
    search_fields = ("name", "body")
    fields = ("name", "body")
    change_form_template = "admin/blog/snippet/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.as_json)
        return [path("list/", view, name="blog_snippet_list"), *super().get_urls()]

    def as_json(self, request: HttpRequest) -> JsonResponse:
        """All snippets, for the editor's menu."""
        return JsonResponse(list(Snippet.objects.values("id", "name")), safe=False)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        snippet = kwargs.get("obj")
        context["where_used"] = where_used(Reference.objects.to(snippet)) if snippet else []
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, list[Any]]:
        """As Django's, but whatever shows a snippet protects it, and is named with a link."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        named = [
            format_html("“{}” is used in {}", snippet, _link(used.source))
            for snippet in objs
            for used in where_used(Reference.objects.to(snippet))
        ]
        return deleted, counts, lacking, [*protected, *named]


def _link(row: Model) -> SafeString:
    """A row's kind and name, leading to where it is changed."""
    kind = row._meta.verbose_name
    try:
        address = admin_url(row)
    except NoReverseMatch:
        return format_html("the {} “{}”", kind, row)
    return format_html('the {} <a href="{}">“{}”</a>', kind, address, row)


@admin.register(PostTemplate)
class PostTemplateAdmin(admin.ModelAdmin):
    form = PassageForm
    list_display = ("name", "description")
    search_fields = ("name",)
    fields = ("name", "description", "title_hint", "body", "tldr")


class RulesForm(forms.ModelForm):
    """A choice for each check of the list."""

    class Meta:
        model = PublishingRules
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {check.id: self.instance.severity(check) for check in checklist.CHECKS}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.instance.severities = {check.id: cleaned.get(check.id, check.severity) for check in checklist.CHECKS}
        return cleaned


def _choice(check: checklist.Check) -> forms.ChoiceField:
    usual = f"Usually: {check.severity.label.lower()}."
    return forms.ChoiceField(choices=checklist.Severity, label=check.title, help_text=usual, widget=forms.RadioSelect)


@admin.register(PublishingRules)
class PublishingRulesAdmin(SingletonModelAdmin):
    form = type("EveryRuleForm", (RulesForm,), {check.id: _choice(check) for check in checklist.CHECKS})
    fieldsets = (
        (
            "Before a post is published",
            {
                "fields": [check.id for check in checklist.CHECKS],
                "description": "“Block” refuses to publish until it is mended. “Warn” publishes and reminds you.",
            },
        ),
    )
