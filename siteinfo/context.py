"""The context processor that gives every template the site's facts, fetched only when a template asks."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject

from siteinfo.addresses import absolute_url
from siteinfo.models import SiteInfo, SocialLink
from siteinfo.policies import written


def _load() -> tuple[SiteInfo, list[SocialLink]]:
    """The facts and the profiles, in one query: a row for each profile, and one if there is none."""
    rows = SiteInfo.objects.annotate(network=F("social_links__network"), url=F("social_links__url"))
    found = list(rows.order_by("social_links__position", "social_links__pk"))
    links = [SocialLink(network=row.network, url=row.url) for row in found if row.url]
    return (found[0] if found else SiteInfo()), links


def site(request: HttpRequest) -> dict[str, Any]:
    """The facts (`site`), its `social_links`, its written `policies`, and `canonical`.

    `canonical` is this page's absolute address without its query.
    """
    facts: Any = SimpleLazyObject(_load)
    return {
        "site": SimpleLazyObject(lambda: facts[0]),
        "social_links": SimpleLazyObject(lambda: facts[1]),
        "policies": SimpleLazyObject(lambda: written(facts[0])),
        "canonical": absolute_url(escape_uri_path(request.path)),
    }
