"""The home page and the views that belong to the whole site rather than to one app."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.contrib.sitemaps import views as sitemap_views
from django.core.exceptions import RequestDataTooBig, SuspiciousFileOperation, TooManyFieldsSent
from django.core.files.storage import default_storage
from django.core.signing import BadSignature
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    HttpResponseServerError,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import is_valid_path, reverse
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe
from django.views.static import was_modified_since

from affiliates.sitemaps import ShopSitemap
from affiliates.views import disclose_redirect
from analytics.visitors import is_prefetch
from blog.sitemaps import SITEMAPS as BLOG_SITEMAPS
from blog.views import post_detail
from images import og_images, site_icons
from object_storage.errors import StorageUnavailableError
from operations.context import current_request_id
from operations.errors import describe
from pagecache.responses import allow_parameters, depend_on_texts
from pages.sitemaps import PageSitemap
from pages.views import page_detail
from ptcomplete.byte_ranges import BLOCK_SIZE, apply_range
from ptcomplete.slow_clients import busy
from public_forms.body_limits import too_large
from public_forms.client_counts import counts_today
from redirects.normalize import without_text_after_path
from redirects.views import existing_page_response, log_not_found, redirect_response
from siteinfo.context_processors import get_site
from siteinfo.local_time import use_local_time_of
from siteinfo.robots import robots_txt
from siteinfo.seo import PageMeta, truncate
from siteinfo.urls import absolute_url
from wordpress.legacy_urls import legacy_path_response

log = logging.getLogger(__name__)

# More than a visitor meets in a day. Further ones from a network are not logged and get a short text.
MAX_NOT_FOUND = 100
SITEMAPS = BLOG_SITEMAPS | {"pages": PageSitemap, "shop": ShopSitemap}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page with the blocks of the “Home page” area."""
    site = get_site(request)
    meta = PageMeta(
        title=site.name,
        full_title=f"{site.name} | {site.tagline}" if site.tagline else site.name,
        description=truncate(site.description or site.hero_text or site.tagline or f"Welcome to {site.name}."),
        path=reverse("home"),
    )
    return render(request, "site/home.html", {"meta": meta})


@require_safe
def document(request: HttpRequest, path: str) -> HttpResponse:
    """Show the post or page at `path`. They share the root of the site, and no two have the same path."""
    if "/" not in path:
        with suppress(Http404):
            return post_detail(request, path)
    return page_detail(request, path)


@require_safe
@csp_override({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": ""})
def media(request: HttpRequest, path: str) -> HttpResponse | FileResponse:
    """Serve an uploaded file. Its name changes with its content, so browsers may cache it forever."""
    try:
        changed_at = default_storage.get_modified_time(path).timestamp()
        if not was_modified_since(request.headers.get("If-Modified-Since"), changed_at):
            return HttpResponse(status=304)
        file = default_storage.open(path)
    except StorageUnavailableError:
        return busy()
    except (
        OSError,
        ValueError,
        SuspiciousFileOperation,
    ) as error:  # e.g. a path outside the folder
        raise Http404 from error
    # Visitors download documents, recordings and videos.
    response = FileResponse(file, as_attachment=path.startswith("files/"))
    response.block_size = BLOCK_SIZE  # Each block costs a call of the server.
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Last-Modified"] = http_date(changed_at)
    return apply_range(request, response, file)


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Show the sitemap index. Its URLs use SITE_URL, not the Host header."""
    sitemaps = []
    for section, sitemap in SITEMAPS.items():
        instance = sitemap(request)
        url, changed_at = absolute_url(reverse("sitemap_section", args=[section])), instance.get_latest_lastmod()
        sitemaps += [
            {"location": f"{url}?p={page}" if page > 1 else url, "last_mod": changed_at}
            for page in instance.paginator.page_range
        ]
    response = render(request, "sitemap_index.xml", {"sitemaps": sitemaps}, content_type="application/xml")
    response["X-Robots-Tag"] = "noindex, noodp, noarchive"
    return depend_on_texts(response)


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """Show the sitemap of a section such as posts or pages."""
    sitemaps: dict[str, Any] = {name: sitemap(request) for name, sitemap in SITEMAPS.items()}
    response = sitemap_views.sitemap(request, sitemaps, section=section, template_name="site/sitemap.xml")
    # Unpublishing a post leaves the newest modification time as it is, so only the ETag can show the change.
    del response["Last-Modified"]
    return depend_on_texts(allow_parameters(response, "p"))


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Serve the site's icon to clients that request /favicon.ico without reading the page."""
    return _icon(site_icons.favicon_ico, "image/x-icon")


@require_safe
def icon_png(request: HttpRequest) -> HttpResponse:
    """Serve the site's icon for tabs and search results."""
    return _icon(site_icons.icon_png, "image/png")


@require_safe
def apple_touch_icon(request: HttpRequest, variant: str = "") -> HttpResponse:
    """Serve the site's icon for home screens. Older devices ask for it by size, and scale it down."""
    return _icon(site_icons.apple_touch_icon, "image/png")


def _icon(make: Callable[[], bytes], content_type: str) -> HttpResponse:
    try:
        response = HttpResponse(make(), content_type=content_type)
    except StorageUnavailableError:
        return busy()
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Serve robots.txt."""
    text = robots_txt(get_site(request))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def og_image(request: HttpRequest, token: str) -> HttpResponse | FileResponse:
    """Serve the generated Open Graph image of a page that has no image."""
    try:
        name = og_images.stored_og_image(token)
    except StorageUnavailableError:
        return busy()
    except (BadSignature, ValueError) as error:
        raise Http404 from error
    return media(request, name)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Report whether visitors get pages: 200 if the database is migrated and the home page renders, otherwise 503."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return _unhealthy("migrations pending", "migrations are pending")
    except DatabaseError as error:
        return _unhealthy("no database", describe(error))
    try:
        home(request)
    except Exception as error:
        # Whatever it is, visitors get the same error.
        return _unhealthy("no pages", describe(error))
    return JsonResponse({"status": "ok"})


def _unhealthy(status: str, reason: str) -> JsonResponse:
    """Return 503. Probes come every few seconds, so each leaves one line in the log; pages leave the traceback."""
    log.error("Not healthy (%s): %s", status, reason)
    response = JsonResponse({"status": status}, status=503)
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the error page with the id of the request. No context processor runs, since one may have failed."""
    page = get_template("500.html").render({"reference": current_request_id()})
    return HttpResponseServerError(page)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Redirect a URL that has moved, that WordPress used or that was copied badly; otherwise show the 404 page.

    A path that only lacks its trailing slash is left to CommonMiddleware, which redirects it.
    """
    if request.method in {"GET", "HEAD"}:
        try:
            query = request.GET
        except TooManyFieldsSent:
            query = QueryDict()
        if (redirect := _moved_response(request, query)) is not None:
            return disclose_redirect(request, redirect)
        if not request.path_info.endswith("/") and is_valid_path(f"{request.path_info}/"):
            return HttpResponseNotFound()
        if not counts_today(request, "not found", limit=MAX_NOT_FOUND):
            return HttpResponseNotFound("Page not found.", content_type="text/plain; charset=utf-8")
        if not is_prefetch(request):
            log_not_found(request)
    # No view was found, before which this is done elsewhere.
    use_local_time_of(get_site(request))
    return render(request, "404.html", status=404)


def _moved_response(request: HttpRequest, query: QueryDict) -> HttpResponse | None:
    """Return the redirect for the requested path, or else for what it is without text that was copied along."""
    path = request.path_info
    if moved := redirect_response(request, path) or legacy_path_response(path, query):
        return moved
    tidied = without_text_after_path(path)
    if tidied == path or not tidied.strip("/"):
        return None
    return existing_page_response(tidied) or redirect_response(request, tidied) or legacy_path_response(tidied, query)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Explain a request that Django refused."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return render(request, "400.html", status=400)
