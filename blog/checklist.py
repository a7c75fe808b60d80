"""The checklist: what a post or page should have before visitors see it.

Each finding asks the author for one change. The site's owner decides which checks block publishing.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from django.db import DatabaseError
from django.db.models import Q

from accounts.models import Author
from blog import health_checks
from blog.check_content import Content, Problem
from blog.internal_links import LinkChecker
from blog.models import GiftKind, PublishingRules, Severity
from evidence.claims import uncited_sentences
from evidence.library import resolve
from exercises.models import Exercise
from exercises.sheets.program import ADVISED_EXERCISES
from images.models import Video
from publishing.models import Document, Snapshot
from publishing.publish_checks import PublishError
from richtext.citations import KIND
from richtext.links import site_path
from siteinfo.urls import admin_url

log = logging.getLogger(__name__)

TITLE_LIMIT = 60
DESCRIPTION_LIMITS = (50, 155)
MIN_WORDS = 200
_CLAIM = re.compile(
    r"\b(stud(y|ies)|research|evidence|trials?|randomi[sz]ed|meta-analys[ie]s|guidelines?|scientists?|proven"
    r"|according to|per ?cent)\b|\d ?%",
    re.IGNORECASE,
)
_REFERENCES_HEADING = re.compile(r"references?|sources?|further reading|literature|bibliography", re.IGNORECASE)
# Placeholders in the starter pages, such as [your name].
_PLACEHOLDER = re.compile(r"\[[^\W\d][^\[\]]{3,160}\]")
_EMPTY_URLS = {"#", "http://", "https://", "mailto:", "tel:"}


class Finding(NamedTuple):
    """A problem of a document, with the severity that the owner chose."""

    check: "Check"
    message: str
    url: str
    severity: Severity
    place: str = ""
    action: str = ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the place to change is on another page than the form."""
        return not self.url.startswith("#")


class Check(NamedTuple):
    """One check. `query` finds saved posts with the problem, as far as a database can tell."""

    id: str
    title: str
    field: str
    find: Callable[[Content], Iterable[Problem]]
    severity: Severity = Severity.WARN
    query: Q | None = None
    is_for_pages: bool = False  # and not for posts


# Functions that return whether a text has links that someone pays for. Apps above add theirs.
_paid_content: list[Callable[[Content], bool]] = []


def register_paid_content(is_paid: Callable[[Content], bool]) -> None:
    """Let `is_paid` say whether a text has paid links. Call it in `AppConfig.ready`."""
    _paid_content.append(is_paid)


# ---- The checks ---------------------------------------------------------------------------------------


def _check_alt_text(content: Content) -> Iterator[Problem]:
    for image in content.images_without_own_alt:
        if image.needs_alt:
            message = f"Describe the image “{image}” in one sentence of alt text, or mark it as decorative."
            is_featured = image.pk == content["featured_image"]
            yield Problem(message, f"{admin_url(image)}#id_alt" if is_featured else "", str(image.pk))


def _check_video_text(content: Content) -> Iterator[Problem]:
    pks = [pk for kind, pk in content.analysis.embeds if kind == "video"]
    for video in Video.objects.filter(pk__in=pks, has_captions=False, transcript="") if pks else ():
        message = f"Confirm that the video “{video}” has captions, or add its transcript, for people who are deaf."
        yield Problem(message, f"{admin_url(video)}#id_has_captions", str(video.pk))


def _check_excerpt(content: Content) -> Iterator[Problem]:
    if not content["excerpt"]:
        yield Problem("Write an excerpt: one or two sentences that make people want to read the post.")


def _check_category(content: Content) -> Iterator[Problem]:
    if not content["primary_category"] and not content["categories"]:
        yield Problem("Choose a category, so that visitors find the post when they browse.")


def _check_featured_image(content: Content) -> Iterator[Problem]:
    if not content["featured_image"]:
        yield Problem("Choose a featured image. It draws people to the post, in lists and where it is shared.")


def _check_heading_order(content: Content) -> Iterator[Problem]:
    previous = 1
    for heading in content.analysis.headings:
        if heading.level > previous + 1:
            yield Problem(
                f"Change “{heading.text}” from heading {heading.level} to heading {previous + 1}. Don't skip levels.",
                place=heading.text,
            )
        previous = heading.level


def _check_empty_links(content: Content) -> Iterator[Problem]:
    for link in content.tree.iter("a"):
        if (link.get("href") or "#") in _EMPTY_URLS:
            text = " ".join("".join(link.itertext()).split())
            yield Problem(f"Add a URL to the link “{text}”, or remove the link.", place=link.get("href") or "#")


def _check_broken_links(content: Content) -> Iterator[Problem]:
    heading_ids = {heading.id for heading in content.analysis.headings}
    for url in content.links:
        if url.startswith("#") and url != "#" and unquote(url[1:]) not in heading_ids:
            yield Problem(f"Fix the link to {url}. This text has no heading with that ID.", place=url)
    paths = {url: path for url in content.links if (path := site_path(url)) is not None}
    checker = LinkChecker(paths.values())
    for url, path in paths.items():
        if reason := checker.broken_reason(path):
            yield Problem(f"Fix the link to {url}. {reason}", place=url)


def _check_references(content: Content) -> Iterator[Problem]:
    claim = _CLAIM.search(content.text)
    has_link = any(url.startswith(("http://", "https://")) for url in content.links)
    has_list = any(_REFERENCES_HEADING.fullmatch(heading.text.strip(" :")) for heading in content.analysis.headings)
    if any(kind == KIND for kind, _ in content.analysis.embeds):
        yield from map(_uncited_problem, uncited_sentences(content.tree))
    elif claim and not has_link and not has_list:
        yield Problem(
            f"Cite your sources. The text says “{claim[0]}”, but has neither a citation, a “References” heading nor a"
            " link to a source."
        )


def _uncited_problem(sentence: str) -> Problem:
    return Problem(f"Cite a source for “{sentence}”, or reword it.")


def _check_retractions(content: Content) -> Iterator[Problem]:
    ids = [pk for kind, pk in content.analysis.embeds if kind == KIND]
    for source in dict.fromkeys(resolve(ids).values()) if ids else ():
        if source.retraction:
            message = f"Replace the citation of “{source.label}”. Notice about this work: {source.retraction}."
            yield Problem(message, admin_url(source))


def _check_exercises(content: Content) -> Iterator[Problem]:
    pks = {pk for kind, pk in content.analysis.embeds if kind == "exercise"}
    if len(pks) > ADVISED_EXERCISES:
        yield Problem(
            f"Show at most {ADVISED_EXERCISES} exercises. This post has {len(pks)}, and people do long programs less"
            " often. Move some to another post."
        )
    # A snippet may show some.
    may_show = any(kind in {"exercise", "snippet"} for kind, _ in content.analysis.embeds)
    if content["gift"] == GiftKind.SHEET and not may_show:
        message = "Add an exercise, or promise another gift for signing up: the sheet of this post is empty."
        yield Problem(message, "#id_gift")
    for exercise in Exercise.objects.filter(pk__in=pks).prefetch_related("images__image") if pks else ():
        url = admin_url(exercise)
        if not exercise.is_published:
            yield Problem(f"Publish the exercise “{exercise}”. Visitors do not see its card yet.", url)
        for each in exercise.images.all():
            if not each.image.alt:
                message = f"Describe the image “{each.image}” of “{exercise}”. Without alt text, no sheet can be made."
                yield Problem(message, f"{admin_url(each.image)}#id_alt")


def _check_interests(content: Content) -> Iterator[Problem]:
    if not content["author"] or not any(is_paid(content) for is_paid in _paid_content):
        return
    author = Author.objects.filter(pk=content["author"]).first()
    if author and author.declares_no_interests:
        message = f"The profile of {author} declares no competing interests, but this text has paid links. Correct one."
        yield Problem(message, f"{admin_url(author)}#id_competing_interests")


def _check_title_length(content: Content) -> Iterator[Problem]:
    length = len(content["seo_title"] or content["title"])
    if length > TITLE_LIMIT:
        yield Problem(
            f"Shorten the SEO title to {TITLE_LIMIT} characters. It has {length}, so search engines cut it off."
        )


def _check_description_length(content: Content) -> Iterator[Problem]:
    least, most = DESCRIPTION_LIMITS
    length = len(content["seo_description"] or content["excerpt"])
    if length and not least <= length <= most:
        yield Problem(f"Write an SEO description of {least} to {most} characters. It has {length}.")


def _check_word_count(content: Content) -> Iterator[Problem]:
    count = content.analysis.word_count
    if count < MIN_WORDS:
        yield Problem(f"Write at least {MIN_WORDS} words. This post has {count}, and search engines may ignore it.")


def _check_tldr(content: Content) -> Iterator[Problem]:
    if not content["tldr"]:
        yield Problem("Write a TL;DR of two to four points. Many visitors want the short version first.")


def _check_placeholders(content: Content) -> Iterator[Problem]:
    placeholders = list(dict.fromkeys(_PLACEHOLDER.findall(content.text)))
    if placeholders:
        more = f" and {len(placeholders) - 3} more" if len(placeholders) > 3 else ""
        yield Problem(f"Replace the placeholders: {', '.join(placeholders[:3])}{more}.")


def _check_reading(content: Content) -> Iterable[Problem]:
    _ = content.analysis
    return ()


# No choice of the owner: a text that cannot be read cannot be shown.
_READABLE = Check("readable", "The text can be read", "body", _check_reading)
CHECKS = (
    Check(
        "alt_text",
        "Images have alt text or are marked as decorative",
        "body",
        _check_alt_text,
        Severity.BLOCK,
        Q(featured_image__alt="", featured_image__is_decorative=False),
    ),
    Check("video_text", "Videos have captions or a transcript", "body", _check_video_text, Severity.BLOCK),
    Check("empty_links", "Links have a URL", "body", _check_empty_links, Severity.BLOCK),
    Check("broken_links", "Links within the site work", "body", _check_broken_links),
    Check("heading_order", "Heading levels are in order", "body", _check_heading_order),
    Check(
        "word_count",
        f"The text has at least {MIN_WORDS} words",
        "body",
        _check_word_count,
        query=Q(word_count__lt=MIN_WORDS),
    ),
    Check("references", "Claims have references", "body", _check_references),
    Check("retractions", "No cited work was retracted", "body", _check_retractions),
    Check("exercises", "Exercises can be seen, done and printed", "body", _check_exercises),
    Check("interests", "The author's competing interests fit the links", "author", _check_interests),
    Check("tldr", "There is a TL;DR", "tldr", _check_tldr, query=Q(tldr="")),
    Check("excerpt", "There is an excerpt", "excerpt", _check_excerpt, query=Q(excerpt="")),
    Check(
        "featured_image",
        "There is a featured image",
        "featured_image",
        _check_featured_image,
        query=Q(featured_image__isnull=True),
    ),
    Check(
        "category",
        "There is a category",
        "primary_category",
        _check_category,
        query=Q(primary_category__isnull=True),
    ),
    Check("title_length", "The title fits in search results", "seo_title", _check_title_length),
    Check("description_length", "The description fits in search results", "seo_description", _check_description_length),
    Check(
        "placeholders",
        "The placeholders of a starter page are replaced",
        "body",
        _check_placeholders,
        Severity.BLOCK,
        is_for_pages=True,
    ),
    Check("disclaimer", "There is one disclaimer", "body", health_checks.check_disclaimer),
    Check("jargon", "Clinical words are explained", "body", health_checks.check_jargon),
    Check("red_flags", "Kinds of posts that need red flags have them", "body", health_checks.check_red_flags),
    Check(
        "evidence_summary",
        "Kinds of posts that need it say what we know and what we don’t",
        "body",
        health_checks.check_evidence_summary,
    ),
)


# ---- Results ------------------------------------------------------------------------------------------


def severity_of(check: Check, rules: PublishingRules) -> Severity:
    """Return the severity that the owner chose for `check`, or its default."""
    return Severity(rules.severities.get(check.id, check.severity))


type ActiveCheck = tuple[Check, Severity]


def active_checks(check_ids: frozenset[str] | None = None) -> list[ActiveCheck]:
    """Return the checks that apply to a kind of document and are not ignored, with the severity the owner chose.

    `check_ids` are those of the kind of document (`Document.checks`); None means those of posts.
    """
    rules = PublishingRules.load()
    applying = [check for check in CHECKS if (not check.is_for_pages if check_ids is None else check.id in check_ids)]
    found = [(check, severity_of(check, rules)) for check in applying]
    return [(check, severity) for check, severity in found if severity != Severity.IGNORE]


def findings(data: Snapshot, check_ids: frozenset[str] | None = None) -> list[Finding]:
    """Return the findings of `active_checks(check_ids)` for the content `data`, those that block publishing first."""
    return find_in(data, active_checks(check_ids))


def find_in(data: Snapshot, active: Iterable[ActiveCheck]) -> list[Finding]:
    """Return the findings of the checks `active` for the content `data`, those that block publishing first."""
    content = Content(data)
    # All others read the text too, so none of them needs to run if that is impossible.
    if unreadable := _run(_READABLE, Severity.BLOCK, content):
        return unreadable
    found = [finding for check, severity in active for finding in _run(check, severity, content)]
    return sorted(found, key=lambda finding: finding.severity != Severity.BLOCK)


def _run(check: Check, severity: Severity, content: Content) -> list[Finding]:
    """Return what `check` finds. One that raises an error must not make the form unusable."""
    try:
        problems = list(check.find(content))
    except (DatabaseError, ConnectionError):
        raise
    except Exception as error:
        log.exception("The check %s raised an error", check.id)
        message = f"“{check.title}” cannot be checked ({type(error).__name__}). Simplify the text."
        problems, severity = [Problem(message)], severity if check is _READABLE else Severity.WARN
    return [
        Finding(check, problem.message, problem.url or f"#id_{check.field}", severity, problem.place, problem.action)
        for problem in problems
    ]


def publish_errors(document: Document, data: Snapshot) -> list[PublishError]:
    """Return the findings that block publishing `data`.

    Problems that are already public do not count, so that a published document can be improved step by step.
    """
    blocking = [finding for finding in findings(data, document.checks) if finding.severity == Severity.BLOCK]
    if blocking and document.pk and document.is_published:
        saved = type(document)._default_manager.get(pk=document.pk).snapshot()
        public = {finding.message for finding in findings(saved, document.checks)}
        blocking = [finding for finding in blocking if finding.message not in public]
    return [PublishError(finding.check.field, finding.message, finding.place) for finding in blocking]


def blocked_posts() -> Q:
    """Return a filter for posts with findings that block publishing, as far as a database can tell."""
    rules = PublishingRules.load()
    blocked = Q(pk__in=[])
    for check in CHECKS:
        if check.query is not None and severity_of(check, rules) == Severity.BLOCK:
            blocked |= check.query
    return blocked
