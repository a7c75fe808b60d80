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
from wordpress.legacy_urls import has_legacy_query, legacy_path_response, legacy_query_response
from wordpress.models import ImportedObject, fingerprint
from wordpress.report import Report
from wordpress.source_site import SourceSite

_HREF = re.compile(r'(<a\b[^<>]*?\shref=")([^"]*)(")')


def rewrite_links(
    site: SourceSite, models: Mapping[str, type[Any]], new_urls: Mapping[str, str], report: Report
) -> None:
    """Rewrite the links of what came from `site` and nobody edited here; name those that lead nowhere here.

    `new_urls` tells the present new_url for places of the old site. Each text is its own transaction. It looks at every
    text that still names the old host, so what an interrupted run left is done by the next one.
    """
    resolved: dict[str, str] = {}
    if not site.host:
        return
    for kind, model in models.items():
        imported_objects = {
            imported.object_id: imported for imported in ImportedObject.objects.filter(site=site.name, kind=kind)
        }
        rows = model.objects.filter(body__icontains=site.host).order_by("pk")
        for key in [key for key in rows.values_list("pk", flat=True) if key in imported_objects]:
            with transaction.atomic():
                document = rows.get(pk=key)
                if fingerprint(document) == imported_objects[key].fingerprint:
                    _rewrite_document_links(document, imported_objects[key], site, resolved, new_urls, report)


def _rewrite_document_links(
    document: Any,
    imported: ImportedObject,
    site: SourceSite,
    resolved: dict[str, str],
    new_urls: Mapping[str, str],
    report: Report,
) -> None:
    def rewrite(link: re.Match[str]) -> str:
        url = html.unescape(link[2])
        if site.parse_url(url) is None:
            return link[0]
        if url not in resolved:
            resolved[url] = _new_url(url, site, new_urls)
        if not resolved[url]:
            report.unresolved_links[url].append(str(document))
            return link[0]
        return f"{link[1]}{html.escape(resolved[url])}{link[3]}"

    body = _HREF.sub(rewrite, document.body)
    if body != document.body:
        document.body = body
        document.save()
        imported.fingerprint = fingerprint(document)
        imported.save()


def _new_url(url: str, site: SourceSite, new_urls: Mapping[str, str]) -> str:
    """The present new_url of what `url` showed, with its query and "#" part; "" if nothing here is that."""
    parsed = site.parse_url(url)
    assert parsed is not None  # the caller has asked
    path, query, fragment = parsed
    new_url = new_urls.get(normalize_path(path), "")
    is_answered = path or not has_legacy_query(query)
    if not new_url and is_answered and "." not in path and not broken_reasons({path}):
        new_url = escape_uri_path(f"/{path}/") if path else "/"
    if new_url:
        return f"{new_url}?{query.urlencode()}{fragment}" if query else new_url + fragment
    resolved = _redirect_target(path, query)
    return resolved and resolved + fragment


def _redirect_target(path: str, query: QueryDict) -> str:
    """Where the site leads somebody who asks for an old new_url; "" if nowhere."""
    if path and (moved := services.resolve_redirect(f"/{path}")):
        return moved.url
    try:
        answer: HttpResponse | None = legacy_path_response(f"/{path}/", query) if path else legacy_query_response(query)
    except Http404:
        return ""
    return answer.get("Location", "") if answer else ""
