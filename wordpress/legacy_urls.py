"""The addresses that WordPress gave to pages, and where each is now: one permanent redirect, or an honest 404 or 410.

Shapes only: posts keep `/slug/`, so nothing is stored but what `Origin` knows of numbers and earlier names. What the
site answers itself is never touched; the sources of the shapes are WordPress's own rewrite rules
(https://developer.wordpress.org/reference/classes/wp_rewrite/) and query variables.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseGone,
    HttpResponseNotFound,
    HttpResponsePermanentRedirect,
    QueryDict,
)
from django.urls import Resolver404, resolve, reverse
from django.utils.encoding import escape_uri_path

from accounts.models import Author
from blog.models import Category, Post, PostQuerySet, Tag
from blog.views import POSTS_PER_PAGE
from pages.models import Page
from publishing.models import YEARS
from wordpress.models import Origin

# Asked for by robots all day: they get no page, and cost no query.
_MACHINERY = re.compile(r"/+(wp-(admin|login|json|includes|cron|config|signup|activate|mail)|xmlrpc\.php)", re.I)
_FEEDS = ("feed", "rss", "rss2", "rdf", "atom")
_ENDS = ("amp", "embed", "trackback")
_LISTS = ("category", "tag", "author", "archives")
_SITEMAPS = ("wp-sitemap.xml", "sitemap_index.xml", "post-sitemap.xml")
# In the order in which WordPress heeds them; `s` and `feed` come without a number.
_QUERIES = ("p", "page_id", "name", "pagename", "s", "author", "cat", "tag", "m", "feed", "paged", "attachment_id")


class Shown(NamedTuple):
    """A page of today: its address, and its posts if it is a list of them."""

    address: str
    posts: PostQuerySet | None = None
    feed: str = ""


class OldAddresses:
    """Middleware for what would cost more as a page that is not found, or would be shown as the home page.

    Every other old address is answered by `answer_path`, which the site asks where it has no page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _MACHINERY.match(request.path_info):
            return HttpResponseNotFound("Not found", content_type="text/plain; charset=utf-8")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Before the home page is shown: did the address ask for something else?"""
        asked = request.path_info == "/" and asks_by_query(request.GET)
        return answer_query(request.GET) if asked and request.method in {"GET", "HEAD"} else None


def asks_by_query(query: QueryDict) -> bool:
    """Whether the root with `query` was more than the front page."""
    return any(query.get(name) for name in _QUERIES)


def answer_query(query: QueryDict) -> HttpResponse:
    """The answer to `/?p=12` and its kind. Http404 when nothing here was that: no home page poses as it."""
    name = next(name for name in _QUERIES if query.get(name))
    value, feed = query.get(name, "").strip().replace("\x00", ""), query.get("feed", "")
    kept = query.copy()
    for used in (*_QUERIES, "post_type", "preview", "category_name"):
        kept.pop(used, None)
    if name == "s":
        kept["q"] = value
        return _redirect("/search/", kept)
    number = _number(query.get("paged", ""))
    if name in {"feed", "paged"}:
        found: Shown | None = Shown(reverse("blog:post_list"), Post.objects.published(), reverse("blog:feed"))
    elif name == "m":
        found = _dated([value[:4], *([value[4:6]] if value[4:6] else [])])
    elif name == "pagename":
        found = _page([part for part in value.split("/") if part])
    elif name in {"name", "tag"}:
        found = _post(value) if name == "name" else _tag(value)
    else:
        found = _numbered(name, value)
    if found is None:
        raise Http404
    if feed.startswith("comments-"):
        return HttpResponseGone(_GONE)
    if feed:
        return _redirect(_own_feed(found, feed), kept)
    return _redirect(_paged(found, number, kept), kept)


def answer_path(path: str, query: QueryDict) -> HttpResponse | None:
    """The answer to an address that the site does not know; None when WordPress knew none like it either."""
    parts, number, feed = _read(path)
    if len(parts) == 1 and parts[0].lower() in _SITEMAPS:
        return _redirect(reverse("sitemap_index"), query)
    if feed and [part.lower() for part in parts] == ["comments"]:
        return HttpResponseGone(_GONE)
    found = _place(parts)
    if found is None:
        return None
    if feed and found.posts is None:
        return HttpResponseGone(_GONE)  # the comments of one post
    kept = query.copy()
    address = _own_feed(found, feed) if feed else _paged(found, number, kept)
    return None if address == escape_uri_path(path) else _redirect(address, kept)


def _read(path: str) -> tuple[list[str], int, str]:
    """The parts of an old path without its ending, the number of a list's page, and the format of a feed or ""."""
    parts = [part for part in path.replace("\x00", "").split("/") if part]
    while parts and parts[0].lower() == "index.php":
        parts.pop(0)
    if len(parts) > 1 and parts[-2].lower() == "page" and parts[-1].isdecimal():
        return parts[:-2], _number(parts[-1]), ""
    if parts and parts[-1].lower() in _FEEDS:
        feed = parts.pop().lower()
        return (parts[:-1] if parts and parts[-1].lower() == "feed" else parts), 1, feed
    last = parts[-1].lower() if len(parts) > 1 else ""
    is_page_of_post = len(last) < 3 and last.isdecimal() and not parts[-2].isdecimal() and parts[0] not in _LISTS
    if last in _ENDS or is_page_of_post or last.startswith("comment-page-"):
        parts.pop()
    return parts, 1, ""


_GONE = "This feed of comments ended with the move to the new site. The posts are still in /feed/."


def _place(parts: list[str]) -> Shown | None:
    """What an old path shows, without its ending."""
    first = parts[0].lower() if parts else ""
    if not parts or parts == ["blog"]:
        address = reverse("blog:post_list" if parts else "home")
        return Shown(address, Post.objects.published(), reverse("blog:feed"))
    if first == "category" and len(parts) > 1:
        return _category(parts[1:])
    if first in {"tag", "author"} and len(parts) == 2:
        return _tag(parts[1]) if first == "tag" else _author(parts[1])
    if first == "archives" and len(parts) == 2 and parts[1].isdecimal():
        return _numbered("p", parts[1])
    # Dates; a page's path; else whatever stood before the post's own name: dates, /blog/, a category.
    return _dated(parts) or _page(parts) or _post(parts[-1])


def _page(parts: list[str]) -> Shown | None:
    path = "/".join(parts)
    page = Page.objects.published().filter(path__in=(path, path.lower())).only("path").first()
    return Shown(page.get_absolute_url()) if page else None


def _post(slug: str) -> Shown | None:
    post = Post.objects.published().filter(slug__in=(slug, slug.lower())).only("slug").first()
    return Shown(post.get_absolute_url()) if post else None


def _numbered(name: str, value: str) -> Shown | None:
    """What had a number over there: a text, a category or an author. Files had pages too; they have none here."""
    if name == "attachment_id" or not (value.isascii() and value.isdecimal()):
        return None
    if name == "author":
        return _shown_author(_made_of(Origin.Kind.AUTHOR, Author, key=f"#{value}"))
    if name == "cat":
        return _shown_category(_made_of(Origin.Kind.CATEGORY, Category, key=f"#{value}"))
    texts: dict[Origin.Kind, type[Post | Page]] = {Origin.Kind.POST: Post, Origin.Kind.PAGE: Page}
    for kind, model in texts.items():
        rows = Origin.objects.filter(kind=kind, key__startswith=f"{kind}:{value.lstrip('0')}:").values("object_id")
        if text := model.objects.published().filter(pk__in=rows).order_by("pk").first():
            return Shown(text.get_absolute_url())
    return None


def _category(slugs: list[str]) -> Shown | None:
    """By its path; else by its own name, whatever was above it over there."""
    slugs = [slug.lower() for slug in slugs]
    category = Category.objects.filter(path=f"{'/'.join(slugs)}/").first() or _made_of(
        Origin.Kind.CATEGORY, Category, key=slugs[-1]
    )
    return _shown_category(category)


def _tag(slug: str) -> Shown | None:
    tag = Tag.objects.filter(slug__in=(slug, slug.lower())).first() or _made_of(Origin.Kind.TAG, Tag, key=slug.lower())
    posts = Post.objects.published().filter(tags=tag) if tag else None
    if tag is None or posts is None or not posts.exists():
        return None
    return Shown(tag.get_absolute_url(), posts, reverse("blog:tag_feed", args=[tag.slug]))


def _author(slug: str) -> Shown | None:
    author = Author.objects.filter(slug__in=(slug, slug.lower())).first()
    return _shown_author(author or _made_of(Origin.Kind.AUTHOR, Author, key__iexact=slug))


def _shown_author(author: Author | None) -> Shown | None:
    posts = Post.objects.published().filter(author=author) if author else None
    if author is None or posts is None or not posts.exists():
        return None
    return Shown(author.get_absolute_url(), posts, reverse("blog:author_feed", args=[author.slug]))


def _shown_category(category: Category | None) -> Shown | None:
    if category is None:
        return None
    feed = reverse("blog:category_feed", args=[category.path.strip("/")])
    return Shown(category.get_absolute_url(), Post.objects.published().in_category(category), feed)


def _dated(parts: list[str]) -> Shown | None:
    """A year, a month or a day, which is shown with its month; None for anything else."""
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    year, month = int(parts[0][:5]), int(parts[1][:3]) if len(parts) > 1 else 0
    if year not in YEARS or month not in range(13) or (len(parts) > 1 and not month):
        return None
    posts = Post.objects.published().in_year(year)
    if month:
        posts = posts.filter(month__month=month)
    address = reverse("blog:month", args=[f"{year}", f"{month:02}"]) if month else reverse("blog:year", args=[year])
    return Shown(address, posts) if posts.exists() else None


def _made_of(kind: Origin.Kind, model: type[Any], **key: str) -> Any:
    """The row that came from a thing of WordPress."""
    origins: QuerySet[Origin] = Origin.objects.filter(kind=kind, **key)
    return model.objects.filter(pk__in=origins.values("object_id")).order_by("pk").first()


def _own_feed(found: Shown, kind: str) -> str:
    """The list's feed, in the wanted format where the site has it; the site's own for a list without one."""
    feed = found.feed or reverse("blog:feed")
    atom = f"{feed}atom/"
    try:
        has_atom = (resolve(atom).url_name or "").endswith("_atom")
    except Resolver404:
        has_atom = False
    return atom if kind == "atom" and has_atom else feed


def _paged(found: Shown, number: int, query: QueryDict) -> str:
    """The address of page `number`; the first where the list is shorter by now. Notes the page in `query`."""
    if found.posts is None or number < 2:
        return found.address
    if number <= -(-found.posts.count() // POSTS_PER_PAGE):
        query["page"] = str(number)
    # WordPress's front page was the list of posts.
    return reverse("blog:post_list") if found.address == reverse("home") else found.address


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1


def _redirect(address: str, query: QueryDict) -> HttpResponsePermanentRedirect:
    return HttpResponsePermanentRedirect(f"{address}?{query.urlencode()}" if query else address)
