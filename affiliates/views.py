"""The shop page, and where clicks on paid links pass. No cookie, nothing about readers."""

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

from affiliates import disclosure, shop_urls
from affiliates.clicks import ClickCount
from affiliates.models import Link, ShopPage
from affiliates.programs import may_pay
from affiliates.seo import of_shop
from affiliates.shop import shelves
from analytics.visitors import is_human, is_human_on_site
from blog.internal_links import site_path
from siteinfo.seo import Breadcrumb, PageMeta

log = logging.getLogger(__name__)

# A stored address with its tag, each sign of which may become nine.
LONGEST_ADDRESS = 9 * (shop_urls.LONGEST + 200)


class CountedAfterwards(HttpResponse):
    """An answer that is sent first and counted then: a reader never waits for the counter, nor fails with it."""

    count: Callable[[], None] | None = None

    def close(self) -> None:
        """Called by the server once the answer is out (PEP 3333)."""
        count, self.count = self.count, None
        try:
            if count:
                count()
        except DatabaseError:
            log.exception("A click was not counted")
        finally:
            super().close()


class CountedRedirect(CountedAfterwards, HttpResponseRedirect):
    """The same for an answer that leads on."""


class Way(NamedTuple):
    """Where readers of a link go: the key and short name of what stands for it, its shop, and their post or None."""

    link: int
    slug: str
    destination: str
    tag_parameter: str
    tag: str
    is_hidden: bool
    post: int | None


# In SQL, since Django takes ten times longer to put this together than any database to answer it.
_WAY = """
    SELECT shown.id, shown.slug, shown.destination, program.tag_parameter, program.tag, program.allows_redirect,
        (SELECT id FROM blog_post WHERE slug = %s)
    FROM affiliates_link asked
    JOIN affiliates_link shown ON shown.id = CASE WHEN asked.is_retired THEN asked.replacement_id ELSE asked.id END
    JOIN affiliates_program program ON program.id = shown.program_id
    WHERE asked.slug = %s
"""


def _way(request: HttpRequest, slug: str) -> Way:
    """Where the link `slug` leads a reader, in one query; Http404 if nowhere."""
    with connection.cursor() as cursor:
        cursor.execute(_WAY, [site_path(request.headers.get("Referer", "")) or "", slug])
        row = cursor.fetchone()
    if row is None:
        raise Http404
    return Way(*row)


def _count(way: Way) -> Callable[[], None]:
    return lambda: ClickCount.objects.add(way.link, way.post or 0)


@require_safe
@never_cache
def go(request: HttpRequest, slug: str) -> HttpResponse:
    """On to the shop: to the stored address and no other.

    Where a program wants its links to be direct, as Amazon does, nobody is led on: a page shows the link itself.
    Robots, people of the desk and prefetches are not counted.
    """
    way = _way(request, slug)
    if not way.is_hidden:
        link = Link.objects.select_related("program").get(pk=way.link)
        return _show(request, link.name, str(link.program), link.get_absolute_url())
    address = shop_urls.tagged(way.destination, way.tag_parameter, way.tag)
    response = CountedRedirect(address, max_length=LONGEST_ADDRESS)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    if request.method == "GET" and is_human(request):
        response.count = _count(way)
    return response


def lead_on(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """`answer`, which leads on; where that is to a shop which pays, a page that says so and has the link itself."""
    address = answer.get("Location", "")
    host = shop_urls.host_of(address)
    return _show(request, host, host, address) if may_pay(host) else answer


def _show(request: HttpRequest, name: str, place: str, address: str) -> HttpResponse:
    """A page that says where a link leads, with the link: for those who come by an address on this site."""
    meta = PageMeta(
        title=name,
        description=f"Where to find {name}.",
        path=request.path,
        ancestors=(Breadcrumb("Home", "/"),),
        is_indexed=False,
    )
    way = disclosure.finished(format_html('<p><a href="{}">Go on</a></p>', address))
    response = render(request, "affiliates/leaving.html", {"name": name, "place": place, "meta": meta, "way": way})
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-cache"
    return response


@require_POST
@csrf_exempt  # it takes nothing but the name in its address, and counts only what our own pages send
def clicked(request: HttpRequest, slug: str) -> HttpResponse:
    """Count a link that leads directly to a shop: what static/site/js/clicked.js sends. Always answers 204."""
    response = CountedAfterwards(status=204)
    if is_human_on_site(request):
        with suppress(Http404):
            response.count = _count(_way(request, slug))
    return response


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """The author's favourite things in their groups; those with all the words of `q` if there are some."""
    words = "".join(request.GET.get("q", "").split("\x00"))[:200].strip()
    groups = shelves(words)
    page = ShopPage.load()
    products = [product for group in groups for product in group.products]
    context = {
        "shop": page,
        "words": words,
        "is_found": bool(products),
        "meta": of_shop(page, products, is_whole=not words),
        # Like every text, with what must be said before its first paid link.
        "favorites": disclosure.finished(render_to_string("affiliates/_favorites.html", {"groups": groups})),
    }
    return render(request, "affiliates/shop.html", context)
