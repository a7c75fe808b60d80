"""Read a WordPress export file (WXR, an extension of RSS) as a stream of dataclasses."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from plaintext.slugs import slugify
from wordpress.archive_reader import (
    EXPORT_HINT,
    ExportError,
    ExportFile,
    channel_elements,
    open_export_files,
    plain_line,
    qualified_name,
    restore_western,
)
from wordpress.dates import Offsets, is_offset, parse_moment
from wordpress.items import Author, Comment, Item, Term, TermRef
from wordpress.languages import Languages, find_languages, localized, versions
from wordpress.stored_texts import shown_body

__all__ = ["Author", "Comment", "Export", "ExportError", "Item", "Term", "TermRef", "read_export"]


@dataclass(frozen=True)
class Export:
    """An export that was checked from start to end and can be imported."""

    site_url: str
    base_blog_url: str
    title: str
    description: str
    wxr_version: str
    authors: tuple[Author, ...]
    terms: tuple[Term, ...]
    warnings: tuple[str, ...]
    # The items and comments by kind of report row, and the items by type.
    counts: Counter[str]
    types: Counter[str]
    # How many published items have only the local time.
    local_times: int
    offsets: Offsets = field(repr=False)
    files: tuple[ExportFile, ...] = field(repr=False)
    # What the author said about it: see wordpress.answers.
    types_as: Mapping[str, str] = field(default_factory=dict)
    other_hosts: tuple[str, ...] = ()
    # The other files of the same site: see wordpress.split_exports.
    siblings: tuple["Export", ...] = field(default=(), repr=False)
    # The languages of its texts, that of the site first, if they are in several ones.
    languages: tuple[str, ...] = ()

    def items_of_site(self, post_type: str) -> Iterator[Item]:
        """Yield the items of one type of all files of the site."""
        for export in (self, *self.siblings):
            yield from export.items(post_type)

    def items(self, post_type: str = "") -> Iterator[Item]:
        """Yield the items, of one type or of all, in file order.

        Reads the file again, with one item in memory at a time.
        """
        for file in self.files if not post_type or post_type in self.types else ():
            for element in channel_elements(file):
                if element.tag == "item" and (not post_type or self._type_of(element) == post_type):
                    item = _item(element, self.offsets)
                    other_type = self.types_as.get(item.post_type)
                    item = replace(item, post_type=other_type) if other_type else item
                    yield from versions(item, self.languages) if self.languages else (item,)

    def _type_of(self, item: etree._Element) -> str:
        """Return the type of an item, without reading the other fields."""
        found = (child.text or "" for child in item if qualified_name(child.tag) == "wp:post_type")
        post_type = next(found, "").strip()
        return self.types_as.get(post_type, post_type)


def read_export(path: Path) -> Export:
    """Read a .xml, .wxr, .xml.gz or .zip export, with all dates in UTC.

    The whole file is checked. Raise ExportError if it cannot be imported, and OSError if it cannot be read.
    `authors` ends with creators that have no author element. `terms` includes every taxonomy, such as `nav_menu`.
    Format: WordPress's wp-admin/includes/export.php, versions 1.0 to 1.2.
    """
    files: list[ExportFile] = []
    surveys: list[_Survey] = []
    damages: list[int] = []
    documents, others = open_export_files(path)
    for file in documents:
        try:
            surveys.append(_survey(file))
            files.append(file)
        except etree.XMLSyntaxError as error:
            damages.append(error.lineno or 1)
            files.append(replace(file, is_damaged=True))
            surveys.append(_survey(files[-1]))
    _refuse_the_useless(surveys, damages)
    head, types = surveys[0].fields, sum((survey.types for survey in surveys), Counter[str]())
    languages = Languages(head.get("language", ""), sum((survey.languages for survey in surveys), Counter[str]()))
    site_url = head.get("wp:base_site_url") or head.get("link", "")
    return Export(
        site_url=site_url,
        base_blog_url=head.get("wp:base_blog_url") or head.get("link") or site_url,
        title=localized(plain_line(head.get("title", "")), languages.main),
        description=localized(plain_line(head.get("description", "")), languages.main),
        wxr_version=head.get("wp:wxr_version", ""),
        authors=localized(_first_of_each([s.authors for s in surveys] + [s.creators for s in surveys]), languages.main),
        terms=localized(_first_of_each([s.declared for s in surveys] + [s.used for s in surveys]), languages.main),
        warnings=(*_warnings(surveys, damages), *languages.warnings(), *(f"Not read: {other}" for other in others)),
        counts=count_kinds(types, sum(survey.comments for survey in surveys)),
        types=types,
        local_times=sum(survey.local_times for survey in surveys),
        offsets=Offsets(sum((s.offsets for s in surveys), Counter())),
        files=tuple(files),
        languages=languages.all,
    )


@dataclass
class _Survey:
    """What the first pass over one file collects."""

    fields: dict[str, str] = field(default_factory=dict)
    authors: dict[str, Author] = field(default_factory=dict)
    creators: dict[str, Author] = field(default_factory=dict)
    declared: dict[tuple[str, str], Term] = field(default_factory=dict)
    used: dict[tuple[str, str], Term] = field(default_factory=dict)
    types: Counter[str] = field(default_factory=Counter)
    offsets: Counter[tuple[int, timedelta]] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    comments: int = 0
    local_times: int = 0
    is_wordpress: bool = False

    def add_item(self, element: etree._Element) -> None:
        fields = _fields(element)
        found = find_languages(fields.get("content:encoded", ""))
        self.languages.update(found)
        # Each language of a text is imported as a text.
        self.types[fields.get("wp:post_type", "")] += len(found) or 1
        self.comments += sum(qualified_name(child.tag) == "wp:comment" for child in element)
        self.is_wordpress |= "wp:post_type" in fields or "wp:post_id" in fields
        if login := fields.get("dc:creator"):
            self.creators.setdefault(login, Author(login))
        for ref in _term_refs(element):
            self.used.setdefault((ref.taxonomy, ref.slug), Term(ref.taxonomy, ref.slug, ref.name))
        local, gmt = parse_moment(fields.get("wp:post_date")), parse_moment(fields.get("wp:post_date_gmt"))
        if local and gmt and is_offset(local - gmt):
            self.offsets[local.month, local - gmt] += 1
        self.local_times += bool(local and not gmt and fields.get("wp:status") in {"publish", "future"})


def _survey(file: ExportFile) -> _Survey:
    survey = _Survey()
    for element in channel_elements(file):
        kind = qualified_name(element.tag)
        if kind == "item":
            survey.add_item(element)
        elif kind == "wp:author":
            author = _author(_fields(element))
            survey.authors.setdefault(author.login, author)
        elif kind in _TERM_FIELDS:
            term = _term(kind, _fields(element))
            if term.taxonomy and term.slug:
                survey.declared.setdefault((term.taxonomy, term.slug), term)
        elif kind:
            survey.fields.setdefault(kind, (element.text or "").strip())
    return survey


def _refuse_the_useless(surveys: list[_Survey], damages: list[int]) -> None:
    types = {kind for survey in surveys for kind in survey.types}
    if not types and damages:
        raise ExportError(f"This file is damaged near line {damages[0]} and has no posts or pages. {EXPORT_HINT}")
    if not types:
        raise ExportError(f"This export is empty: it has no posts and no pages. {EXPORT_HINT}")
    if not any(survey.is_wordpress for survey in surveys):
        raise ExportError(f"This file is a news feed (RSS), not a WordPress export. {EXPORT_HINT}")
    shop = {kind for kind in types if kind.startswith(("product", "shop_", "wc_"))}
    if shop and types <= shop | {"attachment", "nav_menu_item"}:
        raise ExportError(f"This export contains only shop products and orders, no posts or pages. {EXPORT_HINT}")


def count_kinds(types: Counter[str], comments: int) -> Counter[str]:
    """Return the numbers of items and comments by kind of report row."""
    counts = Counter(comment=comments)
    for kind, count in types.items():
        counts[kind if kind in {"post", "page", "attachment"} else "item"] += count
    return counts


def _warnings(surveys: list[_Survey], damages: list[int]) -> Iterator[str]:
    if damages:
        yield f"The file has XML errors (the first near line {damages[0]}). They were repaired while reading."
    if not all(survey.fields.get("wp:wxr_version") for survey in surveys):
        yield "The file does not say which version of the export format it uses."
    if untyped := sum(survey.types[""] for survey in surveys):
        yield f"Entries without a post type: {untyped}."


def _first_of_each[K, V](tables: list[dict[K, V]]) -> tuple[V, ...]:
    merged: dict[K, V] = {}
    for table in tables:
        merged |= {k: v for k, v in table.items() if k not in merged}
    return tuple(merged.values())


_TERM_FIELDS = {
    "wp:category": ("", "category_nicename", "cat_name", "category_parent", "category_description"),
    "wp:tag": ("", "tag_slug", "tag_name", "", "tag_description"),
    "wp:term": ("term_taxonomy", "term_slug", "term_name", "term_parent", "term_description"),
}


def _fields(element: etree._Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for child in element:
        name = qualified_name(child.tag)
        if name not in fields:
            fields[name] = restore_western(child.text or "").strip()
    return fields


def _author(fields: dict[str, str]) -> Author:
    def text(key: str) -> str:
        return fields.get(f"wp:author_{key}", "")

    shown, first, last = (plain_line(text(key)) for key in ("display_name", "first_name", "last_name"))
    return Author(text("login"), text("email"), shown, first, last, text("id"))


def _term(kind: str, fields: dict[str, str]) -> Term:
    taxonomy, slug, title, parent, description = (fields.get(f"wp:{key}", "") for key in _TERM_FIELDS[kind])
    taxonomy = taxonomy or {"wp:category": "category", "wp:tag": "post_tag"}.get(kind, "")
    title = plain_line(title) or _decoded(slug)
    wp_id = fields.get("wp:term_id", "")
    return Term(taxonomy, _term_slug(slug, title), title, _decoded(parent), description, wp_id)


def _term_refs(element: etree._Element) -> tuple[TermRef, ...]:
    refs: dict[tuple[str, str], TermRef] = {}
    for child in element.iterchildren("category"):
        # Version 1.0 repeats every term without domain or nicename for feed readers, and uses the domain "tag".
        domain, nicename = child.get("domain", "").strip(), child.get("nicename")
        if domain and nicename is not None:
            taxonomy = "post_tag" if domain == "tag" else domain
            title = plain_line(child.text or "") or _decoded(nicename.strip())
            slug = _term_slug(nicename.strip(), title)
            refs.setdefault((taxonomy, slug), TermRef(taxonomy, slug, title))
    return tuple(ref for ref in refs.values() if ref.slug)


def _item(element: etree._Element, offsets: Offsets) -> Item:
    fields = _fields(element)
    pairs, comments = (
        [_fields(child) for child in element if qualified_name(child.tag) == kind] if kind in fields else []
        for kind in ("wp:postmeta", "wp:comment")
    )
    meta = tuple((pair.get("wp:meta_key", ""), pair.get("wp:meta_value", "")) for pair in pairs if pair)

    def text(key: str) -> str:
        return fields.get(f"wp:{key}", "")

    return Item(
        post_id=_number(text("post_id")),
        post_type=text("post_type"),
        status=text("status"),
        title=plain_line(fields.get("title", "")),
        slug=_decoded(text("post_name")),
        link=fields.get("link", ""),
        guid=fields.get("guid", ""),
        creator=fields.get("dc:creator", ""),
        body=shown_body(fields.get("content:encoded", ""), dict(meta)),
        excerpt=fields.get("excerpt:encoded", ""),
        published_at=offsets.utc(text("post_date_gmt"), text("post_date")),
        modified_at=offsets.utc(text("post_modified_gmt"), text("post_modified")),
        parent_id=_number(text("post_parent")),
        menu_order=_number(text("menu_order")),
        is_sticky=text("is_sticky") == "1",
        password=text("post_password"),
        comment_status=text("comment_status"),
        attachment_url=text("attachment_url"),
        terms=_term_refs(element),
        meta=meta,
        comments=tuple(_comment(row, offsets) for row in comments),
    )


def _comment(fields: dict[str, str], offsets: Offsets) -> Comment:
    def text(key: str) -> str:
        return fields.get(f"wp:comment_{key}", "")

    return Comment(
        comment_id=_number(text("id")),
        author=plain_line(text("author")),
        email=text("author_email"),
        url=text("author_url"),
        ip=text("author_IP"),
        posted_at=offsets.utc(text("date_gmt"), text("date")),
        body=text("content"),
        approved=text("approved"),
        kind=text("type") or "comment",
        parent_id=_number(text("parent")),
        user_id=text("user_id"),
    )


def _decoded(slug: str) -> str:
    try:
        return unquote(slug, errors="strict")
    except UnicodeDecodeError:
        return slug


def _term_slug(slug: str, title: str) -> str:
    return _decoded(slug) or slugify(title, 200)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else 0
