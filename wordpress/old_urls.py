"""Check that every public URL of a WordPress site leads to the right page here, through the real URL stack.

A URL passes if its path shows the page, or redirects to it permanently in one step. The checks leave no trace: hits
of redirects and entries of the 404 log are rolled back.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched, chain, islice
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from blog.models import Post
from blog.views import POSTS_PER_PAGE
from pages.models import Page
from redirects.normalize import normalize_path
from wordpress.item_batches import with_keys
from wordpress.item_content import display_title
from wordpress.media.old_urls import attachment_url
from wordpress.models import ImportedObject
from wordpress.old_paths import earlier_paths, requested_path
from wordpress.path_mapping import is_reserved_path
from wordpress.reader import Export, Item
from wordpress.source_site import SourceSite
from wordpress.terms import author_slug

BATCH_SIZE = 25
_MODELS: dict[str, type[Post | Page]] = {"post": Post, "page": Page}


class OldUrl(NamedTuple):
    """A URL to check: its path and query as visitors request them, what it showed, and the path here, if known."""

    url: str
    title: str
    expected: str = ""


class Failure(NamedTuple):
    """A URL that does not lead to the right page."""

    url: str
    title: str
    reason: str


@dataclass
class OldUrlReport:
    """The result of a check.

    `not_public` names the published texts of the exports that visitors cannot see here, `own_pages` those whose URL
    has another page here, such as the list of posts at /blog/.
    """

    checked: int = 0
    failures: list[Failure] = field(default_factory=list)
    not_public: list[str] = field(default_factory=list)
    own_pages: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the report."""
        yield f"Old URLs checked: {self.checked}. Without their page: {len(self.failures)}."
        for failure in self.failures:
            yield f"{failure.url} (“{failure.title}”) {failure.reason}"
        for title in self.not_public:
            yield f"“{title}” was public in WordPress and is not public here, so its URLs were not checked."
        yield from self.own_pages


def check_old_urls(
    exports: Iterable[Export],
    urls: Iterable[str] = (),
    *,
    max_texts: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> OldUrlReport:
    """Request the public URLs of `exports`, and the further `urls` with any scheme and host.

    With `max_texts`, only the URLs of about so many texts of each export, from its beginning to its end, and of a
    third as many archives of each kind, with one feed of each kind.
    """
    report = OldUrlReport()
    checker = _Checker()
    listed = (OldUrl(_relative(url), "your list") for url in urls)
    wanted = chain.from_iterable(_urls_of(export, report, max_texts) for export in exports)
    _check(chain(wanted, listed), checker, report, progress)
    return report


def _check(urls: Iterable[OldUrl], checker: "_Checker", report: OldUrlReport, progress: Callable[[int], None]) -> None:
    for batch in batched(urls, BATCH_SIZE):
        with transaction.atomic():
            results = [(each, checker.problem(each)) for each in batch]
            transaction.set_rollback(True)
        report.checked += len(batch)
        report.failures += [Failure(each.url, each.title, reason) for each, reason in results if reason]
        progress(report.checked)


class _Checker:
    def __init__(self) -> None:
        site = urlsplit(settings.SITE_URL)
        self._client = Client(raise_request_exception=False, SERVER_NAME=site.hostname or "localhost")
        self._is_secure = site.scheme == "https"
        self._statuses: dict[str, int] = {}

    def problem(self, old: OldUrl) -> str:
        """Return why the URL does not lead to the right page, or ""."""
        response = self._get(old.url)
        path = urlsplit(old.url).path
        if response.status_code == 301:
            location = response["Location"]
            path = urlsplit(location).path
            if self._status(location) != 200:
                return f"redirects to {location}, which returns {self._status(location)}."
        elif response.status_code != 200:
            return f"returns {response.status_code}."
        is_right = not old.expected or _same(path, old.expected)
        return "" if is_right else f"leads to {unquote(path)} instead of {unquote(old.expected)}."

    def _status(self, url: str) -> int:
        if urlsplit(url).netloc:  # The author sent visitors to another site.
            return 200
        if url not in self._statuses:
            self._statuses[url] = self._get(url).status_code
        return self._statuses[url]

    def _get(self, url: str) -> Any:
        response: Any = self._client.get(url, secure=self._is_secure)
        if response.streaming:
            # A file that is not read to its end occupies one of the few places for downloads.
            deque(response.streaming_content, maxlen=0)
        return response


def _same(path: str, expected: str) -> bool:
    return normalize_path(unquote(path)) == normalize_path(unquote(expected))


def _relative(url: str) -> str:
    """Return the path and query of a URL with any host."""
    parts = urlsplit(url.strip())
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


# ---- The URLs of an export ----------------------------------------------------------------------------


def _urls_of(export: Export, report: OldUrlReport, max_texts: int | None) -> Iterator[OldUrl]:
    site = SourceSite(export)
    root = f"/{site.with_base('')}".rstrip("/")
    yield OldUrl(f"{root}/", export.title or "the home page", "" if root in {"", "/blog"} else "/")
    for feed in ("feed/", "feed/atom/", "comments/feed/"):
        yield OldUrl(f"{root}/{feed}", "feed")
    lists = _Lists(site, root)
    # Merged sites repeat IDs, which then lead to one of the texts.
    ids: Counter[int] = Counter()
    attachments: list[tuple[int, int, str]] = []
    sample: list[tuple[str, Item]] = []
    distance = ceil(sum(export.types[kind] for kind in _MODELS) / max_texts) if max_texts else 0
    published = 0
    for key, item in with_keys(export.items()):
        if item.post_type in {*_MODELS, "attachment"}:
            ids[item.post_id] += 1
        if item.post_type == "attachment":
            attachments.append((item.post_id, item.parent_id, display_title(item)))
        if distance and _is_public(item):
            sample += [(key, item)] if published % distance == 0 else []
            published += 1
    public: dict[int, str] = {}
    # All texts may be too many for the memory, so they are read again.
    texts = sample if distance else (each for each in with_keys(export.items()) if _is_public(each[1]))
    for key, item in texts:
        document = _document(site, item, key)
        if document is None or not document.is_published:
            is_front = site.path_of(item.link) == ""
            report.not_public += [] if is_front else [display_title(item)]
            continue
        public.setdefault(item.post_id, document.get_absolute_url())
        lists.add(item)
        urls = _document_urls(item, site, root, document, has_unique_id=ids[item.post_id] == 1)
        yield from _leaving_own_pages(urls, item, site, document, report)
    for number, parent, title in attachments:
        if parent in public and ids[parent] == ids[number] == 1:
            # The file itself if it is here, as in WordPress since version 6.4.
            expected = attachment_url(str(number)) or public[parent]
            yield OldUrl(f"{root}/?attachment_id={number}", title, expected)
    yield from lists.urls(export, None if max_texts is None else ceil(max_texts / 3))


def _is_public(item: Item) -> bool:
    return item.post_type in _MODELS and item.status == "publish" and not item.password


def _document(site: SourceSite, item: Item, key: str) -> Post | Page | None:
    record = ImportedObject.objects.filter(site=site.name, kind=item.post_type, key=key).first()
    return _MODELS[item.post_type].objects.filter(pk=record.object_id).first() if record else None


def _leaving_own_pages(
    urls: Iterable[OldUrl], item: Item, site: SourceSite, document: Post | Page, report: OldUrlReport
) -> Iterator[OldUrl]:
    """Yield the URLs of a text. Those where this site has another page, such as /blog/, may show it, and are noted."""
    path = requested_path(item.link, site)
    own = f"/{path}/" if path and is_reserved_path(path) else ""
    if own == document.get_absolute_url():
        own = ""
    if own:
        words = f"was at {own}, where this site has another page. It is at {document.get_absolute_url()}."
        report.own_pages.append(f"“{display_title(item)}” {words}")
    for each in urls:
        yield each._replace(expected="") if own and f"{each.url}/".startswith(own) else each


def _document_urls(
    item: Item, site: SourceSite, root: str, document: Post | Page, *, has_unique_id: bool
) -> Iterator[OldUrl]:
    """Yield the permalink in every spelling, the addresses by ID, the earlier ones and those below it."""
    names = ("p", "page_id") if isinstance(document, Page) else ("p",)
    urls = [f"{root}/?{name}={item.post_id}" for name in names if has_unique_id]
    paths = [
        quote(path, safe="/:@!$&'()*+,;=~") for path in (requested_path(item.link, site), *earlier_paths(item, site))
    ]
    for path in filter(None, paths):
        urls += [f"/{path}", f"/{path}/", f"/{path.lower()}/"]
    if paths[0]:
        urls += [f"/{paths[0]}/{end}" for end in ("feed/", "amp/")]
        urls += [f"/{paths[0]}/2/"] if "<!--nextpage-->" in item.body else []
        urls += [f"/{paths[0]}/comment-page-1/"] if item.comments else []
    for url in dict.fromkeys(urls):
        yield OldUrl(url, display_title(item), document.get_absolute_url())


class _Lists:
    """The archives in which the public posts of an export were listed."""

    def __init__(self, site: SourceSite, root: str) -> None:
        self.site = site
        self.root = root
        self.posts: Counter[str] = Counter()
        self.terms: Counter[tuple[str, str]] = Counter()
        self.months: set[str] = set()

    def add(self, item: Item) -> None:
        if item.post_type != "post":
            return
        # Bylines of Co-Authors Plus replace the user who wrote the post.
        bylines = {ref.slug.removeprefix("cap-") for ref in item.terms if ref.taxonomy == "author"}
        self.posts[item.creator if not bylines or author_slug(item.creator) in bylines else ""] += 1
        self.terms.update((ref.taxonomy, ref.slug) for ref in item.terms)
        if item.published_at:
            day = timezone.localdate(item.published_at)
            self.months |= {f"{day:%Y}", f"{day:%Y/%m}", f"{day:%Y/%m/%d}"}

    def urls(self, export: Export, limit: int | None) -> Iterator[OldUrl]:
        """Yield the URLs of the archives, of their feeds and of their second pages: all, or `limit` of each kind."""
        parents = {term.slug: term.parent_slug for term in export.terms if term.taxonomy == "category"}
        for taxonomy, base in (("category", "category"), ("post_tag", "tag")):
            found = ((slug, count) for (kind, slug), count in self.terms.items() if kind == taxonomy)
            for number, (slug, count) in enumerate(islice(found, limit)):
                path = _with_parents(slug, parents) if taxonomy == "category" else slug
                yield from self._list(f"{base}/{path}", slug, count, has_feed=limit is None or not number)
        for number, (creator, count) in enumerate(islice(self.posts.items(), limit)):
            if slug := author_slug(creator):
                has_feed = limit is None or not number
                yield from self._list(f"author/{slug}", "the archive of an author", count, has_feed=has_feed)
        for month in islice(sorted(self.months), limit):
            yield OldUrl(f"{self.root}/{month}/", f"archive of {month}")
        if self.posts.total() > POSTS_PER_PAGE:
            yield OldUrl(f"{self.root}/page/2/", "second page")

    def _list(self, path: str, title: str, count: int, *, has_feed: bool) -> Iterator[OldUrl]:
        ends = ["", *(["feed/"] if has_feed else []), *(["page/2/"] if count > POSTS_PER_PAGE else [])]
        for end in ends:
            yield OldUrl(f"{self.root}/{quote(path)}/{end}", title)


def _with_parents(slug: str, parents: dict[str, str]) -> str:
    path = [slug]
    while (parent := parents.get(path[0], "")) and parent not in path:
        path.insert(0, parent)
    return "/".join(path)
