"""The public list of references."""

from collections import defaultdict
from operator import attrgetter
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from evidence.library import resolve
from evidence.models import EvidenceSettings, Source
from evidence.rendering import citation_html, source_details
from pagecache.responses import allow_parameters, depend_on_texts
from plaintext.numbers import parse_page_number
from publishing.models import Document
from richtext.references import Reference
from siteinfo.seo import Breadcrumb, PageMeta

REFERENCES_PER_PAGE = 100


@require_safe
def reference_list(request: HttpRequest) -> HttpResponse:
    """List the references that public texts cite, each with these texts."""
    citing = _citing_documents()
    sources = sorted(citing, key=lambda source: (source.label.casefold(), source.pk))
    paginator = Paginator(sources, REFERENCES_PER_PAGE)
    number = parse_page_number(request.GET.get("page", "1"))
    if number is None or number not in paginator.page_range:
        raise Http404
    page = paginator.page(number)
    style = EvidenceSettings.load().citation_style
    rows = [
        {
            "source": source,
            "citation": citation_html(source, style),
            "details": source_details(source),
            "documents": sorted(citing[source], key=attrgetter("title")),
        }
        for source in page
    ]
    meta = PageMeta(
        title="References",
        description="The studies, guidelines and other sources behind the texts on this site, and where each is cited.",
        path=reverse("evidence:reference_list"),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=(Breadcrumb("Home", reverse("home")),),
        is_indexed=bool(sources),
    )
    context = {"page": page, "rows": rows, "meta": meta, "total": paginator.count}
    return depend_on_texts(allow_parameters(render(request, "evidence/reference_list.html", context), "page"))


def _citing_documents() -> dict[Source, list[Any]]:
    """Return the cited references with the public posts and pages that cite each. One query per kind of document."""
    references = list(
        Reference.objects.to_model(Source)
        .from_public()
        .order_by("pk")
        .values_list("source_type", "source_id", "target_id")
    )
    documents = {
        row.reference_key: row
        for row in Reference.objects.to_model(Source).from_public().sources()
        if isinstance(row, Document)
    }
    sources = resolve(target for _, _, target in references if target)
    citing: defaultdict[Source, dict[Any, None]] = defaultdict(dict)
    for content_type, row_id, target in references:
        document = documents.get((content_type, row_id))
        if document and target in sources:
            citing[sources[target]][document] = None
    return {source: list(found) for source, found in citing.items()}
