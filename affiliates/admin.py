"""Favorites and paid links on the writing desk."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from solo.admin import SingletonModelAdmin

from accounts.models import User
from affiliates.clicks import ClickCount
from affiliates.convert_pasted_links import name_it, pasted
from affiliates.earning_admin import EarningAdmin  # noqa: F401 - registered there
from affiliates.models import Compared, Comparison, Link, Product, Shelf, ShopPage, Sponsorship
from affiliates.programs import Program
from affiliates.references import Use
from affiliates.retire_links import retire
from affiliates.shop_urls import tag_of
from images.admin import WithImagePicker
from images.references import Use as Shown
from images.renditions import thumbnail
from siteinfo.urls import admin_url

# Days of clicks that lists show.
RECENT = 30


def _used_in(uses: Any) -> list[Shown]:
    """The texts of `uses`, as the desk names them."""
    return [Shown(holder, []) for holder in uses.holders()]


def _speak_of_tag(request: HttpRequest, link: Link, typed: str) -> None:
    """Say if the address that was pasted pays somebody else, or nobody."""
    program, found = link.program, tag_of(typed, link.program.tag_parameter)
    if not program.tag and program.tag_parameter:
        words = f"“{link}” earns nothing yet: fill in your tag under Programs, {program}."
        messages.warning(request, words)
    elif found and found != program.tag:
        words = f"The address of “{link}” had the tag {found}. Yours is used instead: {program.tag}."
        messages.warning(request, words)


class ReplacingForm(ActionForm):
    """What to do with the chosen links; the other one stands in their place."""

    instead = forms.ModelChoiceField(
        Link.objects.live(), required=False, empty_label="(nothing)", label="In its place:"
    )


class UseFilter(admin.SimpleListFilter):
    """What to look at."""

    title = "what to look at"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("broken", "Leads nowhere"), ("unused", "In no text"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = {
            "broken": queryset.live().filter(health=Link.Health.BROKEN),
            "unused": queryset.unused(),
            "retired": queryset.filter(is_retired=True),
        }
        return chosen.get(self.value() or "", queryset.live())


@admin.register(Link)
class LinkAdmin(admin.ModelAdmin):
    """Links by their names."""

    action_form = ReplacingForm
    actions = ("retire_chosen", "use_chosen_again")
    list_display = ("name", "program", "product", "state", "recent_clicks")
    list_filter = (UseFilter, "program")
    list_select_related = ("program", "product", "replacement")
    search_fields = ("name", "slug", "destination")
    search_help_text = "Part of the name or the address"
    autocomplete_fields = ("product",)

    def get_urls(self) -> list[URLPattern]:
        return [path("pasted/", self.admin_site.admin_view(self.pasted), name="affiliates_pasted"), *super().get_urls()]

    def pasted(self, request: HttpRequest) -> HttpResponse:
        """Addresses that were pasted into texts, each with a button that makes it a link by name."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            assert isinstance(request.user, User)
            try:
                link, changed = name_it(request.POST.get("destination", ""), request.user)
                words = "“{}” is a link by name now, in {}. Change its name here if you like."
                self.message_user(request, format_html(words, link, _named(changed)), messages.SUCCESS)
                return HttpResponseRedirect(admin_url(link))
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.WARNING)
                return HttpResponseRedirect(request.path)
        rows = [(each, [Shown(holder, []) for holder in each.holders]) for each in pasted()]
        context = {**self.admin_site.each_context(request), "title": "Pasted addresses", "opts": self.opts}
        return TemplateResponse(request, "admin/affiliates/link/pasted.html", {**context, "rows": rows})

    def get_fieldsets(self, request: HttpRequest, obj: Link | None = None) -> Any:
        known = ("program", "leads_to", "state", "days") if obj else ()
        return (
            (None, {"fields": ("name", "destination", "product", "price", "slug")}),
            *([("What is known of it", {"fields": known})] if obj else []),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Links are retired, so that no text is left with one that leads nowhere.
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Link | None = None) -> Any:
        # Texts know a link by its short name.
        return ("slug", "program", "leads_to", "state", "days") if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        """Each with its clicks of the last days."""
        counts = ClickCount.objects.last_days(RECENT).filter(link=OuterRef("pk")).order_by().values("link")
        clicks = Coalesce(Subquery(counts.annotate(sum=Sum("count")).values("sum")), 0)
        queryset: QuerySet[Link] = super().get_queryset(request).annotate(clicks_lately=clicks)
        return queryset

    @admin.display(description=f"clicks in {RECENT} days", ordering="clicks_lately")
    def recent_clicks(self, link: Any) -> int:
        return link.clicks_lately

    @admin.display(description="readers get")
    def leads_to(self, link: Link) -> str:
        return link.outside

    @admin.display(description="state")
    def state(self, link: Link) -> str:
        if link.is_retired:
            return f"Retired; “{link.replacement}” stands in its place" if link.replacement else "Retired"
        if not (link.program.allows_robots or link.health):
            return "In use"
        when = f", {date_format(timezone.localtime(link.checked_at), 'F j')}" if link.checked_at else ""
        return f"{link.get_health_display()}{when}. {link.finding}".strip().rstrip(".")

    @admin.display(description="clicks day by day")
    def days(self, link: Link) -> SafeString | str:
        rows = ClickCount.objects.filter(link=link).order_by("-day").values_list("day").annotate(all=Sum("count"))[:60]
        if not rows:
            return "Nobody has followed it yet."
        told = ((date_format(day, "F j, Y"), count) for day, count in rows)
        lines = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", told)
        head = '<tr><th scope="col">Day</th><th scope="col">Clicks</th></tr>'
        return format_html(f"<table><thead>{head}</thead><tbody>{{}}</tbody></table>", lines)

    def save_model(self, request: HttpRequest, obj: Link, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _speak_of_tag(request, obj, form.data.get("destination", ""))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        link = kwargs.get("obj")
        context["uses"] = _used_in(Use.objects.of(link)) if link else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Retire", permissions=["change"])
    def retire_chosen(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Take the chosen links out of use."""
        into = Link.objects.live().filter(pk=_instead(request)).first()
        _retire(self, request, list(queryset), into)

    @admin.action(description="Put back in use", permissions=["change"])
    def use_chosen_again(self, request: HttpRequest, queryset: QuerySet[Link]) -> None:
        """Let readers get the chosen retired links themselves again."""
        for link in queryset.filter(is_retired=True):
            link.use_again()
        self.message_user(request, "They are in use again.", messages.SUCCESS)


def _instead(request: HttpRequest) -> int:
    """The key of what was chosen beside the action; 0 for nothing."""
    return int(request.POST.get("instead") or 0)  # the action's form has seen that it is one


def _retire(desk: Any, request: HttpRequest, links: list[Link], into: Link | None) -> None:
    assert isinstance(request.user, User)
    try:
        texts = _named(retire(links, into, request.user))
    except ValidationError as error:
        desk.message_user(request, " ".join(error.messages), messages.WARNING)
        return
    count = "1 link is" if len(links) == 1 else f"{len(links)} links are"
    if texts:
        words = format_html("{} retired. Read whether your words still fit: {}.", count, texts)
    else:
        words = format_html("{} retired. No text had any of them.", count)
    desk.message_user(request, words, messages.SUCCESS)


def _named(holders: Any) -> SafeString:
    """Texts with where each is changed."""
    rows = ((use.address, use.user) for use in (Shown(holder, []) for holder in holders))
    return format_html_join(", ", '<a href="{}">{}</a>', rows)


class LinkInline(admin.TabularInline):
    """Where a product can be had."""

    model = Link
    extra = 1
    fields = ("name", "destination", "price")
    show_change_link = True
    verbose_name = "paid link"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        queryset: QuerySet[Link] = super().get_queryset(request).filter(is_retired=False)
        return queryset

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ProductReplacingForm(ActionForm):
    """What to do with the chosen products; the other one stands in their place."""

    instead = forms.ModelChoiceField(
        Product.objects.all(), required=False, empty_label="(nothing)", label="In its place:"
    )


@admin.register(Product)
class ProductAdmin(WithImagePicker, admin.ModelAdmin):
    """Products with the author's words."""

    action_form = ProductReplacingForm
    actions = ("retire_chosen",)
    change_form_template = "admin/affiliates/link/change_form.html"
    inlines = (LinkInline,)
    list_display = ("image", "name", "shelf", "position", "where", "is_gifted")
    list_display_links = ("image", "name")
    list_editable = ("shelf", "position")
    ordering = ("shelf__position", "shelf__name", "position", "name")
    list_filter = ("shelf", "is_gifted")
    search_fields = ("name", "reason")
    search_help_text = "Part of the name or of why you like it"
    formfield_overrides = {TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 80})}}
    fieldsets = (
        (None, {"fields": ("name", "picture", "reason", "audience", "pros", "cons", "is_gifted")}),
        ("On the shop page", {"fields": ("shelf", "position")}),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.as_json)
        return [path("list/", view, name="affiliates_product_list"), *super().get_urls()]

    def as_json(self, request: HttpRequest) -> JsonResponse:
        """All that can be placed in a text as a block, for the editor's menu."""
        kinds: dict[str, Any] = {"product": Product, "comparison": Comparison, "sponsorship": Sponsorship}
        rows = [(kind, row) for kind, model in kinds.items() for row in model.objects.all()]
        return JsonResponse([{"kind": kind, "id": row.pk, "name": str(row)} for kind, row in rows], safe=False)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        queryset: QuerySet[Product] = super().get_queryset(request).select_related("picture", "shelf")
        return queryset.prefetch_related("links__program")

    @admin.display(description="")
    def image(self, product: Product) -> SafeString | str:
        if product.picture is None:
            return ""
        return format_html('<img class="thumb" src="{}" alt="" width="96" height="64">', thumbnail(product.picture))

    @admin.display(description="where")
    def where(self, product: Product) -> str:
        live = [link.program.name for link in product.links.all() if not link.is_retired]
        return ", ".join(dict.fromkeys(live)) or "Nowhere: its card is not shown"

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for each in formset.forms:
            if each.has_changed() and each.instance.pk:
                _speak_of_tag(request, each.instance, each.data.get(each.add_prefix("destination"), ""))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        product = kwargs.get("obj")
        context["uses"] = _used_in(Use.objects.of_product(product)) if product else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Retire", permissions=["change"])
    def retire_chosen(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Take the links of the chosen products out of use; the cards of another product stand in their place."""
        key = _instead(request)
        into = Link.objects.live().filter(product=key).order_by("pk").first() if key else None
        if key and into is None:
            self.message_user(request, "The other product has no link. Add one to it first.", messages.WARNING)
            return
        _retire(self, request, list(Link.objects.live().filter(product__in=queryset)), into)


class ComparedInline(admin.TabularInline):
    """The products of a comparison."""

    model = Compared
    extra = 2
    autocomplete_fields = ("product",)
    fields = ("product", "verdict", "position")


@admin.register(Comparison)
class ComparisonAdmin(admin.ModelAdmin):
    """Products side by side."""

    inlines = (ComparedInline,)
    list_display = ("title",)
    search_fields = ("title",)
    fields = ("title",)


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):
    """Who pays, and by which rules."""

    list_display = ("name", "network", "tag", "allows_redirect", "allows_mail", "allows_robots")
    search_fields = ("name", "hosts")
    formfield_overrides = {TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 80})}}
    fieldsets = (
        (None, {"fields": ("name", "network", "hosts", "tag", "tag_parameter")}),
        ("What it allows", {"fields": ("allows_redirect", "allows_mail", "allows_robots", "price_hours")}),
        ("What readers are told", {"fields": ("disclosure", "statements")}),
    )


@admin.register(Shelf)
class ShelfAdmin(admin.ModelAdmin):
    """The groups of the shop page."""

    list_display = ("name", "position")
    list_editable = ("position",)
    fields = ("name", "description", "position")


@admin.register(ShopPage)
class ShopPageAdmin(SingletonModelAdmin):
    """The words at the top of the shop page."""

    fields = ("title", "lead")


@admin.register(Sponsorship)
class SponsorshipAdmin(admin.ModelAdmin):
    """Gifts and sponsored texts: place one in a text, under Product in the toolbar."""

    list_display = ("brand", "kind")
    search_fields = ("brand",)
    fields = ("brand", "kind", "hosts", "words")
