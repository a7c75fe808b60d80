"""Posts and pages as HTML and as Markdown with front matter, readable without this program."""

import html
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import markdownify
from django.conf import settings
from django.core.files.storage import default_storage

from affiliates.models import Link
from affiliates.shop_urls import slug_in
from blog.models import Post, Snippet
from exercises.models import BodyRegion, Condition, Goal
from images.models import Image
from pages.models import Page
from richtext import embeds
from richtext.analysis import analyze
from richtext.embeds import Embed, RenderTarget
from richtext.problems import render_each, render_one
from richtext.sanitizer import parse, serialize
from site_export.records import Records

FINDER_FIELDS = tuple(model.field_name for model in (BodyRegion, Condition, Goal))
# What the dashboard calls an export.
_PLACE = "the export of the site"
_EMBED = re.compile(r'<div\b[^<>]*\bdata-embed="([\w-]+)"[^<>]*\bdata-id="(\d+)"[^<>]*>\s*</div>')
_IMAGE = re.compile(r'<img\b[^<>]*\bdata-image="(\d+)"[^<>]*>')
_ALT = re.compile(r'\balt="([^"]*)"')
_OWN_LINK = re.compile(r'(<a\b[^<>]*\bhref=")(/(?!/)[^"]*)')
_CITATION_LINK = re.compile(r'<a href="#ref-\d+">(\d+)</a>')
# Cards show small copies of images, which may not exist yet.
_CARD_IMAGE = re.compile(r"<(?:img|source)\b(?![^<>]*\bdata-image=)[^<>]*>|</?picture\b[^<>]*>")


def plain_html(documents: Sequence[Post | Page], media_url: str) -> list[str]:
    """Return the bodies as HTML that any program shows, with a query per kind of embed.

    Images are the originals, at their names in the library below `media_url`. Links within the site are absolute, and
    affiliate links lead to the shop.
    Citations are numbers, with the list of references at the end. A body that cannot be rendered is returned as it is
    stored.
    """

    def fill(documents: Sequence[Post | Page]) -> list[str | None]:
        bodies = [document.body for document in documents]
        images, markup = _load(bodies)
        texts = _postprocessed([_with_embeds(body, markup) for body in bodies])
        shop_urls = _shop_urls(texts)
        return [_with_absolute_links(_with_media(text, images, media_url), shop_urls) for text in texts]

    found = render_each(documents, _PLACE, fill, None)
    return [document.body if body is None else body for document, body in zip(documents, found, strict=True)]


def _postprocessed(bodies: Sequence[str]) -> list[str]:
    """Return the bodies with the cards of products, the numbers and lists of references, and links to shops."""
    roots = {index: parse(body) for index, body in enumerate(bodies) if body}
    embeds.postprocess(list(roots.values()), RenderTarget.FEED)
    return [serialize(roots[index]) if index in roots else "" for index in range(len(bodies))]


def _load(bodies: Collection[str]) -> tuple[dict[int, Image], dict[tuple[str, int], str]]:
    found = {embed for body in bodies for embed in analyze(body).embeds}
    snippets = Snippet.objects.in_bulk([pk for kind, pk in found if kind == "snippet"])
    found |= {embed for snippet in snippets.values() for embed in analyze(snippet.body).embeds}
    wanted = [Embed(kind, pk) for kind, pk in found if kind not in {"image", "snippet"}]
    resolved = embeds.resolve(wanted, RenderTarget.FEED)
    markup = {(embed.kind, embed.id): text for embed, text in resolved.items()}
    markup |= {("snippet", pk): snippet.body for pk, snippet in snippets.items()}
    images = {int(pk) for text in (*bodies, *markup.values()) for pk in _IMAGE.findall(text)}
    return Image.objects.in_bulk(images), markup


def _with_embeds(body: str, markup: dict[tuple[str, int], str]) -> str:
    def embed(match: re.Match[str]) -> str:
        return markup.get((match[1], int(match[2])), "")

    # Snippets contain other embeds, but no snippets.
    return _EMBED.sub(embed, _EMBED.sub(embed, body))


def _with_media(body: str, images: dict[int, Image], media_url: str) -> str:
    def image(match: re.Match[str]) -> str:
        row = images.get(int(match[1]))
        if row is None:
            return ""
        alt = _ALT.search(match[0])
        text = alt[1] if alt else html.escape(row.alt)
        url = html.escape(f"{media_url}{row.file.name}")
        return f'<img src="{url}" alt="{text}" width="{row.width}" height="{row.height}">'

    return _IMAGE.sub(image, _CARD_IMAGE.sub("", body))


def _shop_urls(bodies: Sequence[str]) -> dict[str, str]:
    """Return the URLs at shops by the slugs of affiliate links, which only work as long as this site does."""
    slugs = {slug for body in bodies for _, href in _OWN_LINK.findall(body) if (slug := slug_in(href))}
    return {link.slug: link.shop_url for link in Link.objects.filter(slug__in=slugs).select_related("program")}


def _with_absolute_links(body: str, shop_urls: Mapping[str, str]) -> str:
    def link(match: re.Match[str]) -> str:
        url = shop_urls.get(slug_in(match[2]))
        return match[1] + (html.escape(url) if url else f"{settings.SITE_URL}{match[2]}")

    return _OWN_LINK.sub(link, body)


def front_matter(document: Post | Page, records: Records) -> str:
    """Return the front matter of `document`: YAML whose values are JSON, which YAML includes."""
    review = records.review_of(document)
    values: dict[str, Any] = {
        "title": document.title,
        "slug": document.slug,
        "url": document.get_absolute_url() if getattr(document, document.path_field) else "",
        "status": document.status_label.lower(),
        "published_at": document.published_at and document.published_at.isoformat(),
        "updated_on": document.updated_on and document.updated_on.isoformat(),
        "excerpt": document.excerpt,
        "seo_title": document.seo_title,
        "seo_description": document.seo_description,
        "canonical_url": document.canonical_url,
        "hides_from_search": document.hides_from_search or None,
        "featured_image": document.featured_image and document.featured_image.file.name,
        "reviewed_by": review and review.reviewer and review.reviewer.name_with_credentials,
        "reviewed_on": review and review.reviewed_on.isoformat(),
        "review_due_on": review and review.due_on and review.due_on.isoformat(),
        "references": records.references_of(document),
        "exercises": records.exercises_of(document),
    }
    if isinstance(document, Post):
        values |= {
            "author": document.author.name,
            "primary_category": document.primary_category and document.primary_category.path.strip("/"),
            "categories": sorted(category.path.strip("/") for category in document.categories.all()),
            **{name: [entry.name for entry in getattr(document, name).all()] for name in FINDER_FIELDS},
            "tags": sorted(tag.name for tag in document.tags.all()),
            "series": document.series and document.series.title,
            "tldr": document.tldr_points,
        }
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value)
    return "\n".join(["---", *lines, "---", ""])


def to_markdown(document: Post | Page, body: str) -> str:
    """Return the `body` of a document, which is HTML, as Markdown. One that cannot be converted stays HTML.

    Superscript, subscript and tables without a header do, too.
    """
    return render_one(document, _PLACE, lambda: _to_markdown(body), body)


def _to_markdown(body: str) -> str:
    # Items of lists have no ids in Markdown.
    body = _CITATION_LINK.sub(r"\1", body)
    text: str = markdownify.markdownify(
        body, heading_style=markdownify.ATX, bullets="-", sub_symbol="<sub>", sup_symbol="<sup>"
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def html_page(document: Post | Page, body: str) -> str:
    """Return a complete HTML page of the document."""
    title = html.escape(document.title)
    head = f'<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
    return f"{head}<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"


def media_url() -> str:
    """Return the absolute URL below which the site serves its uploads."""
    return f"{settings.SITE_URL}{default_storage.url('x').removesuffix('x')}"
