"""Rewrite links from imported posts and pages to their WordPress site."""

import html
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.utils.encoding import escape_uri_path

from blog.internal_links import missing_pages
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
    """Rewrite links in documents from `site` that were not edited here, and report those without a match.

    `new_urls` maps paths of the source site to URLs here. Each document is saved in its own transaction. Every
    document that still contains the old host is checked, so a second run finishes an interrupted one.
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
    """Return the URL here for `url`, with its query and fragment, or "" without a match."""
    parsed = site.parse_url(url)
    assert parsed is not None  # checked by the caller
    path, query, fragment = parsed
    new_url = new_urls.get(normalize_path(path), "")
    is_path_url = path or not has_legacy_query(query)
    if not new_url and is_path_url and "." not in path and not missing_pages({path}):
        new_url = escape_uri_path(f"/{path}/") if path else "/"
    if new_url:
        return f"{new_url}?{query.urlencode()}{fragment}" if query else new_url + fragment
    resolved = _redirect_target(path, query)
    return resolved and resolved + fragment


def _redirect_target(path: str, query: QueryDict) -> str:
    """Return the URL a legacy URL redirects to, or ""."""
    if path and (redirect := services.resolve_redirect(f"/{path}")):
        return redirect.url
    try:
        response: HttpResponse | None = (
            legacy_path_response(f"/{path}/", query) if path else legacy_query_response(query)
        )
    except Http404:
        return ""
    return response.get("Location", "") if response else ""
