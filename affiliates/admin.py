"""Admin for affiliate links, products, programs and the shop page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from solo.admin import SingletonModelAdmin

from accounts.models import User
from affiliates.clicks import ClickCount
from affiliates.convert_pasted_links import convert, find_pasted_links
from affiliates.earning_admin import EarningAdmin  # noqa: F401 - registered there
from affiliates.models import Comparison, ComparisonRow, Link, Product, ShopPage, ShopSection, Sponsorship
from affiliates.programs import Program
from affiliates.references import references_to_link, references_to_product
from affiliates.retire_links import retire
from affiliates.shop_urls import get_tag
from images.admin import ImagePickerMixin
from images.renditions import thumbnail_url
from siteinfo.urls import admin_url
from siteinfo.where_used import WhereUsed, where_used

CLICK_DAYS = 30


def _warn_about_tag(request: HttpRequest, link: Link, typed: str) -> None:
    """Warn if the program has no tag, or if the pasted URL contained another one."""
    program, found = link.program, get_tag(typed, link.program.tag_parameter)
    if not program.tag and program.tag_parameter:
        words = f"“{link}” earns nothing yet. Enter your tag in the program “{program}”."
        messages.warning(request, words)
    elif found and found != program.tag:
        words = f"The URL of “{link}” contained the tag {found}. Your tag {program.tag} is used instead."
        messages.warning(request, words)


class RetireLinksForm(ActionForm):
    """The action form with an optional replacement."""

    replacement = forms.ModelChoiceField(
        Link.objects.live(), required=False, empty_label="(none)", label="Replace with:"
    )


class LinkFilter(admin.SimpleListFilter):
    """Filter broken, unused and retired links."""

    title = "status"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("broken", "Broken"), ("unused", "Not used"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the links of the choice; active ones by default."""
        chosen = {
            "broken": queryset.live().filter(health=Link.Health.BROKEN),
            "unused": queryset.unused(),
            "retired": queryset.filter(is_retired=True),
        }
        return chosen.get(self.value() or "", queryset.live())


@admin.register(Link)
class LinkAdmin(admin.ModelAdmin):
    """Affiliate links, and the conversion of pasted shop URLs."""

    action_form = RetireLinksForm
    actions = ("retire_links", "restore_links")
    list_display = ("name", "program", "product", "status", "recent_clicks")
    list_filter = (LinkFilter, "program")
    list_select_related = ("program", "product", "replacement")
    search_fields = ("name", "slug", "destination")
    search_help_text = "Search names and URLs"
    autocomplete_fields = ("product",)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of pasted URLs."""
        return [
            path("pasted/", self.admin_site.admin_view(self.pasted_urls), name="affiliates_pasted"),
            *super().get_urls(),
        ]

    def pasted_urls(self, request: HttpRequest) -> HttpResponse:
        """List shop URLs pasted into texts, each with a button that converts it to an affiliate link."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            assert isinstance(request.user, User)
            try:
                link, changed = convert(request.POST.get("destination", ""), request.user)
                words = "Created the affiliate link “{}”, used in {}. You can change its name here."
                self.message_user(request, format_html(words, link, _edit_links(changed)), messages.SUCCESS)
                return HttpResponseRedirect(admin_url(link))
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.WARNING)
                return HttpResponseRedirect(request.path)
        rows = [(each, [WhereUsed(holder, []) for holder in each.holders]) for each in find_pasted_links()]
        context = {**self.admin_site.each_context(request), "title": "Pasted shop URLs", "opts": self.opts}
        return TemplateResponse(request, "admin/affiliates/link/pasted.html", {**context, "rows": rows})

    def get_fieldsets(self, request: HttpRequest, obj: Link | None = None) -> Any:
        """Show status and clicks of existing links."""
        sections: list[Any] = [(None, {"fields": ("name", "destination", "product", "price", "slug")})]
        if obj:
            sections.append(("Status", {"fields": ("program", "target_url", "status", "clicks_by_day")}))
        return sections

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: links are retired instead, so that no text contains a broken one."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Link | None = None) -> Any:
        """Make the slug of existing links read-only, because texts refer to it."""
        return ("slug", "program", "target_url", "status", "clicks_by_day") if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        """Return the links with their recent clicks."""
        counts = ClickCount.objects.last_days(CLICK_DAYS).filter(link=OuterRef("pk")).order_by().values("link")
        clicks = Coalesce(Subquery(counts.annotate(sum=Sum("count")).values("sum")), 0)
        queryset: QuerySet[Link] = super().get_queryset(request).annotate(recent_click_count=clicks)
        return queryset

    @admin.display(description=f"clicks in {CLICK_DAYS} days", ordering="recent_click_count")
    def recent_clicks(self, link: Any) -> int:
        """Return the clicks of the last CLICK_DAYS days."""
        return link.recent_click_count

    @admin.display(description="shop URL with tag")
    def target_url(self, link: Link) -> str:
        """Return the URL visitors are sent to."""
        return link.shop_url

    @admin.display(description="status")
    def status(self, link: Link) -> str:
        """Return whether the link is active, and the result of the last check."""
        if link.is_retired:
            return f"Retired, replaced by “{link.replacement}”" if link.replacement else "Retired"
        if not (link.program.allows_bots or link.health):
            return "Active"
        when = f", {date_format(timezone.localtime(link.checked_at), 'F j')}" if link.checked_at else ""
        return f"{link.get_health_display()}{when}. {link.check_result}".strip().rstrip(".")

    @admin.display(description="clicks by day")
    def clicks_by_day(self, link: Link) -> SafeString | str:
        """Return a table of the latest days with clicks."""
        rows = ClickCount.objects.filter(link=link).order_by("-day").values_list("day").annotate(all=Sum("count"))[:60]
        if not rows:
            return "No clicks yet."
        cells = ((date_format(day, "F j, Y"), count) for day, count in rows)
        lines = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", cells)
        head = '<tr><th scope="col">Day</th><th scope="col">Clicks</th></tr>'
        return format_html(f"<table><thead>{head}</thead><tbody>{{}}</tbody></table>", lines)

    def save_model(self, request: HttpRequest, obj: Link, form: forms.ModelForm, change: bool) -> None:
        """Save, and warn about a missing or foreign tag."""
        super().save_model(request, obj, form, change)
        _warn_about_tag(request, obj, form.data.get("destination", ""))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show where the link is used."""
        link = kwargs.get("obj")
        context["where_used"] = where_used(references_to_link(link)) if link else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Retire", permissions=["change"])
    def retire_links(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Retire the selected links."""
        into = Link.objects.live().filter(pk=_replacement_pk(request)).first()
        _retire(self, request, list(queryset), into)

    @admin.action(description="Restore", permissions=["change"])
    def restore_links(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Make the selected retired links active again."""
        for link in queryset.filter(is_retired=True):
            link.restore()
        self.message_user(request, "Restored the selected links.", messages.SUCCESS)


def _replacement_pk(request: HttpRequest) -> int:
    """Return the primary key of the chosen replacement, or 0. The action form has validated it."""
    return int(request.POST.get("replacement") or 0)


def _retire(model_admin: Any, request: HttpRequest, links: list[Link], into: Link | None) -> None:
    assert isinstance(request.user, User)
    try:
        texts = _edit_links(retire(links, into, request.user))
    except ValidationError as error:
        model_admin.message_user(request, " ".join(error.messages), messages.WARNING)
        return
    count = f"Retired {len(links)} link{pluralize(len(links))}."
    if texts:
        message = format_html("{} Check that these texts still read well: {}.", count, texts)
    else:
        message = format_html("{} No text used any of them.", count)
    model_admin.message_user(request, message, messages.SUCCESS)


def _edit_links(holders: Any) -> SafeString:
    """Return links to the change forms of texts."""
    rows = ((used.url, used.source) for used in (WhereUsed(holder, []) for holder in holders))
    return format_html_join(", ", '<a href="{}">{}</a>', rows)


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
class ProductAdmin(ImagePickerMixin, admin.ModelAdmin):
    """Products and their affiliate links."""

    action_form = RetireProductsForm
    actions = ("retire_products",)
    change_form_template = "admin/affiliates/link/change_form.html"
    inlines = (LinkInline,)
    list_display = ("thumbnail", "name", "section", "position", "shops", "is_gifted")
    list_display_links = ("thumbnail", "name")
    list_editable = ("section", "position")
    ordering = ("section__position", "section__name", "position", "name")
    list_filter = ("section", "is_gifted")
    search_fields = ("name", "reason")
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
        kinds: dict[str, Any] = {"product": Product, "comparison": Comparison, "sponsorship": Sponsorship}
        rows = [(kind, row) for kind, model in kinds.items() for row in model.objects.all()]
        return JsonResponse([{"kind": kind, "id": row.pk, "name": str(row)} for kind, row in rows], safe=False)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Load the image, section and links of each product."""
        queryset: QuerySet[Product] = super().get_queryset(request).select_related("image", "section")
        return queryset.prefetch_related("links__program")

    @admin.display(description="")
    def thumbnail(self, product: Product) -> SafeString | str:
        """Return a small rendition of the image."""
        if product.image is None:
            return ""
        return format_html('<img class="thumb" src="{}" alt="" width="96" height="64">', thumbnail_url(product.image))

    @admin.display(description="shops")
    def shops(self, product: Product) -> str:
        """Return the programs of its active links."""
        live = [link.program.name for link in product.links.all() if not link.is_retired]
        return ", ".join(dict.fromkeys(live)) or "None: its card is not shown"

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the links, and warn about missing or foreign tags."""
        super().save_formset(request, form, formset, change)
        for each in formset.forms:
            if each.has_changed() and each.instance.pk:
                _warn_about_tag(request, each.instance, each.data.get(each.add_prefix("destination"), ""))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show where the product is used."""
        product = kwargs.get("obj")
        context["where_used"] = where_used(references_to_product(product)) if product else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Retire", permissions=["change"])
    def retire_products(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Retire the links of the selected products in favor of another product's."""
        key = _replacement_pk(request)
        into = Link.objects.live().filter(product=key).order_by("pk").first() if key else None
        if key and into is None:
            self.message_user(request, "The replacement has no link. Add one to it first.", messages.WARNING)
            return
        _retire(self, request, list(Link.objects.live().filter(product__in=queryset)), into)


class ComparisonRowInline(admin.TabularInline):
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
    search_fields = ("title",)
    fields = ("title",)


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):
    """Affiliate programs and their rules."""

    list_display = ("name", "network", "tag", "allows_redirect", "allows_email", "allows_bots")
    search_fields = ("name", "hosts")
    formfield_overrides = {TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 80})}}
    fieldsets = (
        (None, {"fields": ("name", "network", "hosts", "tag", "tag_parameter")}),
        ("Rules", {"fields": ("allows_redirect", "allows_email", "allows_bots", "price_hours")}),
        ("Disclosure", {"fields": ("disclosure", "statements")}),
    )


@admin.register(ShopSection)
class ShopSectionAdmin(admin.ModelAdmin):
    """The sections of the shop page."""

    list_display = ("name", "position")
    list_editable = ("position",)
    fields = ("name", "description", "position")


@admin.register(ShopPage)
class ShopPageAdmin(SingletonModelAdmin):
    """The heading and introduction of the shop page."""

    fields = ("title", "introduction")


@admin.register(Sponsorship)
class SponsorshipAdmin(admin.ModelAdmin):
    """Sponsored posts. Insert one in a post with “Product” in the toolbar."""

    list_display = ("brand", "kind")
    search_fields = ("brand",)
    fields = ("brand", "kind", "hosts", "note")
