"""Redirect WordPress URLs to their pages here, in one permanent redirect, or return 404.

URLs are matched by their format, since posts keep their slugs. `ImportedObject` stores the IDs, and the import creates
redirects for the permalinks of posts that end in something else than the slug. URLs on this site are never affected.
The formats are those of WordPress's rewrite rules (https://developer.wordpress.org/reference/classes/wp_rewrite/) and
query variables.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotFound,
    HttpResponsePermanentRedirect,
    QueryDict,
)
from django.urls import Resolver404, resolve, reverse
from django.utils.encoding import escape_uri_path

from blog.views import POSTS_PER_PAGE
from plaintext.characters import strip_control_characters
from plaintext.numbers import parse_page_number
from redirects.services import resolve_redirect
from redirects.views import redirect_response
from wordpress.legacy_targets import (
    QUERY_PARAMETERS,
    Target,
    all_posts,
    find_by_id,
    find_by_query,
    find_target,
    redirected_target,
)
from wordpress.media.old_urls import media_url

# Bots request these all day. They get a plain 404 without a database query. Posts may be called /wp-login-problems/.
_WORDPRESS_ENDPOINTS = re.compile(
    r"/+(?:wp-(?:admin|includes|json)(?:/|\Z)|(?:wp-(?:login|cron|config|config-sample|signup|activate|mail)|xmlrpc)\.)",
    re.I,
)
_FEEDS = ("feed", "rss", "rss2", "rdf", "atom")
_SUFFIXES = ("amp", "embed", "trackback")
LISTS = frozenset({"category", "tag", "author", "archives"})
# The end of a path after which WordPress looks for the slug one segment before.
NOT_SLUGS = frozenset({*_FEEDS, *_SUFFIXES, "page", "comments"})
_SITEMAPS = ("wp-sitemap.xml", "sitemap_index.xml", "post-sitemap.xml")


class LegacyUrlMiddleware:
    """Respond to WordPress endpoints cheaply, and redirect WordPress URLs that a view here would answer otherwise.

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
        """Handle queries such as `/?p=12`, and the permalink /admin/post/ of an author called admin."""
        if request.method not in {"GET", "HEAD"} or request.resolver_match is None:
            return None
        query = QueryDict()
        with suppress(TooManyFieldsSent):
            query = request.GET
        if request.path_info == "/":
            return legacy_query_response(query) if has_legacy_query(query) else None
        if request.resolver_match.view_name in {"document", "blog:post_list"}:
            return legacy_id_response(query) or legacy_folder_response(request.path_info, query)
        # The admin answers all paths below /admin/, also those without a page there.
        is_unknown_admin_path = request.resolver_match.app_name == "admin" and not request.resolver_match.url_name
        if not is_unknown_admin_path:
            return None
        return redirect_response(request, request.path_info) or legacy_path_response(request.path_info, query)


def has_legacy_query(query: QueryDict) -> bool:
    """Return whether WordPress showed something else than the front page for `/` with `query`."""
    return any(query.get(name) for name in QUERY_PARAMETERS)


def legacy_id_response(query: QueryDict) -> HttpResponse | None:
    """Return the redirect to the post or page whose ID is in `query`, at any path, or None."""
    value = query.get("p") or query.get("page_id") or ""
    target = find_by_id(value) if value else None
    return _redirect(target.url, _remaining(query)) if target else None


def legacy_folder_response(path: str, query: QueryDict) -> HttpResponse | None:
    """Return the response to a query such as `/journal/?cat=3` in the folder of an old blog, or None.

    Such a folder leads to the home page, or is where posts are listed here.
    """
    if not has_legacy_query(query):
        return None
    if path != reverse("blog:post_list"):
        folder = resolve_redirect(path, query.urlencode())
        if folder is None or folder.url != "/":
            return None
    with suppress(Http404):
        return legacy_query_response(query)
    redirect = resolve_redirect("/", query.urlencode())
    return HttpResponsePermanentRedirect(redirect.url) if redirect and redirect.url else None


def legacy_query_response(query: QueryDict) -> HttpResponse:
    """Return the response to a query such as `/?p=12`. Raise Http404 without a match."""
    remaining, feed = _remaining(query), query.get("feed", "")
    if words := strip_control_characters(query.get("s", "").strip()):
        remaining["q"] = words
        return _redirect("/search/", remaining)
    target = find_by_query(query)
    is_of_posts = not any(query.get(name) for name in QUERY_PARAMETERS if name not in {"feed", "paged"})
    if target is None and is_of_posts:
        target = all_posts(reverse("blog:post_list"))
    if target is None:
        raise Http404
    if feed:
        return _redirect(_feed_url(target, feed), remaining)
    return _redirect(_page_url(target, parse_page_number(query.get("paged")) or 1, remaining), remaining)


def legacy_path_response(path: str, query: QueryDict) -> HttpResponse | None:
    """Return the response to an unknown path, or None if it is not a WordPress path either."""
    if by_id := legacy_id_response(query):
        return by_id
    if url := media_url(path):
        return HttpResponsePermanentRedirect(url)
    parts, number, feed = _parse_path(path)
    if parts and parts[-1].lower() in _SITEMAPS:
        return _redirect(reverse("sitemap_index"), query)
    if feed and [part.lower() for part in parts][-1:] == ["comments"]:
        return _redirect(reverse("blog:feed"), query)
    target = _find_redirected(path, parts) or find_target(parts)
    if target is None:
        return None
    remaining = query.copy()
    url = _feed_url(target, feed) if feed else _page_url(target, number, remaining)
    return None if url == escape_uri_path(path) else _redirect(url, remaining)


def _find_redirected(path: str, parts: list[str]) -> Target | None:
    """Return the target of the redirect for the path without its suffix, which can be /2/ after a number."""
    whole = [part for part in path.split("/") if part]
    for shorter in (parts, parts[:-1] if parts and _is_page_number(parts[-1]) else []):
        if shorter and shorter != whole and (target := redirected_target(shorter)):
            return target
    return None


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
    is_page_of_post = _is_page_number(last) and not parts[-2].isdecimal() and parts[0] not in LISTS
    if last in _SUFFIXES or is_page_of_post or last.startswith("comment-page-"):
        parts.pop()
    return parts, 1, ""


def _is_page_number(part: str) -> bool:
    return len(part) < 3 and part.isdecimal()


def _remaining(query: QueryDict) -> QueryDict:
    """Return `query` without WordPress's parameters."""
    remaining = query.copy()
    for used in (*QUERY_PARAMETERS, "post_type", "preview", "day"):
        remaining.pop(used, None)
    return remaining


def _feed_url(target: Target, kind: str) -> str:
    """Return the URL of the target's feed. The feed of a post had its comments, so it leads to the post."""
    if target.posts is None:
        return target.url
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
