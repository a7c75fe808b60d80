"""Fill in a post or page from an item of an export. Nothing here reads or writes the database."""

from collections import Counter
from collections.abc import Iterable, Iterator
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
from wordpress.models import digest
from wordpress.old_paths import earlier_slugs
from wordpress.reader import Item
from wordpress.report import Report
from wordpress.seo_plugins import SeoMeta, read_seo_meta
from wordpress.source_site import SourceSite
from wordpress.terms import make_slug

# Part of every digest. Increase it to convert unchanged exports again.
CONVERTER_VERSION = 2


def fill_document(document: Post | Page, item: Item, site: SourceSite, report: Report) -> None:
    """Set the text, title, excerpt, date and status of `document`, and report what could not be converted."""
    body = to_html(item.body)
    _report_unsupported(item, body, report)
    document.body = body.html
    document.title = Truncator(item.title.strip()).chars(200) or _title_from(body.html)
    document.excerpt = plain_text(sanitize(to_html(item.excerpt).html)) if item.excerpt else ""
    document.published_at = item.published_at if _is_valid_date(item.published_at) else None
    document.status = _status(item, site, report)


def slug_for(item: Item) -> str:
    """Return the slug of the item, or one made from its title."""
    return make_slug(item.slug, 190) or slugify(item.title, 190) or f"{item.post_type}-{item.post_id}"


def display_title(item: Item) -> str:
    """Return the name of the item for the report."""
    return item.title.strip() or item.slug or f"Item {item.post_id}"


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
    report.images += body.images
    report.documents_with_images += bool(body.images)


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
        *above,
    )


def with_keys(items: Iterable[Item], counts: Counter[str] | None = None) -> Iterator[tuple[str, Item]]:
    """Yield each item with a unique key. Merged sites repeat IDs and GUIDs, so repeated keys get a number."""
    counts = Counter() if counts is None else counts
    for item in items:
        base = f"{item.post_type}:{item.post_id}:{item.guid}"[:690]
        counts[base] += 1
        yield (base if counts[base] == 1 else f"{base}#{counts[base]}"), item
