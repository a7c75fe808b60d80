"""Pages that compose several rooms, and the addresses that belong to the site as a whole."""

from django.contrib.sitemaps import views as sitemap_views
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe
from django.views.static import was_modified_since

from blog.models import Post
from blog.sitemaps import SITEMAPS
from siteinfo.addresses import absolute_url
from siteinfo.models import SiteInfo
from siteinfo.policies import Policy

LATEST_ON_HOME = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page: the three starting points, the latest posts, the author."""
    latest = list(Post.objects.published().newest_first().for_cards()[:LATEST_ON_HOME])
    return render(request, "site/home.html", {"latest": latest})


@require_safe
def policy(request: HttpRequest, policy: Policy) -> HttpResponse:
    """One of the site's standing texts; 404 while it is not written."""
    site = SiteInfo.objects.first()
    if site is None or not policy.body(site):
        raise Http404
    return render(request, "site/policy.html", {"policy": policy, "body": policy.body(site)})


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
    """One section of the map: posts, categories, tags, authors."""
    response = sitemap_views.sitemap(request, {**SITEMAPS}, section=section)
    # A post taken back makes no time newer: only the ETag tells whether the map has changed.
    del response["Last-Modified"]
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who ask at the old place instead of reading the page's head."""
    return HttpResponseRedirect(static("site/img/favicon.svg"))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read: everything but the writing desk."""
    lines = ("User-agent: *", "Disallow: /admin/", "", f"Sitemap: {absolute_url('/sitemap.xml')}", "")
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


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
    """A 404 that helps: the topics and the newest posts."""
    latest = Post.objects.published().newest_first().for_cards()[:3]
    return render(request, "404.html", {"latest": latest}, status=404)
