"""The key file, which proves to search engines that submissions come from this site."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from indexnow import submission
from siteinfo.models import SiteInfo


@require_safe
def key_file(request: HttpRequest, key: str) -> HttpResponse:
    """Serve the key at its own URL, while the owner wants IndexNow."""
    if not constant_time_compare(key, submission.key()) or not SiteInfo.load().uses_indexnow:
        raise Http404
    return HttpResponse(key, content_type="text/plain; charset=utf-8", headers={"X-Robots-Tag": "noindex"})
