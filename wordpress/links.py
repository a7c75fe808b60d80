"""Links of imported texts to their old site lead to where things are now. Nothing else in the texts changes."""

import html
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.utils.encoding import escape_uri_path

from blog.internal_links import broken_reasons
from redirects import services
from redirects.normalize import normalize_path
from wordpress.legacy_urls import answer_path, answer_query, asks_by_query
from wordpress.models import Origin, fingerprint
from wordpress.report import Report
from wordpress.source_site import OldSite

_HREF = re.compile(r'(<a\b[^<>]*?\shref=")([^"]*)(")')


def lead_links(site: OldSite, models: Mapping[str, type[Any]], known: Mapping[str, str], report: Report) -> None:
    """Rewrite the links of what came from `site` and nobody edited here; name those that lead nowhere here.

    `known` tells the present address for places of the old site. Each text is its own transaction. It looks at every
    text that still names the old host, so what an interrupted run left is done by the next one.
    """
    led: dict[str, str] = {}
    if not site.host:
        return
    for kind, model in models.items():
        origins = {origin.object_id: origin for origin in Origin.objects.filter(site=site.name, kind=kind)}
        rows = model.objects.filter(body__icontains=site.host).order_by("pk")
        for key in [key for key in rows.values_list("pk", flat=True) if key in origins]:
            with transaction.atomic():
                document = rows.get(pk=key)
                if fingerprint(document) == origins[key].fingerprint:
                    _lead_links_of(document, origins[key], site, led, known, report)


def _lead_links_of(
    document: Any, origin: Origin, site: OldSite, led: dict[str, str], known: Mapping[str, str], report: Report
) -> None:
    def lead(link: re.Match[str]) -> str:
        url = html.unescape(link[2])
        if site.asked(url) is None:
            return link[0]
        if url not in led:
            led[url] = _here(url, site, known)
        if not led[url]:
            report.old_links[url].append(str(document))
            return link[0]
        return f"{link[1]}{html.escape(led[url])}{link[3]}"

    body = _HREF.sub(lead, document.body)
    if body != document.body:
        document.body = body
        document.save()
        origin.fingerprint = fingerprint(document)
        origin.save()


def _here(url: str, site: OldSite, known: Mapping[str, str]) -> str:
    """The present address of what `url` showed, with its query and "#" part; "" if nothing here is that."""
    asked = site.asked(url)
    assert asked is not None  # the caller has asked
    place, query, fragment = asked
    address = known.get(normalize_path(place), "")
    is_answered = place or not asks_by_query(query)
    if not address and is_answered and "." not in place and not broken_reasons({place}):
        address = escape_uri_path(f"/{place}/") if place else "/"
    if address:
        return f"{address}?{query.urlencode()}{fragment}" if query else address + fragment
    led = _led(place, query)
    return led and led + fragment


def _led(place: str, query: QueryDict) -> str:
    """Where the site leads somebody who asks for an old address; "" if nowhere."""
    if place and (moved := services.resolve_redirect(f"/{place}")):
        return moved.address
    try:
        answer: HttpResponse | None = answer_path(f"/{place}/", query) if place else answer_query(query)
    except Http404:
        return ""
    return answer.get("Location", "") if answer else ""
