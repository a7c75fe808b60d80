"""Links within the site: kept with each post, and read by the desk's report on what leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import Resolver404, resolve

from blog.snippets import texts_elsewhere
from publishing.document_paths import document_models, documents_at
from richtext.analysis import analyze

if TYPE_CHECKING:
    from blog.models import PostQuerySet

LONGEST = 500


class PostLink(models.Model):
    """That a post's text links to a place of this site: its address without the outer slashes, `""` for the home."""

    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE, related_name="links")
    place = models.CharField(max_length=LONGEST)

    class Meta:
        constraints = [models.UniqueConstraint("post", "place", name="blog_postlink_unique")]
        indexes = [models.Index(fields=("place",), name="blog_postlink_place")]

    def __str__(self) -> str:
        return f"{self.post}: /{self.place}"


class BrokenLink(NamedTuple):
    """A link that leads readers nowhere: where it stands, where it leads, and why nobody arrives."""

    holder: Any
    address: str
    reason: str


def site_path(href: str) -> str | None:
    """The place of this site that `href` leads to, without query and anchor; None when it leads elsewhere."""
    try:
        parts = urlsplit(href)
    except ValueError:  # such as http://[
        return None
    is_own = parts.netloc == urlsplit(settings.SITE_URL).netloc if parts.netloc else parts.path.startswith("/")
    place = unquote(parts.path).strip("/")
    return place if is_own and parts.scheme in ("", "http", "https") and len(place) <= LONGEST else None


def site_paths(hrefs: Iterable[str]) -> set[str]:
    """The places of this site among `hrefs`."""
    return {place for href in hrefs if (place := site_path(href)) is not None}


def remember_links(post: Any, wanted: set[str]) -> None:
    """Keep `wanted` as the places that the text of `post` links to."""
    kept = set(post.links.values_list("place", flat=True))
    if gone := kept - wanted:
        post.links.filter(place__in=gone).delete()
    PostLink.objects.bulk_create(
        [PostLink(post=post, place=place) for place in sorted(wanted - kept)], ignore_conflicts=True
    )


def orphans() -> PostQuerySet:
    """Public posts that no other public post, no page and no snippet links to, the newest first.

    One query, and one for each other kind of text.
    """
    posts = _posts()
    links = PostLink.objects.filter(place=OuterRef("slug"), post__in=posts.published().values("pk"))
    elsewhere = {place for _, found in _elsewhere() for place in found}
    found = posts.published().exclude(Exists(links.exclude(post=OuterRef("pk"))))
    return found.exclude(slug__in=elsewhere).newest_first().defer("body", "headings")


def broken_links() -> list[BrokenLink]:
    """Links of public posts, pages and snippets that lead readers nowhere. A fixed number of queries."""
    posts = _posts()
    public = posts.published()
    unproved = PostLink.objects.filter(post__in=public.values("pk")).exclude(
        Exists(public.filter(slug=OuterRef("place")))
    )
    links: list[tuple[Any, str]] = [
        (link.post, link.place) for link in unproved.select_related("post").defer("post__body", "post__headings")
    ]
    links += [(holder, place) for holder, found in _elsewhere() for place in sorted(found)]
    ways = _Ways({place for _, place in links})
    return [
        BrokenLink(holder, f"/{place}/" if place else "/", reason)
        for holder, place in links
        if (reason := ways.broken_reason(place))
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


def _elsewhere() -> list[tuple[Any, set[str]]]:
    """Every other text that readers see, with the places that it links to."""
    return [(row, site_paths(analyze(text).links)) for row, text in texts_elsewhere() if text]


def _all(name: str) -> Any:
    return apps.get_model("blog", name).objects.all()


def _posts() -> Any:
    return _all("Post")
