"""Admin for products, comparisons and the shop page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, TextField
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from solo.admin import SingletonModelAdmin

from affiliates.admin.link_actions import replacement_pk, retire_and_report, warn_about_tag
from affiliates.models import (
    Comparison,
    ComparisonRow,
    Link,
    Product,
    ShopPage,
    ShopSection,
    Sponsorship,
)
from affiliates.references import references_to_product
from images.admin import ImagePickerMixin
from images.renditions import thumbnail_url
from siteinfo.autocomplete import AutocompleteMixin
from siteinfo.list_forms import LabeledListAdmin
from siteinfo.where_used import where_used


class LinkInline(admin.TabularInline):
    """The affiliate links of a product."""

    model = Link
    extra = 1
    fields = ("name", "destination", "price")
    show_change_link = True
    verbose_name = "affiliate link"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        """Return the active links."""
        queryset: QuerySet[Link] = super().get_queryset(request).filter(is_retired=False)
        return queryset

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: links are retired instead."""
        return False


class RetireProductsForm(ActionForm):
    """The action form with an optional replacement."""

    replacement = forms.ModelChoiceField(
        Product.objects.all(), required=False, empty_label="(none)", label="Replace with:"
    )


@admin.register(Product)
class ProductAdmin(ImagePickerMixin, LabeledListAdmin):
    """Products and their affiliate links."""

    action_form = RetireProductsForm
    actions = ("retire_products",)
    change_form_template = "admin/affiliates/link/change_form.html"
    inlines = (LinkInline,)
    list_display = ("thumbnail", "name", "section", "position", "shops", "is_gifted")
    list_display_links = ("name",)
    list_editable = ("section", "position")
    ordering = ("section__position", "section__name", "position", "name")
    list_filter = ("section", "is_gifted")
    search_fields = ("name__contains_folded", "reason__contains_folded")
    search_help_text = "Search names and descriptions"
    formfield_overrides = {TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 80})}}
    fieldsets = (
        (None, {"fields": ("name", "image", "reason", "audience", "pros", "cons", "is_gifted")}),
        ("Shop page", {"fields": ("section", "position")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the list for the editor's menu."""
        view = self.admin_site.admin_view(self.as_json)
        return [path("list/", view, name="affiliates_product_list"), *super().get_urls()]

    def as_json(self, request: HttpRequest) -> JsonResponse:
        """Return everything from this app that can be embedded in a text, for the editor's menu."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        products = Product.objects.select_related("image").prefetch_related("links__program")
        entries: list[dict[str, Any]] = [
            {
                "kind": "product",
                "id": product.pk,
                "name": str(product),
                "detail": self.shops(product),
                "image": thumbnail_url(product.image) if product.image else "",
            }
            for product in products
        ]
        kinds: dict[str, Any] = {"comparison": Comparison, "sponsorship": Sponsorship}
        rows = [(kind, row) for kind, model in kinds.items() for row in model.objects.all()]
        entries += [{"kind": kind, "id": row.pk, "name": str(row)} for kind, row in rows]
        return JsonResponse(entries, safe=False)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Load the image, section and links of each product."""
        queryset: QuerySet[Product] = super().get_queryset(request).select_related("image", "section")
        return queryset.prefetch_related("links__program")

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Load the sections once instead of once per row."""
        formset = super().get_changelist_formset(request, **kwargs)
        section: Any = formset.form.base_fields["section"]
        section.choices = list(section.choices)
        return formset

    @admin.display(description="image", empty_value="")
    def thumbnail(self, product: Product) -> SafeString | str:
        """Return a small rendition of the image."""
        if product.image is None:
            return ""
        return format_html('<img class="thumb" src="{}" alt="" width="96" height="64">', thumbnail_url(product.image))

    @admin.display(description="shops")
    def shops(self, product: Product) -> str:
        """Return the programs of its active links."""
        names = [link.program.name for link in product.links.all() if not link.is_retired]
        return ", ".join(dict.fromkeys(names)) or "None: its card is not shown"

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the links, and warn about missing or foreign tags."""
        super().save_formset(request, form, formset, change)
        for each in formset.forms:
            if each.has_changed() and each.instance.pk:
                warn_about_tag(request, each.instance, each.data.get(each.add_prefix("destination"), ""))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show where the product is used."""
        product = kwargs.get("obj")
        context["where_used"] = where_used(references_to_product(product), request.user) if product else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Retire", permissions=["change"])
    def retire_products(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Retire the links of the selected products in favor of another product's."""
        key = replacement_pk(request)
        replacement = Link.objects.active().filter(product=key).order_by("pk").first() if key else None
        if key and replacement is None:
            self.message_user(request, "The replacement has no link. Add one to it first.", messages.WARNING)
            return
        retire_and_report(self, request, list(Link.objects.active().filter(product__in=queryset)), replacement)


class ComparisonRowInline(AutocompleteMixin, admin.TabularInline):
    """The products of a comparison."""

    model = ComparisonRow
    extra = 2
    autocomplete_fields = ("product",)
    fields = ("product", "verdict", "position")


@admin.register(Comparison)
class ComparisonAdmin(admin.ModelAdmin):
    """Comparison tables."""

    inlines = (ComparisonRowInline,)
    list_display = ("title",)
    search_fields = ("title__contains_folded",)
    fields = ("title",)


@admin.register(ShopSection)
class ShopSectionAdmin(LabeledListAdmin):
    """The sections of the shop page."""

    list_display = ("name", "position")
    list_editable = ("position",)
    fields = ("name", "description", "position")


@admin.register(ShopPage)
class ShopPageAdmin(SingletonModelAdmin):
    """The heading and introduction of the shop page."""

    fields = ("title", "introduction")
