"""The shop page, and the redirects and click counting of affiliate links, without cookies or visitor data."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from affiliates import rendering, shop_urls
from affiliates.models import ClickCount, Link, ShopPage
from affiliates.models.programs import is_program_host
from affiliates.seo import shop_meta
from affiliates.shop import load_sections
from analytics.visitors import is_human, is_human_on_site
from plaintext.characters import strip_control_characters
from public_forms.client_counts import counts_today
from richtext.links import site_path
from siteinfo.seo import Breadcrumb, PageMeta

log = logging.getLogger(__name__)

# A stored URL with its tag, each character of which may be percent-encoded as nine.
MAX_REDIRECT_LENGTH = 9 * (shop_urls.MAX_URL_LENGTH + 200)
# The clicks on a link that count for one network and day.
MAX_CLICKS_COUNTED = 10


class CountedResponse(HttpResponse):
    """A response that counts a click after it was sent, so that a visitor never waits for or fails with the counter."""

    count: Callable[[], None] | None = None

    def close(self) -> None:
        """Count the click. The server calls this after sending the response (PEP 3333)."""
        count, self.count = self.count, None
        try:
            if count:
                count()
        except DatabaseError:
            log.exception("A click was not counted")
        finally:
            super().close()


class CountedRedirect(CountedResponse, HttpResponseRedirect):
    """A counted redirect."""


class LinkTarget(NamedTuple):
    """The resolved target of a /go/ link."""

    # The link itself, or its replacement.
    link_pk: int
    slug: str
    destination: str
    tag_parameter: str
    tag: str
    allows_redirect: bool
    # The post with the link, if the referrer is one.
    post_pk: int | None


# Raw SQL: compiling this query with the ORM takes ten times longer than running it.
_TARGET_SQL = """
    SELECT shown.id, shown.slug, shown.destination, program.tag_parameter, program.tag, program.allows_redirect,
        (SELECT id FROM blog_post WHERE slug = %s)
    FROM affiliates_link asked
    JOIN affiliates_link shown ON shown.id = CASE WHEN asked.is_retired THEN asked.replacement_id ELSE asked.id END
    JOIN affiliates_program program ON program.id = shown.program_id
    WHERE asked.slug = %s
"""


def _resolve(request: HttpRequest, slug: str) -> LinkTarget:
    """Return the target of the link `slug` in one query. Raises Http404 without an active link."""
    with connection.cursor() as cursor:
        cursor.execute(_TARGET_SQL, [site_path(request.headers.get("Referer", "")) or "", slug])
        row = cursor.fetchone()
    if row is None:
        raise Http404
    return LinkTarget(*row)


def _counts(request: HttpRequest, target: LinkTarget) -> bool:
    return counts_today(request, f"affiliate click {target.link_pk}", limit=MAX_CLICKS_COUNTED)


def _counter(target: LinkTarget) -> Callable[[], None]:
    return lambda: ClickCount.objects.add(target.link_pk, target.post_pk or 0)


@require_safe
@never_cache
def go(request: HttpRequest, slug: str) -> HttpResponse:
    """Redirect to the shop's stored URL and count the click.

    Programs that require direct links, such as Amazon, get a page with the link instead of a redirect. Bots, staff and
    prefetches are not counted.
    """
    target = _resolve(request, slug)
    if not target.allows_redirect:
        link = Link.objects.select_related("program").get(pk=target.link_pk)
        return _leaving_page(request, link.name, str(link.program), link.get_absolute_url())
    url = shop_urls.add_tag(target.destination, target.tag_parameter, target.tag)
    response = CountedRedirect(url, max_length=MAX_REDIRECT_LENGTH)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    if request.method == "GET" and is_human(request) and _counts(request, target):
        response.count = _counter(target)
    return response


def disclose_redirect(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return `response`, or a page that discloses the affiliate link if it redirects to a shop."""
    url = response.get("Location", "")
    host = shop_urls.host_of(url)
    return _leaving_page(request, host, host, url) if is_program_host(host) else response


def _leaving_page(request: HttpRequest, name: str, shop: str, url: str) -> HttpResponse:
    """Return a page that links to `url` and discloses the affiliate link."""
    meta = PageMeta(
        title=name,
        description=f"Where to find {name}.",
        path=request.path,
        ancestors=(Breadcrumb("Home", "/"),),
        is_indexed=False,
    )
    link = rendering.finish_markup(format_html('<p><a href="{}">Continue</a></p>', url))
    response = render(request, "affiliates/leaving.html", {"name": name, "shop": shop, "meta": meta, "link": link})
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-cache"
    return response


@require_POST
@csrf_exempt  # it accepts only the slug in its URL, and counts only requests from our own pages
def count_click(request: HttpRequest, slug: str) -> HttpResponse:
    """Count a click on a direct link, as reported by static/site/js/affiliate-clicks.js. Always returns 204."""
    response = CountedResponse(status=204)
    if is_human_on_site(request):
        with suppress(Http404):
            target = _resolve(request, slug)
            if _counts(request, target):
                response.count = _counter(target)
    return response


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """Show the shop page, filtered by the words of `q`."""
    query = strip_control_characters(request.GET.get("q", ""))[:200].strip()
    sections = load_sections(query)
    page = ShopPage.load()
    products = [product for section in sections for product in section.products]
    context = {
        "shop": page,
        "query": query,
        "has_results": bool(products),
        "meta": shop_meta(page, products, is_whole=not query),
        # Finished like every text, with the disclosure before the first affiliate link.
        "favorites": rendering.finish_markup(render_to_string("affiliates/_favorites.html", {"sections": sections})),
    }
    return render(request, "affiliates/shop.html", context)
