"""The search page."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Post
from search.engine import PER_PAGE, find, suggest
from search.queries import Query
from siteinfo.seo import Breadcrumb, PageMeta, truncate


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """What was found for `q`, in the main category `topic`. Anything typed gives a page and never an error."""
    query = Query.read(request.GET.get("q", ""))
    topic = "".join(request.GET.get("topic", "").split("\x00"))[:200]
    typed_page = request.GET.get("page", "")
    number = int(typed_page) if typed_page.isascii() and typed_page.isdecimal() and len(typed_page) < 7 else 1
    result = find(query, topic, max(1, number))
    # Not named `page`: the frame takes whatever has one for a list of the blog.
    place = Paginator(range(result.total), PER_PAGE).page(result.page)
    kept = {"q": query.text} | ({"topic": topic} if topic else {})
    meta = PageMeta(
        title=f"“{truncate(query.text, 60)}”" if query.text else "Search",
        description="Search every guide of this site by the words you would use yourself.",
        path=reverse("search"),
        breadcrumb_title="Search",
        schema_type="SearchResultsPage",
        page_number=place.number,
        ancestors=(Breadcrumb("Home", "/"),),
        is_indexed=False,
    )
    context = {
        "meta": meta,
        "query": query,
        "topic": topic,
        "result": result,
        "place": place,
        "kept": urlencode(kept),
        "suggestion": suggest(query) if result.is_loose or not result.everywhere else "",
        "latest": [] if result.hits else Post.objects.published().newest_first().for_cards()[:3],
    }
    response = render(request, "search/results.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response
