"""Fill in a post or page from an item of an export. Nothing here reads or writes the database."""

import html
import re
from collections.abc import Callable
from dataclasses import astuple
from datetime import date, datetime

from django.utils import timezone
from django.utils.text import Truncator

from blog.models import Post
from pages.models import Page
from plaintext.slugs import slugify
from publishing.models import YEARS
from richtext.analysis import plain_text
from richtext.sanitizer import sanitize
from wordpress import path_mapping
from wordpress.content_converter import ConvertedBody, to_html
from wordpress.hrefs import complete_links
from wordpress.members_only import is_members_only
from wordpress.models import digest
from wordpress.old_paths import earlier_slugs
from wordpress.reader import Item
from wordpress.replaced_elements import player_html
from wordpress.report import Report
from wordpress.seo_plugins import SeoMeta, read_seo_meta
from wordpress.source_site import SourceSite
from wordpress.stored_blocks import StoredBlocks, footnotes_html
from wordpress.terms import make_slug

# Part of every digest. Increase it to convert unchanged exports again.
CONVERTER_VERSION = 3
MAX_TITLE_LENGTH = 200
# One line without anything that means something in HTML, shortcodes, URLs or formulas.
_SENTENCES = re.compile(r"[A-Za-z0-9 ,.;:!?'()-]*")


def fill_document(
    document: Post | Page,
    item: Item,
    site: SourceSite,
    report: Report,
    stored: StoredBlocks,
    find_url: Callable[[str], str] = lambda url: "",
) -> None:
    """Set the text, title, excerpt, date and status of `document`, and report what could not be converted.

    `stored` has the content that the text only refers to, `find_url` returns the URL here for one of the old site.
    """
    body = to_html(item.body, footnotes_html(item), stored.find, stored.table)
    _report_unsupported(item, body, report)
    document.body = complete_links(body.html + _enclosures_html(item), item.link or site.url, find_url)
    document.title = Truncator(item.title.strip()).chars(MAX_TITLE_LENGTH) or _title_from(body.html)
    if len(item.title.strip()) > MAX_TITLE_LENGTH:
        report.notes.append(
            f"“{display_title(item)}” has a title of more than {MAX_TITLE_LENGTH} characters. It was cut."
        )
    excerpt = item.excerpt if item.excerpt.strip() else teaser(item.body)
    document.excerpt = Truncator(_text_of(excerpt)).words(80) if excerpt else ""
    if isinstance(document, Post):
        document.is_featured = item.is_sticky
    document.published_at = item.published_at if _is_valid_date(item.published_at) else None
    document.status = _status(item, site, report)


def _enclosures_html(item: Item) -> str:
    """Return links to the recordings of a podcast, which plugins store apart from the text."""
    urls = (value.split()[0] for value in _enclosures(item) if value.split())
    links = (player_html(f'<audio src="{html.escape(url)}">') for url in urls if url not in item.body)
    return "".join(f"\n<p>{link}</p>" for link in dict.fromkeys(links) if link)


def _enclosures(item: Item) -> list[str]:
    return [value for key, value in item.meta if key == "enclosure"]


def _text_of(excerpt: str) -> str:
    """Return the visible text of an excerpt, of which most are plain sentences."""
    if _SENTENCES.fullmatch(excerpt):
        return " ".join(excerpt.split())
    return plain_text(sanitize(to_html(excerpt).html))


def teaser(body: str) -> str:
    """Return the beginning of the text that lists showed, up to the “more” tag, or ""."""
    before, more, _ = body.partition("<!--more")
    return re.sub(r"<!-- wp:more.*\Z", "", before, flags=re.DOTALL) if more else ""


def withhold_empty(document: Post | Page, item: Item, report: Report) -> None:
    """Make a text that would show neither a word nor an image a draft, and report it."""
    shows_something = "data-image" in document.body or "data-embed" in document.body or "<iframe" in document.body
    if document.status != Post.Status.PUBLISHED or shows_something or document.featured_image_id:
        return
    words = html.unescape(re.sub(r"<(script|style)\b.*?</\1\s*>|<[^<>]*>", " ", document.body, flags=re.DOTALL | re.I))
    if not any(character.isalnum() for character in words):
        document.status = Post.Status.DRAFT
        report.notes.append(f"“{display_title(item)}” has no text to show and was imported as a draft.")


def slug_for(item: Item) -> str:
    """Return the slug of the item, or one made from its title."""
    return make_slug(item.slug, 190) or slugify(item.title, 190) or f"{item.post_type}-{item.post_id}"


def display_title(item: Item) -> str:
    """Return the name of the item for the report."""
    return item.title.strip() or item.slug or f"Item {item.post_id}"


def may_be_public(item: Item) -> bool:
    """Return whether visitors see the text of the item from the beginning, unless it has nothing to show."""
    is_past = _is_valid_date(item.published_at) and item.published_at <= timezone.now()  # type: ignore[operator]
    is_open = not item.password and not is_members_only(item.body, dict(item.meta))
    return item.status == "publish" and is_open and is_past


def _status(item: Item, site: SourceSite, report: Report) -> str:
    title = display_title(item)
    if item.status not in {"publish", "future"}:
        if item.status not in {"draft", "pending", "auto-draft"}:
            report.notes.append(
                f"“{title}” has the WordPress status “{item.status or 'none'}” and was imported as a draft."
            )
        return Post.Status.DRAFT
    if item.password:
        report.notes.append(f"“{title}” is password-protected and was imported as a draft.")
        return Post.Status.DRAFT
    if is_members_only(item.body, dict(item.meta)):
        words = "had a part that only members or subscribers could read, so it was imported as a draft."
        report.notes.append(f"“{title}” {words}")
        return Post.Status.DRAFT
    if not _is_valid_date(item.published_at):
        report.notes.append(f"“{title}” has no valid date and was imported as a draft.")
        return Post.Status.DRAFT
    if item.status == "future" and item.published_at and item.published_at <= timezone.now():
        report.notes.append(f"“{title}” was scheduled for a past date and was imported as a draft.")
        return Post.Status.DRAFT
    if path_mapping.is_front_page(item, site):
        words = "was the front page and was imported as a draft. The home page here is generated."
        report.notes.append(f"“{title}” {words}")
        return Post.Status.DRAFT
    return Post.Status.PUBLISHED


def _report_unsupported(item: Item, body: ConvertedBody, report: Report) -> None:
    for name in body.shortcodes:
        report.shortcodes[name].append(display_title(item))
    for name in body.blocks:
        report.blocks[name].append(display_title(item))


def _is_valid_date(moment: datetime | None) -> bool:
    return moment is not None and moment.year in YEARS


def updated_on(item: Item) -> date | None:
    """Return the date of the last change, or None if it is the publication date."""
    if not (item.published_at and item.modified_at and _is_valid_date(item.modified_at)):
        return None
    days = [timezone.localdate(moment) for moment in (item.published_at, item.modified_at)]
    return days[1] if days[1] > days[0] else None


def _title_from(markup: str) -> str:
    return Truncator(plain_text(sanitize(markup)).split("\n")[0]).words(8, truncate="…") or "Untitled"


def source_digest(item: Item, parent: Page | None) -> str:
    """Return the digest of the imported fields. New comments do not change it."""
    dates = item.published_at and item.published_at.isoformat()
    above = [parent.pk] if parent else []
    seo = read_seo_meta(dict(item.meta))
    return digest(
        CONVERTER_VERSION,
        item.title,
        item.is_sticky,
        dict(item.meta).get("footnotes", ""),
        item.slug,
        earlier_slugs(item),
        item.body,
        item.excerpt,
        item.creator,
        item.status,
        item.password,
        dates,
        item.terms,
        *((astuple(seo),) if seo != SeoMeta() else ()),
        *_enclosures(item),
        *([dict(item.meta)["_thumbnail_id"]] if "_thumbnail_id" in dict(item.meta) else []),
        *above,
    )
