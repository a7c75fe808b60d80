"""Redirect WordPress URLs to their pages here, in one permanent redirect, or return 404 or 410.

URLs are matched by their format, since posts keep their slugs. Only `ImportedObject` stores IDs and earlier slugs.
URLs on this site are never affected. The formats are those of WordPress's rewrite rules
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
from plaintext.characters import strip_control_characters
from plaintext.numbers import parse_page_number
from publishing.models import YEARS
from wordpress.models import ImportedObject

# Bots request these all day. They get a plain 404 without a database query.
_WORDPRESS_ENDPOINTS = re.compile(
    r"/+(wp-(admin|login|json|includes|cron|config|signup|activate|mail)|xmlrpc\.php)", re.I
)
_FEEDS = ("feed", "rss", "rss2", "rdf", "atom")
_SUFFIXES = ("amp", "embed", "trackback")
_LISTS = ("category", "tag", "author", "archives")
_SITEMAPS = ("wp-sitemap.xml", "sitemap_index.xml", "post-sitemap.xml")
# In WordPress's order of precedence.
_QUERY_PARAMETERS = (
    "p",
    "page_id",
    "name",
    "pagename",
    "s",
    "author",
    "cat",
    "tag",
    "m",
    "feed",
    "paged",
    "attachment_id",
)


class Target(NamedTuple):
    """The URL of a page here, with its posts and feed if it lists posts."""

    url: str
    posts: PostQuerySet | None = None
    feed: str = ""


class LegacyUrlMiddleware:
    """Respond to WordPress endpoints cheaply, and redirect legacy queries of the home page.

    The 404 view handles all other legacy URLs with `legacy_path_response`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return a plain 404 for WordPress endpoints."""
        if _WORDPRESS_ENDPOINTS.match(request.path_info):
            return HttpResponseNotFound("Not found", content_type="text/plain; charset=utf-8")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Handle legacy queries such as `/?p=12` before the home page view runs."""
        is_legacy = request.path_info == "/" and has_legacy_query(request.GET)
        return legacy_query_response(request.GET) if is_legacy and request.method in {"GET", "HEAD"} else None


def has_legacy_query(query: QueryDict) -> bool:
    """Return whether WordPress showed something else than the front page for `/` with `query`."""
    return any(query.get(name) for name in _QUERY_PARAMETERS)


def legacy_query_response(query: QueryDict) -> HttpResponse:
    """Return the response to a query such as `/?p=12`. Raise Http404 without a match."""
    name = next(name for name in _QUERY_PARAMETERS if query.get(name))
    value, feed = strip_control_characters(query.get(name, "").strip()), query.get("feed", "")
    remaining = query.copy()
    for used in (*_QUERY_PARAMETERS, "post_type", "preview", "category_name"):
        remaining.pop(used, None)
    if name == "s":
        remaining["q"] = value
        return _redirect("/search/", remaining)
    number = parse_page_number(query.get("paged")) or 1
    if name in {"feed", "paged"}:
        target: Target | None = Target(reverse("blog:post_list"), Post.objects.published(), reverse("blog:feed"))
    elif name == "m":
        target = _date_archive([value[:4], *([value[4:6]] if value[4:6] else [])])
    elif name == "pagename":
        target = _page([part for part in value.split("/") if part])
    elif name in {"name", "tag"}:
        target = _post(value) if name == "name" else _tag(value)
    else:
        target = _find_by_id(name, value)
    if target is None:
        raise Http404
    if feed.startswith("comments-"):
        return HttpResponseGone(_COMMENT_FEED_GONE)
    if feed:
        return _redirect(_feed_url(target, feed), remaining)
    return _redirect(_page_url(target, number, remaining), remaining)


def legacy_path_response(path: str, query: QueryDict) -> HttpResponse | None:
    """Return the response to an unknown path, or None if it is not a WordPress path either."""
    parts, number, feed = _parse_path(path)
    if len(parts) == 1 and parts[0].lower() in _SITEMAPS:
        return _redirect(reverse("sitemap_index"), query)
    if feed and [part.lower() for part in parts] == ["comments"]:
        return HttpResponseGone(_COMMENT_FEED_GONE)
    target = _find_target(parts)
    if target is None:
        return None
    if feed and target.posts is None:
        return HttpResponseGone(_COMMENT_FEED_GONE)  # the comments of one post
    remaining = query.copy()
    url = _feed_url(target, feed) if feed else _page_url(target, number, remaining)
    return None if url == escape_uri_path(path) else _redirect(url, remaining)


def _parse_path(path: str) -> tuple[list[str], int, str]:
    """Return the segments of a path without its suffix, the page number, and the feed format or ""."""
    parts = [part for part in strip_control_characters(path).split("/") if part]
    while parts and parts[0].lower() == "index.php":
        parts.pop(0)
    if len(parts) > 1 and parts[-2].lower() == "page" and parts[-1].isdecimal():
        return parts[:-2], parse_page_number(parts[-1]) or 1, ""
    if parts and parts[-1].lower() in _FEEDS:
        feed = parts.pop().lower()
        return (parts[:-1] if parts and parts[-1].lower() == "feed" else parts), 1, feed
    last = parts[-1].lower() if len(parts) > 1 else ""
    is_page_of_post = len(last) < 3 and last.isdecimal() and not parts[-2].isdecimal() and parts[0] not in _LISTS
    if last in _SUFFIXES or is_page_of_post or last.startswith("comment-page-"):
        parts.pop()
    return parts, 1, ""


_COMMENT_FEED_GONE = "This comment feed is no longer available. The post feed is at /feed/."


def _find_target(parts: list[str]) -> Target | None:
    """Return the target of a path without its suffix."""
    first = parts[0].lower() if parts else ""
    if not parts or parts == ["blog"]:
        url = reverse("blog:post_list" if parts else "home")
        return Target(url, Post.objects.published(), reverse("blog:feed"))
    if first == "category" and len(parts) > 1:
        return _category(parts[1:])
    if first in {"tag", "author"} and len(parts) == 2:
        return _tag(parts[1]) if first == "tag" else _author(parts[1])
    if first == "archives" and len(parts) == 2 and parts[1].isdecimal():
        return _find_by_id("p", parts[1])
    # A date archive, a page, or a post after any prefix: dates, /blog/ or a category.
    return _date_archive(parts) or _page(parts) or _post(parts[-1])


def _page(parts: list[str]) -> Target | None:
    path = "/".join(parts)
    page = Page.objects.published().filter(path__in=(path, path.lower())).only("path").first()
    return Target(page.get_absolute_url()) if page else None


def _post(slug: str) -> Target | None:
    post = Post.objects.published().filter(slug__in=(slug, slug.lower())).only("slug").first()
    return Target(post.get_absolute_url()) if post else None


def _find_by_id(name: str, value: str) -> Target | None:
    """Return the target for a WordPress ID of a post, page, category or author. Attachments have no page here."""
    if name == "attachment_id" or not (value.isascii() and value.isdecimal()):
        return None
    if name == "author":
        return _author_target(_imported_row(ImportedObject.Kind.AUTHOR, Author, key=f"#{value}"))
    if name == "cat":
        return _category_target(_imported_row(ImportedObject.Kind.CATEGORY, Category, key=f"#{value}"))
    texts: dict[ImportedObject.Kind, type[Post | Page]] = {
        ImportedObject.Kind.POST: Post,
        ImportedObject.Kind.PAGE: Page,
    }
    for kind, model in texts.items():
        rows = ImportedObject.objects.filter(kind=kind, key__startswith=f"{kind}:{value.lstrip('0')}:").values(
            "object_id"
        )
        if text := model.objects.published().filter(pk__in=rows).order_by("pk").first():
            return Target(text.get_absolute_url())
    return None


def _category(slugs: list[str]) -> Target | None:
    """Find a category by its path, or by its slug with any ancestors."""
    slugs = [slug.lower() for slug in slugs]
    category = Category.objects.filter(path=f"{'/'.join(slugs)}/").first() or _imported_row(
        ImportedObject.Kind.CATEGORY, Category, key=slugs[-1]
    )
    return _category_target(category)


def _tag(slug: str) -> Target | None:
    tag = Tag.objects.filter(slug__in=(slug, slug.lower())).first() or _imported_row(
        ImportedObject.Kind.TAG, Tag, key=slug.lower()
    )
    posts = Post.objects.published().filter(tags=tag) if tag else None
    if tag is None or posts is None or not posts.exists():
        return None
    return Target(tag.get_absolute_url(), posts, reverse("blog:tag_feed", args=[tag.slug]))


def _author(slug: str) -> Target | None:
    author = Author.objects.filter(slug__in=(slug, slug.lower())).first()
    return _author_target(author or _imported_row(ImportedObject.Kind.AUTHOR, Author, key__iexact=slug))


def _author_target(author: Author | None) -> Target | None:
    posts = Post.objects.published().filter(author=author) if author else None
    if author is None or posts is None or not posts.exists():
        return None
    return Target(author.get_absolute_url(), posts, reverse("blog:author_feed", args=[author.slug]))


def _category_target(category: Category | None) -> Target | None:
    if category is None:
        return None
    feed = reverse("blog:category_feed", args=[category.path.strip("/")])
    return Target(category.get_absolute_url(), Post.objects.published().in_category(category), feed)


def _date_archive(parts: list[str]) -> Target | None:
    """Return the archive of a year or month. A day has the archive of its month."""
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    year, month = int(parts[0][:5]), int(parts[1][:3]) if len(parts) > 1 else 0
    if year not in YEARS or month not in range(13) or (len(parts) > 1 and not month):
        return None
    posts = Post.objects.published().in_year(year)
    if month:
        posts = posts.filter(month__month=month)
    url = reverse("blog:month", args=[f"{year}", f"{month:02}"]) if month else reverse("blog:year", args=[year])
    return Target(url, posts) if posts.exists() else None


def _imported_row(kind: ImportedObject.Kind, model: type[Any], **key: str) -> Any:
    """Return the row imported from a WordPress object, or None."""
    imported_objects: QuerySet[ImportedObject] = ImportedObject.objects.filter(kind=kind, **key)
    return model.objects.filter(pk__in=imported_objects.values("object_id")).order_by("pk").first()


def _feed_url(target: Target, kind: str) -> str:
    """Return the URL of the target's feed, or of the site feed if it has none."""
    feed = target.feed or reverse("blog:feed")
    atom = f"{feed}atom/"
    try:
        has_atom = (resolve(atom).url_name or "").endswith("_atom")
    except Resolver404:
        has_atom = False
    return atom if kind == "atom" and has_atom else feed


def _page_url(target: Target, number: int, query: QueryDict) -> str:
    """Return the URL of the list and set `page` in `query`, unless the list is too short now."""
    if target.posts is None or number < 2:
        return target.url
    if number <= -(-target.posts.count() // POSTS_PER_PAGE):
        query["page"] = str(number)
    # WordPress's front page was the list of posts.
    return reverse("blog:post_list") if target.url == reverse("home") else target.url


def _redirect(url: str, query: QueryDict) -> HttpResponsePermanentRedirect:
    return HttpResponsePermanentRedirect(f"{url}?{query.urlencode()}" if query else url)
