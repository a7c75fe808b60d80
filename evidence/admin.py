"""The library of references in the admin, and what the editor asks it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, TextField
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from solo.admin import SingletonModelAdmin

from evidence import library
from evidence.citations.reading import MAX_LENGTH, UnreadableError
from evidence.disclaimers.admin import DisclaimerAdmin
from evidence.glossary.admin import TermAdmin
from evidence.models import EvidenceSettings, Source
from evidence.typed_lists import convert_typed_references
from richtext.embeds import RenderTarget
from richtext.references import Reference
from richtext.rendering import render
from richtext.sanitizer import sanitize
from siteinfo.where_used import where_used

__all__ = ["DisclaimerAdmin", "EvidenceSettingsAdmin", "SourceAdmin", "TermAdmin"]
MAX_RESULTS = 20


class PasteForm(forms.Form):
    """References, pasted."""

    text = forms.CharField(
        label="References",
        widget=forms.Textarea(attrs={"rows": 10, "cols": 80, "spellcheck": "false"}),
        help_text="A PMID, a DOI, a PubMed or doi.org URL, a citation in any style, or an RIS, PubMed or BibTeX entry."
        " Several at once: one per line or paragraph, or a numbered list.",
    )

    def clean_text(self) -> list[Source]:
        """Return the references of the library for the text. Those that are new are added."""
        try:
            return library.add_references(self.cleaned_data["text"])
        except UnreadableError as error:
            raise forms.ValidationError(str(error)) from error


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fields of a reference, with examples."""

    class Meta:
        """The help texts that the model does not need."""

        help_texts = {
            "evidence_level": "How strong the source is by its design. Visitors see it in the list of references.",
            "kind": "Decides how the citation is written.",
            "has_more_authors": "Choose this if you entered only the first authors.",
            "title": "With its subtitle, and without a period at the end.",
            "container": "Its full name.",
            "publisher": "Of a book or report.",
            "publisher_place": "The publisher's city.",
            "edition": "Such as 2nd. Leave empty for the first.",
            "year": "Four digits.",
            "month": "A number from 1 to 12.",
            "day": "A number from 1 to 31.",
            "volume": "Such as 54.",
            "issue": "The number in parentheses after the volume.",
            "pages": "Such as 210-218 or e1023.",
            "doi": "Such as 10.1056/NEJMoa012345. A doi.org URL works too.",
            "pmid": "The number in PubMed, such as 12345678.",
            "pmcid": "The number in PubMed Central, such as PMC1234567.",
            "url": "For sources without a DOI and a PMID.",
        }


class ProblemFilter(admin.SimpleListFilter):
    """Filter references that need attention."""

    title = "needs attention"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [
            ("problems", "Retracted, or the DOI has no page"),
            ("retracted", "Retracted"),
            ("dead", "The DOI has no page"),
            ("incomplete", "Without title or year"),
            ("uncited", "Not cited anywhere"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the references that match the choice."""
        match self.value():
            case "problems":
                return queryset.with_problem()
            case "retracted":
                return queryset.retracted()
            case "dead":
                return queryset.with_dead_link()
            case "incomplete":
                return queryset.filter(Q(title="") | Q(year=None))
            case "uncited":
                return queryset.exclude(pk__in=Reference.objects.to_model(Source).values("target_id"))
        return queryset


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """References, and the texts that cite each."""

    form = SourceForm
    change_form_template = "admin/evidence/source/change_form.html"
    change_list_template = "admin/evidence/source/change_list.html"
    list_display = ("reference", "evidence_level", "cited_in", "state")
    list_filter = (ProblemFilter, "evidence_level", "lookup")
    search_fields = (
        "title__contains_folded",
        "authors__contains_folded",
        "typed__contains_folded",
        "doi__contains_folded",
        "pmid__exact",
    )
    search_help_text = "Search authors, titles, DOI and PMID"
    actions = ("merge_selected",)
    formfield_overrides = {TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 80})}}
    fieldsets = (
        (None, {"fields": ("evidence_level", "summary")}),
        (
            "Details",
            {
                "fields": (
                    "kind",
                    "authors",
                    "has_more_authors",
                    "title",
                    ("container", "container_short"),
                    ("year", "month", "day"),
                    ("volume", "issue", "pages"),
                    ("doi", "pmid", "pmcid"),
                    "url",
                )
            },
        ),
        ("Books and reports", {"fields": ("publisher", "publisher_place", "edition"), "classes": ("collapse",)}),
        ("As typed", {"fields": ("typed",), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """Return the references without merged duplicates."""
        return super().get_queryset(request).filter(merged_into=None)

    def get_urls(self) -> list[URLPattern]:
        """Add the paste box, and what the editor asks."""
        view = self.admin_site.admin_view
        return [
            path("paste/", view(self.paste), name="evidence_source_paste"),
            path("find/", view(self.find), name="evidence_source_find"),
            path("insert/", view(require_POST(self.insert)), name="evidence_source_insert"),
            path("convert/", view(require_POST(self.convert)), name="evidence_source_convert"),
            *super().get_urls(),
        ]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Add to each reference how many texts cite it."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        pks = [source.pk for source in changelist.result_list]
        counts = Reference.objects.to_model(Source).from_content().filter(target_id__in=pks).source_counts()
        for source in changelist.result_list:
            source.citation_count = counts.get(source.pk, 0)
        return changelist

    @admin.display(description="reference")
    def reference(self, source: Source) -> str:
        """Return the short name of the reference."""
        return source.label

    @admin.display(description="cited in")
    def cited_in(self, source: Source) -> str:
        """Return the number of texts that cite the reference."""
        count = getattr(source, "citation_count", 0)
        return f"{count} text{'' if count == 1 else 's'}" if count else "no text"

    @admin.display(description="state")
    def state(self, source: Source) -> str:
        """Return what the author should know about the reference."""
        if source.retraction:
            return source.retraction
        if source.has_dead_link:
            return "The DOI has no page"
        if source.lookup == Source.Lookup.WAITING:
            return "Waiting for the look-up"
        return f"Lacks {', '.join(source.missing)}" if source.missing else "Complete"

    @admin.action(description="Merge the selected references into the oldest one", permissions=["change"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        """Merge the selected references."""
        sources = list(queryset.order_by("created_at", "pk"))
        if len(sources) < 2:
            self.message_user(request, "Select two or more references of the same source.", messages.WARNING)
            return
        library.merge(sources[0], sources[1:])
        self.message_user(request, f"Merged into “{sources[0]}”. Texts that cited the others cite it now.")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the citation, and which texts cite the reference."""
        source = context["original"]
        if source:
            keys = [source.pk, *source.duplicates.values_list("pk", flat=True)]
            citing = Reference.objects.to_model(Source).filter(target_id__in=keys)
            context["where_used"] = where_used(citing, request.user)
            context["citation"] = source.formatted(EvidenceSettings.load().citation_style)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Save the reference, and look it up again if its identifiers are new."""
        if (obj.doi or obj.pmid) and (not change or {"doi", "pmid"} & set(form.changed_data)):
            obj.lookup, obj.lookup_at, obj.lookup_attempts = Source.Lookup.WAITING, None, 0
            obj.link_checked_at, obj.link_failures, obj.retraction = None, 0, ""
        super().save_model(request, obj, form, change)

    def paste(self, request: HttpRequest) -> HttpResponse:
        """Add the references that are pasted into one box."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PasteForm(request.POST or None)
        if form.is_bound and form.is_valid():
            sources = list(dict.fromkeys(form.cleaned_data["text"]))
            for source in sources[:10]:
                self.message_user(request, _added_message(source))
            if len(sources) == 1 and self.has_view_or_change_permission(request, sources[0]):
                return redirect("admin:evidence_source_change", sources[0].pk)
            return redirect("admin:evidence_source_changelist")
        context = {**self.admin_site.each_context(request), "title": "Paste references", "opts": self.opts}
        return TemplateResponse(request, "admin/evidence/source/paste.html", {**context, "form": form})

    def find(self, request: HttpRequest) -> JsonResponse:
        """Return the references with the words in `q`, newest first, for the editor."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        words = request.GET.get("q", "")[:200].split()[:8]
        sources = Source.objects.current()
        for word in words:
            sources = sources.filter(
                Q(title__contains_folded=word)
                | Q(authors__contains_folded=word)
                | Q(typed__contains_folded=word)
                | Q(doi__icontains=word)
                | Q(pmid=word[:8])
                | Q(year=int(word) if word.isascii() and word.isdecimal() and len(word) == 4 else 0)
            )
        return JsonResponse({"sources": _as_json(sources[:MAX_RESULTS])})

    def insert(self, request: HttpRequest) -> JsonResponse:
        """Add what was pasted into the editor's dialog, and return the references."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            sources = library.add_references(request.POST.get("text", "")[: MAX_LENGTH + 1])
        except UnreadableError as error:
            return JsonResponse({"problem": str(error)}, status=400)
        return JsonResponse({"sources": _as_json(dict.fromkeys(sources))})

    def convert(self, request: HttpRequest) -> JsonResponse:
        """Return a text whose typed references have become citations."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        result = convert_typed_references(sanitize(request.POST.get("body", "")[:1_000_000]))
        html = render(result.body, RenderTarget.EDITOR)
        return JsonResponse({"body": html, "count": result.citation_count, "message": result.message})


def _added_message(source: Source) -> str:
    if source.lookup == Source.Lookup.WAITING and source.missing:
        return f"“{source}” is in the library. Its details are looked up within a minute."
    if source.missing:
        return f"“{source}” is in the library, without {' and '.join(source.missing)}. Add what is missing."
    return f"“{source}” is in the library."


def _as_json(sources: Iterable[Source]) -> list[dict[str, Any]]:
    return [{"id": each.pk, "label": each.short_label, "name": each.label, "missing": each.missing} for each in sources]


@admin.register(EvidenceSettings)
class EvidenceSettingsAdmin(SingletonModelAdmin):  # type: ignore[misc]  # a library without types
    """The style of references."""
