"""The context processor that gives every template the site's facts, fetched only when a template asks."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from siteinfo.addresses import absolute_url
from siteinfo.models import SiteInfo


def _load() -> SiteInfo:
    return SiteInfo.objects.prefetch_related("social_links").first() or SiteInfo()


def site(request: HttpRequest) -> dict[str, Any]:
    """`site` (SiteInfo) and `canonical` (this page's absolute address without its query)."""
    return {"site": SimpleLazyObject(_load), "canonical": absolute_url(request.path)}
