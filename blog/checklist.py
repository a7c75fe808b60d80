"""What a post should have before readers see it. The owner decides what is ignored, what warns and what blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.urls import Resolver404, ResolverMatch, resolve
from lxml.html import HtmlElement

from accounts.models import Author
from images.models import Image
from publishing.document_paths import document_models
from publishing.models import Document, PublishError, Snapshot
from richtext.analysis import Analysis, analyze
from richtext.sanitizer import parse
from siteinfo.models import SiteInfo
from siteinfo.singletons import Singleton
from siteinfo.urls import admin_url

TITLE_LIMIT = 60
DESCRIPTION_LIMITS = (50, 155)
FEWEST_WORDS = 200
_CLAIM = re.compile(
    r"\b(stud(y|ies)|research|evidence|trials?|randomi[sz]ed|meta-analys[ie]s|guidelines?|scientists?|proven"
    r"|according to|per ?cent)\b|\d ?%",
    re.IGNORECASE,
)
_SOURCES = re.compile(r"references?|sources?|further reading|literature|bibliography", re.IGNORECASE)
# Places that a starter text leaves to its author, such as [your name].
_MARKED = re.compile(r"\[[^\W\d][^\[\]]{3,160}\]")
_EMPTY = {"#", "http://", "https://", "mailto:", "tel:"}


class Severity(models.TextChoices):
    """What a finding does."""

    IGNORE = "ignore", "Ignore"
    WARN = "warn", "Warn"
    BLOCK = "block", "Block"


class Content:
    """The content of a post as a snapshot gives it, with what several checks ask of it."""

    def __init__(self, data: Snapshot) -> None:
        self.data = data

    def __getitem__(self, name: str) -> Any:
        value = self.data.get(name) or ""
        return value.strip() if isinstance(value, str) else value

    @cached_property
    def tree(self) -> HtmlElement:
        return parse(self["body"] or "<p></p>")

    @cached_property
    def analysis(self) -> Analysis:
        return analyze(self["body"]) if self["body"] else Analysis(0, (), frozenset())

    @cached_property
    def links(self) -> list[str]:
        """The distinct addresses it links to, in order."""
        return list(dict.fromkeys(link.get("href") or "" for link in self.tree.iter("a")))

    @cached_property
    def pictures(self) -> dict[int, Image]:
        """Those in the text that rely on the library's words, and the featured one."""
        wanted = {int(img.get("data-image") or 0) for img in self.tree.iter("img") if img.get("alt") is None}
        return Image.objects.in_bulk(wanted | {self["featured_image"] or 0})


class Finding(NamedTuple):
    """Something to do about a post: one sentence, and the address of the place to do it."""

    check: Check
    sentence: str
    address: str
    severity: Severity


class Check(NamedTuple):
    """One thing that is looked at. `find` gives a sentence, or sentence and address, for each thing to do.

    `saved` describes the same of saved posts as far as a database can tell at once, for the start page.
    """

    id: str
    title: str
    field: str
    find: Callable[[Content], Iterable[str | tuple[str, str]]]
    severity: Severity = Severity.WARN
    saved: Q | None = None
    is_for_pages: bool = False  # and not for posts


# ---- The checks -----------------------------------------------------------------------------------------


def _without_words(content: Content) -> Iterator[str | tuple[str, str]]:
    for image in content.pictures.values():
        if not image.lacks_alt:
            continue
        address = admin_url(image) + "#id_alt"
        yield f"Say in one sentence what the picture “{image}” shows, or mark it as decoration.", address


def _without_excerpt(content: Content) -> Iterator[str]:
    if not content["excerpt"]:
        yield "Write an excerpt: one or two sentences that make somebody want to read on."


def _without_category(content: Content) -> Iterator[str]:
    if not content["primary_category"] and not content["categories"]:
        yield "Choose a category, so that readers find the post under its topic."


def _without_picture(content: Content) -> Iterator[str]:
    if not content["featured_image"]:
        yield "Choose a featured picture: lists and shared links look empty without one."


def _heading_order(content: Content) -> Iterator[str]:
    last = 1
    for heading in content.analysis.headings:
        if heading.level > last + 1:
            yield f"Make “{heading.text}” a heading {last + 1}, not {heading.level}: no level may be left out."
        last = heading.level


def _empty_links(content: Content) -> Iterator[str]:
    for link in content.tree.iter("a"):
        if (link.get("href") or "#") in _EMPTY:
            words = " ".join("".join(link.itertext()).split())
            yield f"Give the link “{words}” an address, or take the link away."


def _dead_links(content: Content) -> Iterator[str]:
    anchors = {heading.id for heading in content.analysis.headings}
    for address in content.links:
        if address.startswith("#") and address != "#" and unquote(address[1:]) not in anchors:
            yield f"Mend the link to {address}: this text has no heading with that address."
    for address in _leading_nowhere([each for each in content.links if each.startswith("/")]):
        yield f"Mend the link to {address}: readers find no page there."


def _without_disclaimer(content: Content) -> Iterator[tuple[str, str]]:
    site = SiteInfo.objects.first()
    if site is None or not site.disclaimer.strip():
        address = admin_url(SiteInfo) + "#id_disclaimer"
        yield "Write the short medical disclaimer in the site information: it stands at the top of every post.", address


def _without_references(content: Content) -> Iterator[str]:
    claim = _CLAIM.search(" ".join(content.tree.itertext()))
    is_cited = any(link.startswith(("http://", "https://")) for link in content.links)
    is_listed = any(_SOURCES.fullmatch(heading.text.strip(" :")) for heading in content.analysis.headings)
    if claim and not is_cited and not is_listed:
        yield f"Name your sources: the text says “{claim[0]}”, but has no heading “References” and links to no source."


def _title_length(content: Content) -> Iterator[str]:
    length = len(content["seo_title"] or content["title"])
    if length > TITLE_LIMIT:
        yield f"Write a title for search engines of at most {TITLE_LIMIT} characters; with {length} it is cut off."


def _description_length(content: Content) -> Iterator[str]:
    least, most = DESCRIPTION_LIMITS
    length = len(content["seo_description"] or content["excerpt"])
    if length and not least <= length <= most:
        yield f"Write a description for search engines of {least} to {most} characters; now it has {length}."


def _few_words(content: Content) -> Iterator[str]:
    if content.analysis.word_count < FEWEST_WORDS:
        yield f"Write some more: with {content.analysis.word_count} words, readers and search engines find little here."


def _without_tldr(content: Content) -> Iterator[str]:
    if not content["tldr"]:
        yield "Sum the post up in two to four points: many readers want the short version first."


def _marked_places(content: Content) -> Iterator[str]:
    marked = list(dict.fromkeys(_MARKED.findall(" ".join(content.tree.itertext()))))
    if marked:
        more = f" and {len(marked) - 3} more" if len(marked) > 3 else ""
        yield f"Fill in the marked places: {', '.join(marked[:3])}{more}."


CHECKS = (
    Check(
        "alt_text",
        "Every picture has an alternative text or is decoration",
        "body",
        _without_words,
        Severity.BLOCK,
        Q(featured_image__alt="", featured_image__is_decorative=False),
    ),
    Check("empty_links", "No link is empty", "body", _empty_links, Severity.BLOCK),
    Check("dead_links", "Links within your site lead somewhere", "body", _dead_links),
    Check("heading_order", "Headings come in order", "body", _heading_order),
    Check(
        "words", f"The text has at least {FEWEST_WORDS} words", "body", _few_words, saved=Q(word_count__lt=FEWEST_WORDS)
    ),
    Check("references", "Claims have references", "body", _without_references),
    Check("tldr", "There is a short version (TL;DR)", "tldr", _without_tldr, saved=Q(tldr="")),
    Check("excerpt", "There is an excerpt", "excerpt", _without_excerpt, saved=Q(excerpt="")),
    Check(
        "featured_image",
        "There is a featured picture",
        "featured_image",
        _without_picture,
        saved=Q(featured_image__isnull=True),
    ),
    Check(
        "category", "There is a category", "primary_category", _without_category, saved=Q(primary_category__isnull=True)
    ),
    Check("title_length", "The title fits into search results", "seo_title", _title_length),
    Check("description_length", "The description fits into search results", "seo_description", _description_length),
    Check(
        "marked_places",
        "The marked places of a starter page are filled in",
        "body",
        _marked_places,
        Severity.BLOCK,
        is_for_pages=True,
    ),
    Check("disclaimer", "The site has its medical disclaimer", "body", _without_disclaimer),
)


def _leading_nowhere(addresses: list[str]) -> list[str]:
    """Those of the root-relative `addresses` that readers get no page for. One query for each kind of page."""
    matches = {address: _match(urlsplit(address).path) for address in addresses}
    alive: set[str] = {"home"}
    for view, (places, key) in _pages().items():
        wanted = {str(match.kwargs[key]).strip("/") for match in matches.values() if match and match.view_name == view}
        if wanted:
            names = wanted | {f"{name}/" for name in wanted}
            for rows, field in places:
                found = rows.filter(**{f"{field}__in": names}).values_list(field, flat=True)
                alive |= {f"{view} {name.strip('/')}" for name in found}
    return [address for address, match in matches.items() if not _answers(match, alive)]


def _pages() -> dict[str, tuple[list[tuple[Any, str]], str]]:
    """For each kind of address with rows: those rows with the field that holds it, and its name in the URL."""
    posts = apps.get_model("blog", "Post").objects
    documents = [(kind._default_manager.published(), kind.path_field) for kind in document_models()]  # type: ignore[attr-defined]
    return {
        "document": (documents, "path"),
        "blog:category": ([(apps.get_model("blog", "Category").objects.all(), "path")], "path"),
        "blog:tag": ([(apps.get_model("blog", "Tag").objects.all(), "slug")], "slug"),
        "blog:series": (
            [(apps.get_model("blog", "Series").objects.filter(posts__in=posts.published()), "slug")],
            "slug",
        ),
        "blog:author": ([(Author.objects.all(), "slug")], "slug"),
    }


def _match(path: str) -> ResolverMatch | None:
    for spelling in (path, f"{path}/"):  # Django adds a missing slash itself
        try:
            return resolve(unquote(spelling))
        except Resolver404:
            continue
    return None


def _answers(match: ResolverMatch | None, alive: set[str]) -> bool:
    if match is None or match.app_name == "admin":
        return False
    if match.view_name == "media":
        return default_storage.exists(match.kwargs["path"])
    if match.view_name in _pages():
        key = next(iter(match.kwargs.values()))
        return f"{match.view_name} {str(key).strip('/')}" in alive
    return True


# ---- What the owner decided -----------------------------------------------------------------------------


class PublishingRules(Singleton):
    """The owner's severity of each check; the check's own where nothing was decided."""

    severities = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = "publishing rules"
        verbose_name_plural = "publishing rules"

    def __str__(self) -> str:
        return "Publishing rules"

    def severity(self, check: Check) -> Severity:
        """What a finding of `check` does."""
        return Severity(self.severities.get(check.id, check.severity))


def rules() -> PublishingRules:
    """Today's rules. One query."""
    return PublishingRules.load()


def findings(data: Snapshot, suiting: frozenset[str] | None = None) -> list[Finding]:
    """What to do about the content `data` before readers see it: what blocks comes first.

    `suiting` are the ids of the checks that suit its kind (`Document.checks`); None for those of posts.
    """
    content, decided = Content(data), rules()
    found = []
    for check in CHECKS:
        if check.id not in suiting if suiting is not None else check.is_for_pages:
            continue
        severity = decided.severity(check)
        for result in check.find(content) if severity != Severity.IGNORE else ():
            sentence, address = (result, f"#id_{check.field}") if isinstance(result, str) else result
            found.append(Finding(check, sentence, address, severity))
    return sorted(found, key=lambda finding: finding.severity)


def publish_errors(document: Document, data: Snapshot) -> list[PublishError]:
    """What blocks the content `data` of `document`. What readers see already cannot: a public text can be mended."""
    blocking = [finding for finding in findings(data, document.checks) if finding.severity == Severity.BLOCK]
    if blocking and document.pk and document.is_published:
        saved = type(document)._default_manager.get(pk=document.pk).snapshot()
        shown = {finding.sentence for finding in findings(saved, document.checks)}
        blocking = [finding for finding in blocking if finding.sentence not in shown]
    return [PublishError(finding.check.field, finding.sentence) for finding in blocking]


def blocked() -> Q:
    """Saved posts that something blocks, as far as a database can tell at once. One query for the rules."""
    decided = rules()
    found = Q(pk__in=[])
    for check in CHECKS:
        if check.saved is not None and decided.severity(check) == Severity.BLOCK:
            found |= check.saved
    return found
