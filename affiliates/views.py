"""The shop page, and where clicks on paid links pass. No cookie, nothing about readers."""

import logging
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError
from django.db.models import IntegerField, QuerySet, Subquery, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from affiliates import addresses, paid
from affiliates.counting import ClickCount
from affiliates.metadata import of_shop
from affiliates.models import Link, ShopPage
from affiliates.shelves import shelves
from blog.linking import place_of_link
from blog.models import Post
from guard.counting import is_a_person, is_a_reader
from siteinfo.metadata import Crumb, Page

log = logging.getLogger(__name__)

# A stored address with its tag, each sign of which may become nine.
LONGEST_ADDRESS = 9 * (addresses.LONGEST + 200)


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


def _link(request: HttpRequest, slug: str) -> Link:
    """The link that readers get for `slug`, with `post`, the key of the post they come from or 0, in one query."""
    place = place_of_link(request.headers.get("Referer", "")) or ""
    links: QuerySet[Link] = Link.objects.select_related("program", "replacement__program")
    post = Subquery(Post.objects.filter(slug=place).values("pk")[:1]) if place else Value(0, IntegerField())
    found = links.annotate(post=post).filter(slug=slug).first()
    current = found.current if found else None
    if found is None or current is None:
        raise Http404
    current.post = found.post or 0  # type: ignore[attr-defined]
    return current


def _count(link: Link) -> Callable[[], None]:
    return lambda: ClickCount.objects.add(link.pk, link.post)  # type: ignore[attr-defined]


@require_safe
@never_cache
def go(request: HttpRequest, slug: str) -> HttpResponse:
    """On to the shop: to the stored address and no other.

    Where a program wants its links to be direct, as Amazon does, nobody is led on: a page shows the link itself.
    Robots, people of the desk and prefetches are not counted.
    """
    link = _link(request, slug)
    if not link.program.allows_redirect:
        return _show(request, link)
    response = CountedRedirect(link.outside, max_length=LONGEST_ADDRESS)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    if request.method == "GET" and is_a_person(request):
        response.count = _count(link)
    return response


def _show(request: HttpRequest, link: Link) -> HttpResponse:
    """A page that says where the link leads, with the link: for those who come by its address on this site."""
    meta = Page(
        title=link.name,
        description=f"Where to find {link.name}.",
        path=link.get_absolute_url(),
        above=(Crumb("Home", "/"),),
        is_indexed=False,
    )
    way = paid.finished(f'<p><a href="{link.get_absolute_url()}">Go on</a></p>')
    response = render(request, "affiliates/leaving.html", {"link": link, "meta": meta, "way": way})
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_POST
@csrf_exempt  # it takes nothing but the name in its address, and counts only what our own pages send
def clicked(request: HttpRequest, slug: str) -> HttpResponse:
    """Count a link that leads directly to a shop: what static/site/js/clicked.js sends. Always answers 204."""
    response = CountedAfterwards(status=204)
    if is_a_reader(request):
        with suppress(Http404):
            response.count = _count(_link(request, slug))
    return response


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """The author's favourite things in their groups; those with all the words of `q` if there are some."""
    words = "".join(request.GET.get("q", "").split("\x00"))[:200].strip()
    groups = shelves(words)
    page = ShopPage.objects.first() or ShopPage()
    products = [product for group in groups for product in group.products]
    context = {
        "shop": page,
        "words": words,
        "is_found": bool(products),
        "meta": of_shop(page, products, is_whole=not words),
        # Like every text, with what must be said before its first paid link.
        "favorites": paid.finished(render_to_string("affiliates/_favorites.html", {"groups": groups})),
    }
    return render(request, "affiliates/shop.html", context)
