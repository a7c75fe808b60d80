"""The admin for categories, tags and series."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from blog.delete_category import move_posts, posts_of
from blog.models import Category, Post, Series, Tag
from images.admin import ImagePickerMixin
from siteinfo.list_forms import LabeledListAdmin


class MovePostsForm(forms.Form):
    """Where the posts of a category go when it is deleted."""

    def __init__(self, category: Category, data: Any = None) -> None:
        """Offer the other categories."""
        super().__init__(data)
        others = Category.objects.exclude(pk=category.pk).order_by("path")
        self.fields["move_to"] = forms.ModelChoiceField(
            others,
            label="Move its posts to",
            help_text="Visitors of the old URL are redirected there, too.",
        )


@admin.register(Category)
class CategoryAdmin(ImagePickerMixin, LabeledListAdmin):
    """Categories, listed as a tree."""

    list_display = ("name", "parent", "path", "position")
    list_editable = ("position",)
    list_select_related = ("parent",)
    search_fields = ("name__contains_folded",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("path",)
    fields = ("name", "slug", "parent", "description", "image", "disclaimer", "position")

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Leave out the deletion of several at once: each needs a category for its posts."""
        actions: dict[str, Any] = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, list[Any]]:
        """Count only subcategories as obstacles: posts are moved first."""
        deleted, counts, _, _ = super().get_deleted_objects(objs, request)
        children = [str(child) for each in objs for child in each.children.all()]
        return deleted, counts, set(), children

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Ask where the posts of the category should go."""
        category = self.get_object(request, unquote(object_id))
        if category is None or not self.has_delete_permission(request, category):
            return super().delete_view(request, object_id, extra_context)
        posts = posts_of(category).count()
        form = MovePostsForm(category, request.POST or None) if posts else None
        if form and request.method == "POST" and not form.is_valid():
            self.message_user(request, "Choose another category for the posts first.", messages.ERROR)
            return HttpResponseRedirect(request.path)
        return super().delete_view(request, object_id, {"move_form": form, "post_count": posts})

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        """Move the posts and redirect the URL, if there are posts, then delete the category."""
        form = MovePostsForm(obj, request.POST)
        with transaction.atomic():
            if form.is_valid():
                move_posts(obj, form.cleaned_data["move_to"])
            super().delete_model(request, obj)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    """Tags. Most are created by typing them into a post."""

    list_display = ("name", "slug")
    search_fields = ("name__contains_folded",)
    prepopulated_fields = {"slug": ("name",)}
    actions = ("merge",)

    @admin.action(description="Merge tags", permissions=["change", "delete"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse | None:
        """Ask which of the selected tags to keep, then merge the others into it."""
        tags = list(queryset.annotate(post_count=Count("tagged_posts")).order_by("-post_count", "name"))
        if len(tags) < 2:
            self.message_user(request, "Select at least two tags to merge.", messages.WARNING)
            return None
        target = next((tag for tag in tags if str(tag.pk) == request.POST.get("keep")), None)
        if target is None:
            context = {**self.admin_site.each_context(request), "title": "Merge tags", "opts": self.opts, "tags": tags}
            return TemplateResponse(request, "admin/blog/tag/merge.html", context)
        others = [tag for tag in tags if tag != target]
        names = ", ".join(f"“{tag}”" for tag in others)
        target.merge(others)
        self.log_change(request, target, f"Merged with {names}.")
        self.message_user(request, f"Merged {names} into “{target}”. Their URLs redirect to it.", messages.SUCCESS)
        return None

    def get_form(self, request: HttpRequest, obj: Tag | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Set help texts, which the fields of taggit's base class do not have."""
        help_texts = {"name": "Shown below posts.", "slug": "The last part of the tag's URL."}
        return super().get_form(request, obj, change, **{**kwargs, "help_texts": help_texts})


class SeriesPartInline(admin.TabularInline):
    """The parts of a series in order. Posts are added to a series in their own form."""

    model = Post
    fields = ("series_position", "status_label")
    readonly_fields = ("status_label",)
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = "parts"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Return the parts in order, without their texts."""
        return Post.objects.not_trashed().in_series_order().defer("body", "headings")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a part is a post."""
        return False


@admin.register(Series)
class SeriesAdmin(ImagePickerMixin, admin.ModelAdmin):
    """Series with their parts."""

    list_display = ("title", "slug")
    search_fields = ("title__contains_folded",)
    prepopulated_fields = {"slug": ("title",)}
    fields = ("title", "description", "image", "slug")

    def get_inlines(self, request: HttpRequest, obj: Series | None) -> list[Any]:
        """Show the parts of a saved series."""
        return [SeriesPartInline] if obj else []
