"""Rewrite links from imported posts and pages to their WordPress site."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from blog.internal_links import missing_pages
from redirects import services
from redirects.normalize import normalize_path
from richtext import references
from richtext.sanitizer import sanitize
from wordpress.legacy_urls import has_legacy_query, legacy_path_response, legacy_query_response
from wordpress.models import ImportedObject, fingerprint
from wordpress.path_mapping import is_reserved_path
from wordpress.reader import Item
from wordpress.report import Report
from wordpress.row_updates import update_rows
from wordpress.source_site import SourceSite

BATCH_SIZE = 25
# The sanitizer writes these paths as they are.
_PLAIN_PATH = re.compile(r"/(?!/)[\w./%?=#~-]*", re.ASCII)
_HREF = re.compile(r'(<a\b[^<>]*?\shref=")([^"]*)(")')


@dataclass
class NewUrls:
    """URLs here for paths of the source site, and those of published items by type and WordPress ID."""

    by_path: dict[str, str] = field(default_factory=dict)
    by_id: dict[tuple[str, int], str] = field(default_factory=dict)

    def record(self, item: Item, document: Any, site: SourceSite) -> None:
        """Record where the URLs of the item lead now, for links to it."""
        url = document.get_absolute_url()
        path = site.path_of(item.link)
        if path and (document.is_published or not is_reserved_path(path)):
            self.by_path[normalize_path(path)] = url
        if document.is_published:
            self.by_id.setdefault((item.post_type, item.post_id), url)

    def add(self, other: "NewUrls") -> None:
        """Add the URLs of another export of the same site."""
        self.by_path |= other.by_path
        self.by_id = other.by_id | self.by_id

    def find_by_id(self, query: QueryDict) -> str:
        """Return the URL for a query that is only an ID, such as `?p=12`, or ""."""
        post_id = query.get("p") or query.get("page_id") or ""
        if len(query) != 1 or not (post_id.isascii() and post_id.isdecimal() and len(post_id) < 19):
            return ""
        return self.by_id.get(("post", int(post_id))) or self.by_id.get(("page", int(post_id)), "")


class LinkRewriter:
    """Rewrite links in documents from `site` that were not edited here, and report those without a match.

    `misled` has the URL of the source site for each URL here that texts already link to without a match.
    """

    def __init__(self, site: SourceSite, new_urls: NewUrls, report: Report, misled: Mapping[str, str]) -> None:
        self.site = site
        self.new_urls = new_urls
        self.report = report
        self.misled = misled
        # The href to write for each old one, or "" without a match.
        self._resolved: dict[str, str] = {}

    def rewrite_documents(self, kind: str, model: type[Any]) -> None:
        """Rewrite the documents of one type, each batch in a transaction.

        Every document that still contains the old host is checked, so a second run finishes an interrupted one.
        """
        imported = ImportedObject.objects.filter(site=self.site.name, kind=kind)
        has_links = self.site.mentioned_in("body")
        if self.misled:
            has_links |= Q(body__contains='href="/')
        documents = model.objects.filter(has_links, pk__in=imported.values("object_id"))
        for pks in batched(list(documents.order_by("pk").values_list("pk", flat=True)), BATCH_SIZE):
            # Resolve the links before the transaction, which blocks visitors' writes on SQLite.
            texts = model.objects.filter(pk__in=pks).order_by("pk").values_list("pk", "title", "body")
            changing = [pk for pk, title, body in texts if self._rewritten(body, title) != body]
            if not changing:
                continue
            with transaction.atomic():
                records = {record.object_id: record for record in imported.filter(object_id__in=changing)}
                rows = model.objects.filter(pk__in=changing).order_by("pk").select_for_update().prefetch_snapshots()
                self._rewrite_batch([(row, records[row.pk]) for row in rows])

    def resolve(self, url: str) -> str:
        """Return the URL here for `url` on the source site, or "" without a match."""
        return html.unescape(self._resolve(url))

    def _rewrite_batch(self, batch: list[tuple[Any, ImportedObject]]) -> None:
        changed = []
        for document, record in batch:
            if record.fingerprint != fingerprint(document):
                continue
            body = self._rewritten(document.body)
            if body != document.body:
                document.body, document.modified_at = body, timezone.now()
                record.fingerprint = fingerprint(document)
                changed.append((document, record))
        documents = [document for document, _ in changed]
        # Only URLs change, so the fields derived from the text and the search index stay as they are.
        update_rows(documents, "body", "modified_at")
        update_rows([record for _, record in changed], "fingerprint")
        references.sync(documents)

    def _rewritten(self, body: str, title: str = "") -> str:
        """Return `body` with its links rewritten. With `title`, report those without a match."""
        return _HREF.sub(partial(self._rewrite_link, title), body)

    def _rewrite_link(self, title: str, link: re.Match[str]) -> str:
        path, mark, fragment = html.unescape(link[2]).partition("#")
        url = self.misled.get(path, path) + mark + fragment
        if self.site.parse_url(url) is None:
            return link[0]
        href = self._resolve(url)
        if not href:
            if title:
                self.report.unresolved_links[url].append(title)
            href = _sanitized_href(url) if path in self.misled else link[2]
        return f"{link[1]}{href}{link[3]}"

    def _resolve(self, url: str) -> str:
        """Return the href for `url` as the sanitizer writes it, or "" without a match or for other sites."""
        if url not in self._resolved:
            found = _new_url(url, self.site, self.new_urls)
            self._resolved[url] = _sanitized_href(found) if found and not _PLAIN_PATH.fullmatch(found) else found
        return self._resolved[url]


def _sanitized_href(url: str) -> str:
    link = _HREF.search(sanitize(f'<p><a href="{html.escape(url)}">link</a></p>'))
    return link[2] if link else ""


def _new_url(url: str, site: SourceSite, new_urls: NewUrls) -> str:
    """Return the URL here for `url`, with its query and fragment, or "" without a match."""
    parsed = site.parse_url(url)
    if parsed is None:
        return ""
    path, query, fragment = parsed
    if not path and (new_url := new_urls.find_by_id(query)):
        return new_url + fragment
    new_url = new_urls.by_path.get(normalize_path(path), "")
    is_path_url = path or not has_legacy_query(query)
    if not new_url and is_path_url and "." not in path and not missing_pages({path}):
        new_url = escape_uri_path(f"/{path}/") if path else "/"
    if new_url:
        return f"{new_url}?{query.urlencode()}{fragment}" if query else new_url + fragment
    resolved = _redirect_target(path and site.with_base(path), query)
    return resolved and resolved + fragment


def _redirect_target(path: str, query: QueryDict) -> str:
    """Return the URL a legacy URL redirects to, or ""."""
    redirect = services.resolve_redirect(f"/{path}", query.urlencode()) if path or query else None
    if redirect is not None:
        return redirect.url
    try:
        response: HttpResponse | None = (
            legacy_path_response(f"/{path}/", query) if path else legacy_query_response(query)
        )
    except Http404:
        return ""
    return response.get("Location", "") if response else ""
