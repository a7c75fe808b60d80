"""The context processor that gives every template the site's facts, fetched only when a template asks."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject

from siteinfo.models import SiteInfo, SocialLink
from siteinfo.urls import absolute_url

type Facts = tuple[SiteInfo, list[SocialLink]]


def facts_of(request: HttpRequest) -> Facts:
    """The facts and the profiles, fetched once a request: for views that need them before the template does."""
    found: Facts | None = getattr(request, "site_facts", None)
    if found is None:
        found = request.site_facts = _load()  # type: ignore[attr-defined]
    return found


def _load() -> Facts:
    """The facts and the profiles, in one query: a row for each profile, and one if there is none."""
    rows = SiteInfo.objects.annotate(network=F("social_links__network"), url=F("social_links__url"))
    found = list(rows.order_by("social_links__position", "social_links__pk"))
    links = [SocialLink(network=row.network, url=row.url) for row in found if row.url]
    return (found[0] if found else SiteInfo()), links


def site(request: HttpRequest) -> dict[str, Any]:
    """The facts (`site`), its `social_links`, and `canonical`.

    `canonical` is this page's absolute address without its query.
    """
    facts: Any = SimpleLazyObject(lambda: facts_of(request))
    return {
        "site": SimpleLazyObject(lambda: facts[0]),
        "social_links": SimpleLazyObject(lambda: facts[1]),
        "canonical": absolute_url(escape_uri_path(request.path)),
    }
