"""The site as a WordPress export (WXR 1.2), which WordPress's own importer reads.

Format: WordPress's wp-admin/includes/export.php. Nothing in it identifies visitors but the names and websites that they
show with their comments. Titles, names and excerpts are HTML in WordPress, so they are escaped.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import batched
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.timezone import localtime

from accounts.models import Author
from blog.models import Category, Post, Tag
from comments.models import Comment
from images.models import Image
from pages.models import Page
from plaintext.characters import strip_control_characters
from site_export.documents import media_url, plain_html
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

BATCH_SIZE = 50
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""
_TAIL = "</channel>\n</rss>\n"
_STATUSES = {"Draft": "draft", "Scheduled": "future", "Published": "publish"}
_APPROVED = {"approved": "1", "pending": "0"}


def wxr_pieces() -> Iterator[str]:
    """Yield the file in pieces. Reads the database in batches."""
    site = SiteInfo.load()
    yield _HEAD
    url = settings.SITE_URL
    yield _element("title", site.name) + _element("link", url) + _element("description", site.tagline)
    yield _element("language", settings.LANGUAGE_CODE) + _element("wp:wxr_version", "1.2")
    yield _element("wp:base_site_url", url) + _element("wp:base_blog_url", url)
    yield from _authors()
    yield from _categories()
    yield from _tags()
    for image in Image.objects.order_by("pk").iterator(chunk_size=1000):
        yield _attachment(image)
    for model in (Page, Post):
        yield from _documents(model)
    yield _TAIL


def _authors() -> Iterator[str]:
    for author in Author.objects.order_by("pk"):
        fields = {
            "author_id": author.pk,
            "author_login": author.slug,
            "author_email": "",
            "author_display_name": author,
        }
        yield f"<wp:author>{_wp(fields)}</wp:author>\n"


def _categories() -> Iterator[str]:
    # Parents come first, because a path begins with that of the parent.
    for category in Category.objects.select_related("parent").order_by("path"):
        fields = {
            "term_id": category.pk,
            "category_nicename": category.slug,
            "category_parent": category.parent.slug if category.parent else "",
            "cat_name": escape(category.name),
            "category_description": escape(category.description),
        }
        yield f"<wp:category>{_wp(fields)}</wp:category>\n"


def _tags() -> Iterator[str]:
    # Categories and tags are terms of WordPress, which have one sequence of IDs.
    start = 1 + (Category.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
    for tag in Tag.objects.order_by("pk"):
        fields = {"term_id": start + tag.pk, "tag_slug": tag.slug, "tag_name": escape(tag.name)}
        yield f"<wp:tag>{_wp(fields)}</wp:tag>\n"


def _documents(model: Any) -> Iterator[str]:
    rows = model.objects.not_trashed().order_by("pk")
    if model is Post:
        rows = rows.select_related("author", "primary_category").prefetch_related("categories", "tags")
    else:
        rows = rows.order_by("path")
    for batch in batched(rows.iterator(chunk_size=BATCH_SIZE), BATCH_SIZE):
        comments = _comments(model, [document.pk for document in batch])
        bodies = plain_html(batch, media_url())
        for document, body in zip(batch, bodies, strict=True):
            yield _document(document, body, comments[document.pk])


def _document(document: Post | Page, body: str, comments: Iterable[Comment]) -> str:
    is_post = isinstance(document, Post)
    when = document.published_at or document.created_at
    fields = {
        "post_id": wp_id(document),
        "post_date": _local(when),
        "post_date_gmt": _gmt(document.published_at),
        "post_modified": _local(document.modified_at),
        "post_modified_gmt": _gmt(document.modified_at),
        "comment_status": "open" if is_post else "closed",
        "ping_status": "closed",
        "post_name": document.slug,
        "status": _STATUSES[document.status_label],
        "post_parent": wp_id(document.parent) if isinstance(document, Page) and document.parent else 0,
        "menu_order": document.position if isinstance(document, Page) else 0,
        "post_type": "post" if is_post else "page",
        "post_password": "",
        "is_sticky": int(isinstance(document, Post) and document.is_featured),
    }
    return "".join(
        (
            "<item>",
            _cdata("title", escape(document.title)),
            _element("link", absolute_url(document.get_absolute_url())),
            _element("dc:creator", document.author.slug if isinstance(document, Post) else ""),
            f'<guid isPermaLink="false">{escape(f"{settings.SITE_URL}/?p={wp_id(document)}")}</guid>',
            _cdata("content:encoded", body),
            _cdata("excerpt:encoded", escape(document.excerpt)),
            _wp(fields),
            _terms(document) if isinstance(document, Post) else "",
            _seo(document),
            *(_comment(comment) for comment in comments),
            "</item>\n",
        )
    )


def _terms(post: Post) -> str:
    terms = [("category", category.slug, category.name) for category in post.categories.all()]
    terms += [("post_tag", tag.slug, tag.name) for tag in post.tags.all()]
    pieces = (
        f'<category domain="{domain}" nicename="{_attribute(slug)}">{_cdata_text(escape(name))}</category>'
        for domain, slug, name in sorted(terms)
    )
    return "".join(pieces)


def _seo(document: Post | Page) -> str:
    """Return the SEO fields and the featured image as post meta, in the names of Yoast, the most used plugin."""
    image = document.featured_image_id
    values = {
        "_thumbnail_id": str(_image_id(image)) if image else "",
        "_yoast_wpseo_title": document.seo_title,
        "_yoast_wpseo_metadesc": document.seo_description,
        "_yoast_wpseo_canonical": document.canonical_url,
        "_yoast_wpseo_meta-robots-noindex": "1" if document.hides_from_search else "",
    }
    if isinstance(document, Post) and document.primary_category_id:
        values["_yoast_wpseo_primary_category"] = str(document.primary_category_id)
    return "".join(_meta(key, value) for key, value in values.items() if value)


def _attachment(image: Image) -> str:
    url = f"{media_url()}{image.file.name}"
    slug = (unquote(urlsplit(url).path).rpartition("/")[2]).rpartition(".")[0]
    fields = {
        "post_id": _image_id(image.pk),
        "post_date": _local(image.created_at),
        "post_date_gmt": _gmt(image.created_at),
        "post_name": slug,
        "status": "inherit",
        "post_parent": 0,
        "menu_order": 0,
        "post_type": "attachment",
        "attachment_url": url,
    }
    return "".join(
        (
            "<item>",
            _cdata("title", escape(image.title)),
            _element("link", url),
            _element("dc:creator", ""),
            f'<guid isPermaLink="false">{escape(url)}</guid>',
            _cdata("content:encoded", escape(image.credit)),
            _cdata("excerpt:encoded", escape(image.caption)),
            _wp(fields),
            _meta("_wp_attached_file", image.file.name or ""),
            _meta("_wp_attachment_image_alt", image.alt) if image.alt else "",
            "</item>\n",
        )
    )


def _comments(model: Any, pks: list[int]) -> defaultdict[int, list[Comment]]:
    """Return the comments of documents that visitors see, and those that wait for a decision."""
    name = model._meta.model_name
    found: defaultdict[int, list[Comment]] = defaultdict(list)
    rows = Comment.objects.filter(**{f"discussion__{name}__in": pks}, status__in=_APPROVED)
    for comment in rows.select_related("discussion", "author").order_by("posted_at", "pk"):
        found[getattr(comment.discussion, f"{name}_id")].append(comment)
    return found


def _comment(comment: Comment) -> str:
    fields = {
        "comment_id": comment.pk,
        "comment_author": escape(comment.author.name if comment.author else comment.name),
        "comment_author_email": "",
        "comment_author_url": comment.website,
        "comment_date": _local(comment.posted_at),
        "comment_date_gmt": _gmt(comment.posted_at),
        "comment_content": comment.body,
        "comment_approved": _APPROVED[comment.status],
        "comment_type": "comment",
        "comment_parent": comment.parent_id or 0,
    }
    return f"<wp:comment>{_wp(fields)}</wp:comment>"


def wp_id(document: Post | Page) -> int:
    """Return the ID in WordPress, where posts, pages and attachments have one sequence."""
    return 3 * document.pk + (1 if isinstance(document, Page) else 0)


def _image_id(pk: int) -> int:
    return 3 * pk + 2


def _local(moment: datetime) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M:%S}"


def _gmt(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else "0000-00-00 00:00:00"


def _wp(fields: dict[str, Any]) -> str:
    return "".join(
        _element(f"wp:{name}", str(value)) if isinstance(value, int) else _cdata(f"wp:{name}", str(value))
        for name, value in fields.items()
    )


def _meta(key: str, value: str) -> str:
    return f"<wp:postmeta>{_wp({'meta_key': key, 'meta_value': value})}</wp:postmeta>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(strip_control_characters(text))}</{name}>\n"


def _cdata(name: str, text: str) -> str:
    return f"<{name}>{_cdata_text(text)}</{name}>\n"


def _cdata_text(text: str) -> str:
    return f"<![CDATA[{strip_control_characters(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
