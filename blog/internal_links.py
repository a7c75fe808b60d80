"""Check links within the site: find those without a public page, and posts that nothing links to."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import Resolver404, ResolverMatch, resolve

from blog.models import Category, Post, PostQuerySet
from blog.visibility import public_authors, public_entries, public_series, public_tags
from exercises.models import BodyRegion, Condition, Exercise, FinderEntry, Goal
from object_storage.errors import StorageUnavailableError
from publishing.document_paths import document_models, documents_at
from redirects.models import Redirect
from redirects.normalize import matching_old_paths, normalize_path
from redirects.services import resolve_redirect
from richtext.links import site_path
from richtext.references import Reference

NO_PAGE = "There is no page at this URL."

# Takes the keyword arguments of several URLs of one view; returns for each why it shows no page, or "".
type ViewCheck = Callable[[Sequence[dict[str, Any]]], list[str]]


class BrokenLink(NamedTuple):
    """A link to a page that visitors cannot see: the object with the text, the path and the reason."""

    source: models.Model
    path: str
    reason: str


class LinkChecker:
    """Check paths on this site, given without outer slashes, with the querysets of the public views.

    The number of queries does not depend on the number of paths. With `follow_redirects`, a path that redirects to a
    page is not broken.
    """

    def __init__(self, paths: Iterable[str], *, follow_redirects: bool = True) -> None:
        self.reasons = _missing_pages(set(paths))
        if follow_redirects:
            self._follow_redirects()

    def broken_reason(self, path: str) -> str:
        """Return why visitors cannot see a page at `path`, or ""."""
        return self.reasons.get(path, "")

    def _follow_redirects(self) -> None:
        targets = _redirect_targets(self.reasons)
        local = {path: site_path(target) for path, target in targets.items() if target}
        missing = _missing_pages({target for target in local.values() if target is not None})
        for path, target in targets.items():
            if not target:
                self.reasons[path] = "This page was removed for good."
            elif local[path] not in missing:
                del self.reasons[path]


def broken_reasons(paths: Iterable[str], *, follow_redirects: bool = True) -> dict[str, str]:
    """Return those of `paths` without a page that visitors can see, each with the reason."""
    return LinkChecker(paths, follow_redirects=follow_redirects).reasons


def missing_pages(paths: Iterable[str]) -> dict[str, str]:
    """Return those of `paths` that have no page, even if they redirect to one."""
    return broken_reasons(paths, follow_redirects=False)


def public_paths() -> set[str]:
    """Return the paths of all public documents, categories, tags, series, authors, body regions and the like."""
    paths = {f"category/{path.strip('/')}" for path in Category.objects.values_list("path", flat=True)}
    lists: dict[str, QuerySet[Any]] = {
        "tag": public_tags(),
        "series": public_series(),
        "author": public_authors(),
        "where-does-it-hurt": public_entries(BodyRegion),
        "where-does-it-hurt/condition": public_entries(Condition),
        "where-does-it-hurt/goal": public_entries(Goal),
    }
    for prefix, rows in lists.items():
        paths |= {f"{prefix}/{slug}" for slug in rows.values_list("slug", flat=True)}
    for model in document_models():
        manager: Any = model._default_manager
        paths.update(manager.published().values_list(model.path_field, flat=True))
    return paths


def orphan_posts() -> PostQuerySet:
    """Return the public posts that no other public text links to, newest first."""
    public = Post.objects.published()
    is_own = Q(source_type=ContentType.objects.get_for_model(Post), source_id=OuterRef("pk"))
    links = Reference.objects.from_public().filter(path=OuterRef("slug")).exclude(is_own)
    orphans = public.exclude(Exists(links))
    return orphans.newest_first().defer("body", "headings")


def broken_links() -> list[BrokenLink]:
    """Return the links in public texts to pages that visitors cannot see. The number of queries is constant."""
    links = Reference.objects.from_public().filter(path__isnull=False)
    paths = links.order_by().values_list("path", flat=True).distinct()
    checker = LinkChecker(path for path in paths if path is not None)
    broken = links.filter(path__in=list(checker.reasons)).order_by("source_type", "source_id", "path")
    sources = {source.reference_key: source for source in broken.sources()}
    found = {}
    for link in broken:
        source = sources[link.source_type_id, link.source_id]
        path = link.path or ""
        found[source, path] = BrokenLink(source, f"/{path}/" if path else "/", checker.broken_reason(path))
    return list(found.values())


# ---- Checks of single views ---------------------------------------------------------------------------

_checks: dict[str, ViewCheck] = {}


def register_check(view_names: Iterable[str], check: ViewCheck) -> None:
    """Check URLs of these views with `check`. Apps above the blog call it in `AppConfig.ready`.

    URLs of views without a check are assumed to have a page.
    """
    _checks.update(dict.fromkeys(view_names, check))


def _missing_pages(paths: set[str]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    by_view = defaultdict[str, list[tuple[str, dict[str, Any]]]](list)
    for path in paths:
        match = _resolve(path)
        if match is None:
            reasons[path] = NO_PAGE
        elif match.app_name == "admin":
            reasons[path] = "Visitors cannot open the admin."
        else:
            by_view[match.view_name].append((path, match.kwargs))
    for view_name, urls in by_view.items():
        if check := _checks.get(view_name):
            for (path, _), reason in zip(urls, check([kwargs for _, kwargs in urls]), strict=True):
                if reason:
                    reasons[path] = reason
    return reasons


def _resolve(path: str) -> ResolverMatch | None:
    for url in (f"/{path}", f"/{path}/"):  # Django appends a missing slash
        try:
            return resolve(url)
        except Resolver404:
            continue
    return None


def _check_documents(urls: Sequence[dict[str, Any]]) -> list[str]:
    documents = {
        getattr(document, document.path_field): document for document in documents_at(url["path"] for url in urls)
    }
    statuses = {"Trash": "is in the trash", "Draft": "is a draft", "Scheduled": "is not published yet"}
    reasons = []
    for url in urls:
        document = documents.get(url["path"])
        if document is None:
            reasons.append(NO_PAGE)
        else:
            reasons.append("" if document.is_published else f"“{document}” {statuses[document.status_label]}.")
    return reasons


def _check_categories(urls: Sequence[dict[str, Any]]) -> list[str]:
    existing = set(Category.objects.values_list("path", flat=True))
    return ["" if f"{url['path']}/" in existing else "There is no such category." for url in urls]


def slug_check(rows: Callable[[], QuerySet[Any]], reason: str) -> ViewCheck:
    """Return a check for views that show a row of `rows()` by its slug."""

    def check(urls: Sequence[dict[str, Any]]) -> list[str]:
        slugs = set(rows().filter(slug__in=[url["slug"] for url in urls]).values_list("slug", flat=True))
        return ["" if url["slug"] in slugs else reason for url in urls]

    return check


def _check_finder(urls: Sequence[dict[str, Any]]) -> list[str]:
    return ["" if public_entries(BodyRegion).exists() else "No body region has public posts or exercises."] * len(urls)


def _check_months(urls: Sequence[dict[str, Any]]) -> list[str]:
    months = Post.objects.published().order_by().values_list("month__year", "month__month").distinct()
    existing = {(year, month) for year, month in months}
    existing |= {(year, None) for year, _ in months}
    keys = [(int(url["year"]), int(url["month"]) if "month" in url else None) for url in urls]
    return ["" if key in existing else "No posts were published at that time." for key in keys]


def _check_media(urls: Sequence[dict[str, Any]]) -> list[str]:
    return ["" if _is_stored(url["path"]) else "This file does not exist." for url in urls]


def _is_stored(path: str) -> bool:
    try:
        return default_storage.exists(path)
    except StorageUnavailableError:
        return True  # As far as anyone can say while the storage is not available.


def _with_feeds(view_name: str) -> tuple[str, str, str]:
    return view_name, f"{view_name}_feed", f"{view_name}_feed_atom"


register_check(["document"], _check_documents)
register_check(["media"], _check_media)
register_check(["blog:year", "blog:month"], _check_months)
register_check(_with_feeds("blog:category"), _check_categories)
register_check(_with_feeds("blog:tag"), slug_check(public_tags, "No public post has this tag."))
register_check(["blog:series"], slug_check(public_series, "This series has no public posts."))
register_check(["exercises:exercise_detail"], slug_check(Exercise.objects.published, "There is no such exercise."))
register_check(["blog:where_does_it_hurt"], _check_finder)
register_check(_with_feeds("blog:author"), slug_check(public_authors, "This author has no public posts."))


def _register_finder(model: type[FinderEntry]) -> None:
    reason = f"No public post or exercise has this {model._meta.verbose_name}."
    register_check([model.url_name], slug_check(lambda: public_entries(model), reason))


for _model in (BodyRegion, Condition, Goal):
    _register_finder(_model)


# ---- Redirects ----------------------------------------------------------------------------------------


def _redirect_targets(paths: Iterable[str]) -> dict[str, str]:
    """Return the redirect targets of those of `paths` that redirect; "" if the page was removed for good."""
    old_paths = {path: matching_old_paths(normalize_path(path)) for path in paths}
    wanted = {old_path for candidates in old_paths.values() for old_path in candidates}
    redirects = {redirect.old_path: redirect for redirect in Redirect.objects.filter(old_path__in=wanted)}
    targets = {}
    for path, candidates in old_paths.items():
        match = next((redirects[old_path] for old_path in candidates if old_path in redirects), None)
        if match is not None and match.is_pattern:
            # A pattern may redirect to another redirect.
            resolution = resolve_redirect(f"/{path}")
            targets[path] = resolution.url if resolution else ""
        elif match is not None:
            targets[path] = match.target
    return targets
