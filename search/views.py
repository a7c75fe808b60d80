"""The search page."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Post
from blog.visibility import public_entries
from exercises.models import BodyRegion
from pagecache.per_version import once_per_version
from pagecache.responses import allow_parameters, depend_on_texts
from plaintext.characters import strip_control_characters
from plaintext.numbers import parse_page_number
from search import engine
from search.body_regions import named_regions
from search.queries import Query
from search.spelling import suggest
from siteinfo.seo import Breadcrumb, PageMeta, truncate


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the results for `q` in the top-level category `category`. Any input gives a page, never an error."""
    query = Query.parse(request.GET.get("q", ""))
    category = strip_control_characters(request.GET.get("category", ""))[:200]
    results = engine.search(query, category, _page_number(request))
    # Not named `page`, which the menu takes for a page of the blog.
    results_page = Paginator(range(results.count), engine.PER_PAGE).page(results.page)
    context = {
        "meta": _meta(query, results_page.number),
        "query": query,
        "selected_category": category,
        "results": results,
        "results_page": results_page,
        "query_string": urlencode({"q": query.text} | ({"category": category} if category else {})),
        "body_regions": named_regions(query, _body_regions(request)) if query.terms else [],
        "suggestion": suggest(query) if results.is_partial or not results.total_count else "",
        "latest_posts": [] if results.hits else Post.objects.published().newest_first().for_cards()[:3],
    }
    response = render(request, "search/search.html", context)
    response["X-Robots-Tag"] = "noindex"
    return depend_on_texts(allow_parameters(response, "q", "category", "page"))


def _body_regions(request: HttpRequest) -> list[BodyRegion]:
    return once_per_version(request, "body regions", lambda: list(public_entries(BodyRegion)))


def _page_number(request: HttpRequest) -> int:
    return parse_page_number(request.GET.get("page")) or 1


def _meta(query: Query, page_number: int) -> PageMeta:
    return PageMeta(
        title=f"“{truncate(query.text, 60)}”" if query.text else "Search",
        description="Search all guides on this site in your own words.",
        path=reverse("search"),
        breadcrumb_title="Search",
        schema_type="SearchResultsPage",
        page_number=page_number,
        ancestors=(Breadcrumb("Home", "/"),),
        is_indexed=False,
    )
