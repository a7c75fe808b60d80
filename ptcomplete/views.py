"""Pages that compose several rooms, and the addresses that belong to the site as a whole."""

from contextlib import suppress

from django.contrib.sitemaps import views as sitemap_views
from django.core.exceptions import SuspiciousFileOperation, TooManyFieldsSent
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
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import is_valid_path, reverse
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe
from django.views.static import was_modified_since

from affiliates.sitemaps import ShopSitemap
from affiliates.views import lead_on
from blog.sitemaps import SITEMAPS as BLOG_SITEMAPS
from blog.views import post_detail
from images import og_images
from pages.sitemaps import PageSitemap
from pages.views import page_detail
from redirects.views import log_not_found, redirect_response
from siteinfo.context_processors import get_site
from siteinfo.robots import robots_txt
from siteinfo.seo import PageMeta, truncate
from siteinfo.urls import absolute_url
from wordpress.legacy_urls import answer_path

SITEMAPS = BLOG_SITEMAPS | {"pages": PageSitemap, "shop": ShopSitemap}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page, as the author has arranged it."""
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
    """An uploaded file. Its name changes with its content, so that browsers may keep it for ever."""
    try:
        file = default_storage.open(path)
        changed_at = default_storage.get_modified_time(path).timestamp()
    except (OSError, ValueError, SuspiciousFileOperation) as error:  # a name that leaves the folder, or holds a NUL
        raise Http404 from error
    if not was_modified_since(request.headers.get("If-Modified-Since"), changed_at):
        file.close()
        return HttpResponse(status=304)
    response = FileResponse(file)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Last-Modified"] = http_date(changed_at)
    return response


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The map of maps for search engines, at the site's own address whatever the Host header says."""
    maps = []
    for section, sitemap in SITEMAPS.items():
        found = sitemap()
        address, changed_at = absolute_url(reverse("sitemap_section", args=[section])), found.get_latest_lastmod()
        maps += [
            {"location": f"{address}?p={page}" if page > 1 else address, "last_mod": changed_at}
            for page in found.paginator.page_range
        ]
    response = render(request, "sitemap_index.xml", {"sitemaps": maps}, content_type="application/xml")
    response["X-Robots-Tag"] = "noindex, noodp, noarchive"
    return response


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """One section of the map: pages, posts with their pictures, categories, tags, authors, the shop."""
    response = sitemap_views.sitemap(request, {**SITEMAPS}, section=section, template_name="site/sitemap.xml")
    # A post taken back makes no time newer: only the ETag tells whether the map has changed.
    del response["Last-Modified"]
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who ask at the old place instead of reading the page's head."""
    return HttpResponseRedirect(static("site/img/favicon.svg"))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read, as the author decided."""
    text = robots_txt(get_site(request))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def share_card(request: HttpRequest, token: str) -> HttpResponse | FileResponse:
    """The drawn picture of a page that has none of its own."""
    try:
        name = og_images.stored(token)
    except (BadSignature, ValueError) as error:
        raise Http404 from error
    return media(request, name)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether this process can serve: 200 when the database answers and is migrated, else 503 with the reason."""
    try:
        executor = MigrationExecutor(connection)
        pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    if pending:
        return JsonResponse({"status": "migrations pending"}, status=503)
    return JsonResponse({"status": "ok"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Where an address without a page has moved to, else where WordPress had it, else a 404 that helps.

    Nothing is asked or counted for an address that only lacks its slash: Django's CommonMiddleware sends it on.
    """
    if request.method in {"GET", "HEAD"}:
        try:
            query = request.GET
        except TooManyFieldsSent:
            query = QueryDict()
        moved = redirect_response(request) or answer_path(request.path_info, query)
        if moved is not None:
            return lead_on(request, moved)
        if not request.path_info.endswith("/") and is_valid_path(f"{request.path_info}/"):
            return HttpResponseNotFound()
        log_not_found(request)
    return render(request, "404.html", status=404)
