"""Links within the site: which are broken, and which posts nothing links to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q
from django.urls import Resolver404, resolve

from publishing.document_paths import document_models, documents_at
from richtext.links import site_path
from richtext.references import Reference

if TYPE_CHECKING:
    from blog.models import PostQuerySet


class BrokenLink(NamedTuple):
    """A link that leads readers nowhere: where it stands, where it leads, and why nobody arrives."""

    holder: Any
    address: str
    reason: str


def site_paths(hrefs: Iterable[str]) -> set[str]:
    """Return the paths of this site among `hrefs`."""
    return {path for href in hrefs if (path := site_path(href)) is not None}


def orphans() -> PostQuerySet:
    """Return the public posts that no other public text links to, the newest first. One query."""
    public = _posts().published()
    own = Q(source_type=ContentType.objects.get_for_model(public.model), source_id=OuterRef("pk"))
    links = Reference.objects.from_public().filter(path=OuterRef("slug")).exclude(own)
    return public.exclude(Exists(links)).newest_first().defer("body", "headings")


def broken_links() -> list[BrokenLink]:
    """Return the links of public texts that lead visitors nowhere. A fixed number of queries."""
    public = _posts().published()
    links = Reference.objects.from_public().filter(path__isnull=False)
    links = links.exclude(Exists(public.filter(slug=OuterRef("path")))).order_by("source_type", "source_id", "path")
    sources = {source.reference_key: source for source in links.sources()}
    found = [(sources[link.source_type_id, link.source_id], link.path or "") for link in links]
    ways = _Ways({path for _, path in found})
    return [
        BrokenLink(source, f"/{path}/" if path else "/", reason)
        for source, path in found
        if (reason := ways.broken_reason(path))
    ]


def broken_reasons(wanted: set[str]) -> dict[str, str]:
    """Those of the places `wanted` where readers find nothing, with the reason. A fixed number of queries."""
    ways = _Ways(wanted)
    return {place: reason for place in wanted if (reason := ways.broken_reason(place))}


def public_paths() -> set[str]:
    """Every post, page, category, tag, series and author that readers can open."""
    known = _Ways(set()).known
    lists = {f"{kind}/{rest}" for kind in ("category", "tag", "series", "author") for rest in known[kind]}
    published: Any = [(kind._default_manager, kind.path_field) for kind in document_models()]
    return lists.union(*(rows.published().values_list(field, flat=True) for rows, field in published))


class _Ways:
    """What is at the places of `wanted`, looked up once."""

    def __init__(self, wanted: set[str]) -> None:
        self.documents: dict[str, Any] = {getattr(each, each.path_field): each for each in documents_at(wanted)}
        public = _posts().published().order_by()
        months = {month for month in public.values_list("month", flat=True).distinct() if month}
        used_tags = apps.get_model("blog", "Tag").objects.filter(tagged_posts__content_object__in=public.values("pk"))
        self.known: dict[str, set[str]] = {
            "category": {path.strip("/") for path in _all("Category").values_list("path", flat=True)},
            "tag": set(used_tags.values_list("slug", flat=True)),
            "series": set(_all("Series").filter(posts__in=public.values("pk")).values_list("slug", flat=True)),
            "author": set(apps.get_model("accounts", "Author").objects.values_list("slug", flat=True)),
            "month": {f"{month:%Y/%m}" for month in months},
            "year": {f"{month:%Y}" for month in months},
        }

    def broken_reason(self, place: str) -> str:
        """Why readers find nothing at `place`; an empty text when they find something."""
        if place.startswith("media/"):
            return "" if default_storage.exists(place.removeprefix("media/")) else "This file is gone."
        try:
            match = resolve(f"/{place}/" if place and "." not in place.rpartition("/")[2] else f"/{place}")
        except Resolver404:
            return "There is nothing at this address."
        if match.url_name == "document":
            document = self.documents.get(place)
            state = {"Trash": "is in the trash", "Draft": "is a draft", "Scheduled": "is not public yet"}
            if document is None:
                return "There is nothing at this address."
            return "" if document.is_published else f"“{document}” {state[document.status_label]}."
        if match.namespaces[:1] == ["admin"]:
            return "This is the writing desk, which readers cannot open."
        kind, _, rest = place.partition("/")
        name = match.url_name or ""
        if name in ("year", "month"):
            kind, rest = name, place
        return "" if rest in self.known.get(kind, {rest}) or rest.endswith("feed") else f"There is no such {kind}."


def _all(name: str) -> Any:
    return apps.get_model("blog", name).objects.all()


def _posts() -> Any:
    return _all("Post")
