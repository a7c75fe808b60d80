"""Put media into documents: the images and files of their texts, and their featured images.

A featured image is set at once if its file is there, and otherwise as soon as an import finds it.
"""

import html
import re
from typing import Any

from django.db import transaction

from blog.models import Post
from images.models import Image
from pages.models import Page
from richtext import references
from richtext.sanitizer import sanitize
from wordpress.media.importer import MediaImporter
from wordpress.media.library import IMAGE
from wordpress.media.paths import parse_media_url
from wordpress.media.reporting import report_media
from wordpress.models import ImportedObject, fingerprint
from wordpress.reader import Item
from wordpress.report import Report
from wordpress.seo_plugins import read_seo_meta
from wordpress.stored_texts import external_image

_MODELS: dict[str, type[Post | Page]] = {ImportedObject.Kind.POST: Post, ImportedObject.Kind.PAGE: Page}
_HREF = re.compile(r'href="([^"]*/uploads/[^"]*)"')
_OPENING_FIGURE = re.compile(
    r'\A<figure[^<>]*><img data-image="(?P<id>\d+)"[^<>]*>(?:<figcaption>(?P<caption>.*?)</figcaption>)?</figure>\s*',
    re.DOTALL,
)


def thumbnail_id(item: Item) -> int:
    """Return the WordPress ID of the featured image of an item, or 0."""
    value = dict(reversed(item.meta)).get("_thumbnail_id", "").strip()
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 18 else 0


def social_image_id(media: MediaImporter, item: Item) -> int:
    """Return the WordPress ID of the image that an SEO plugin showed in social networks, or 0."""
    seo = read_seo_meta(dict(item.meta))
    number = seo.social_image_id
    if number.isascii() and number.isdecimal() and len(number) < 18:
        return int(number)
    place = parse_media_url(seo.social_image, media.site) if seo.social_image else None
    attachment = media.catalog.find(place) if place else None
    return attachment.post_id if attachment else 0


def fill_media(media: MediaImporter, document: Post | Page, item: Item, report: Report) -> None:
    """Put the images and files into an unsaved document, and set its featured image.

    The featured image is removed from the text if it opens it. Without one, it is the image for social networks.
    """
    document.body = media.convert(item, str(document), document.body)
    number, social = thumbnail_id(item), social_image_id(media, item)
    if social and social != number:
        words = "They show the featured image here." if number else "It is the featured image here, which they show."
        report.notes.append(f"“{document}” had its own image for social networks. {words}")
    number = number or social
    entry = media.featured(number, str(document)) if number else None
    url, alt = external_image(dict(item.meta)) if entry is None else ("", "")
    if url:
        entry = media.external(url, alt, str(document))
        if entry is not None and entry.is_missing:
            # Nothing waits for a file without a WordPress ID, so its place is at the start of the text.
            document.body = f'<img data-image="{entry.object_id}">\n{document.body}'
    if entry is not None and not entry.is_missing:
        document.featured_image_id = entry.object_id
        if f'data-image="{entry.object_id}"' in document.body:
            document.body = without_opening_image(sanitize(document.body), entry.object_id)


def awaited_image(media: MediaImporter, document: Post | Page, item: Item) -> int | None:
    """Return the WordPress ID of the featured image that a document waits for, or None."""
    number = thumbnail_id(item) or social_image_id(media, item)
    return number if number and document.featured_image_id is None and not media.is_deleted(number) else None


def fill_awaited(media: MediaImporter) -> int:
    """Set the featured images that documents wait for and that are there now. Return their number.

    A document that got another featured image here keeps it.
    """
    count = 0
    waiting = ImportedObject.objects.filter(site=media.site.name, kind__in=_MODELS, awaited_image__isnull=False)
    for record in waiting.order_by("pk"):
        entry = media.library.find(f"#{record.awaited_image}")
        if entry is None or entry.kind != IMAGE or entry.is_missing or not entry.url:
            continue
        with transaction.atomic():
            rows: Any = _MODELS[record.kind].objects.filter(pk=record.object_id)
            document = rows.select_for_update().prefetch_snapshots().first()
            ImportedObject.objects.filter(pk=record.pk).update(awaited_image=None)
            if document is not None and document.featured_image_id is None:
                image = Image.objects.get(pk=entry.object_id)
                _update(record, document, featured_image=image, body=without_opening_image(document.body, image.pk))
                count += 1
    return count


def finish(media: MediaImporter, report: Report) -> None:
    """Fill the places that wait for files, after all documents are imported, and report what became of each file."""
    fill_awaited(media)
    fill_links(media)
    media.complete_outcomes()
    report_media(media, report)


def fill_links(media: MediaImporter) -> None:
    """Lead links in imported texts to files that are there now. Nothing else in a text changes."""
    if not media.options.has_files or not media.site.host:
        return
    for kind, model in _MODELS.items():
        imported = ImportedObject.objects.filter(site=media.site.name, kind=kind)
        rows: Any = model.objects
        waiting = rows.filter(pk__in=imported.values("object_id"), body__contains="/uploads/").order_by("pk")
        for pk, body in list(waiting.values_list("pk", "body")):
            links = {href: media.link(html.unescape(href)) for href in set(_HREF.findall(body))}
            if found := {href: html.escape(url) for href, url in links.items() if url}:
                _replace_links(imported.filter(object_id=pk)[0], found)


def _replace_links(record: ImportedObject, found: dict[str, str]) -> None:
    with transaction.atomic():
        rows: Any = _MODELS[record.kind].objects.filter(pk=record.object_id)
        document = rows.select_for_update().prefetch_snapshots().first()
        if document is not None:
            body = _HREF.sub(lambda link: f'href="{found[link[1]]}"' if link[1] in found else link[0], document.body)
            _update(record, document, body=body)


def _update(record: ImportedObject, document: Post | Page, **values: Any) -> None:
    """Save some fields of a document that was imported. It counts as edited here only if it did before."""
    is_unedited = record.fingerprint == fingerprint(document)
    for name, value in values.items():
        setattr(document, name, value)
    # Nothing that is derived from the text changes, nor does the time of the last change.
    type(document).objects.filter(pk=document.pk).update(**values)
    references.sync([document])
    if is_unedited:
        ImportedObject.objects.filter(pk=record.pk).update(fingerprint=fingerprint(document))


def without_opening_image(body: str, image_pk: int) -> str:
    """Return a sanitized body without the image if it opens the text. Its caption stays."""
    opening = _OPENING_FIGURE.match(body)
    if opening is None or int(opening["id"]) != image_pk:
        return body
    caption = f"<p>{opening['caption']}</p>\n" if opening["caption"] else ""
    return caption + body[opening.end() :]
