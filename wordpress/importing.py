"""Import pages, posts, categories, tags and authors from WordPress exports.

Each post and page is saved in its own transaction.
"""

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.text import Truncator, slugify

from accounts.models import Author
from blog.models import Category, Post, Tag
from newsletter.models import AnnouncedPost
from pages.models import Page
from publishing.models import YEARS
from redirects.normalize import normalize_path
from richtext.analysis import plain_text
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo
from wordpress import path_mapping, reader
from wordpress.content_converter import to_html
from wordpress.links import rewrite_links
from wordpress.models import ImportedObject, digest, fingerprint
from wordpress.reader import Export, Item, Term
from wordpress.report import Report
from wordpress.source_site import SourceSite

log = logging.getLogger(__name__)

# Part of every digest. Increase it to convert unchanged exports again.
CONVERTER_VERSION = 1
_MODELS: dict[str, type[Post | Page]] = {ImportedObject.Kind.POST: Post, ImportedObject.Kind.PAGE: Page}
_NOT_WORD = re.compile(r"[^-\w]+")


def import_exports(
    exports: Iterable[Export], report: Report, progress: Callable[[int], None] = lambda done: None
) -> None:
    """Import `exports`, given in any order, and fill in `report`. Running it again changes nothing.

    Pages come first, parents before children, because they need their exact paths while a post can be found by
    its slug. Links are rewritten last, when every path is known.
    """
    importers = [Importer(export, report, progress) for export in exports]
    for importer in importers:
        importer.prepare()
    pages = [(importer, key, page) for importer in importers for key, page in importer.pages]
    depths = path_mapping.page_depths((importer.site.name, page) for importer, _, page in pages)
    for importer, key, page in sorted(pages, key=lambda each: depths[each[0].site.name, each[2].post_id]):
        importer.import_item(page, key)
    known: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for importer in importers:
        importer.import_posts()
        known[importer.site.name] |= importer.new_urls
    for site in {importer.site.name: importer.site for importer in importers}.values():
        rewrite_links(site, _MODELS, known[site.name], report)


class Importer:
    """Import one export."""

    def __init__(self, export: Export, report: Report, progress: Callable[[int], None]) -> None:
        self.export = export
        self.report = report
        self.progress = progress
        self.site = SourceSite(export)
        self.pages: list[tuple[str, Item]] = []
        self.has_front_page = False
        # Paths of the source site, mapped to URLs here.
        self.new_urls: dict[str, str] = {}
        self.terms = {(term.taxonomy, term.slug): term for term in export.terms}
        self.categories: dict[str, Category] = {}
        self.tags: dict[str, Tag] = {}
        self.authors: dict[str, Author] = {}
        self.key_counts: Counter[str] = Counter()

    def prepare(self) -> None:
        """Import the categories and tags, and collect the pages."""
        self.report.notes.extend(self.export.warnings)
        with transaction.atomic():
            if not SiteInfo.objects.exists():
                name = self.export.title[:80] or "My blog"
                SiteInfo.objects.create(pk=SiteInfo.singleton_instance_id, name=name)
            for term in self.export.terms:
                if term.taxonomy == "category":
                    self._category(term.slug)
                elif term.taxonomy == "post_tag":
                    self._tag(term.slug)
        self.pages = [(self._key(item), item) for item in self.export.items() if item.post_type == "page"]
        self.has_front_page = any(path_mapping.is_front_page(page, self.site) for _, page in self.pages)

    def import_posts(self) -> None:
        """Import the posts, and count the unsupported items."""
        for number, item in enumerate(self.export.items(), start=1):
            if item.post_type == "post":
                self.import_item(item, self._key(item))
            elif item.post_type != "page":
                self.report.unsupported[item.post_type or "item without a type"] += 1
            self.progress(number)

    def import_item(self, item: Item, key: str) -> None:
        """Import a post or page. Report a failure and continue with the next item."""
        try:
            with transaction.atomic():
                outcome = self._import(item, key)
        except (DatabaseError, ValidationError, ValueError, RecursionError) as error:
            log.exception("WordPress %s %s", item.post_type, item.post_id)
            # The rollback also removed what this item created, so clear the caches.
            for made in (self.categories, self.tags, self.authors):
                made.clear()
            self.report.notes.append(f"“{_display_title(item)}” could not be imported: {error}")
            outcome = "failed"
        self.report.outcomes[item.post_type][outcome] += 1

    # ---- Posts and pages ------------------------------------------------------------------------

    def _import(self, item: Item, key: str) -> str:
        if reason := self._skip_reason(item):
            self.report.notes.append(f"“{_display_title(item)}” {reason}")
            return "skipped"
        kind = ImportedObject.Kind(item.post_type)
        parent = (
            path_mapping.find_parent(item, self.site, self._pages_by_id) if kind == ImportedObject.Kind.PAGE else None
        )
        source = _source_digest(item, parent)
        imported = self._imported_object(kind, key)
        document = (
            _MODELS[kind].objects.filter(pk=imported.object_id).first()
            if imported
            else self._new_document(item, parent)
        )
        if document is None:
            self.report.notes.append(f"“{_display_title(item)}” was skipped: you deleted it here.")
            return "skipped"
        if imported and imported.digest == source:
            outcome = "unchanged"
        elif imported and imported.fingerprint != fingerprint(document):
            self.report.notes.append(f"“{_display_title(item)}” changed in WordPress and here. Your version was kept.")
            outcome = "kept with your edits"
        else:
            self._save_document(document, item, parent)
            values = {"object_id": document.pk, "digest": source, "fingerprint": fingerprint(document)}
            ImportedObject.objects.update_or_create(site=self.site.name, kind=kind, key=key, defaults=values)
            if kind == ImportedObject.Kind.POST:
                # Subscribers already know this post, so do not announce it.
                AnnouncedPost.objects.skip_existing(pk=document.pk)
            outcome = "updated" if imported else "created"
        if path := self.site.path_of(item.link):
            self.new_urls[normalize_path(path)] = document.get_absolute_url()
        return outcome

    def _skip_reason(self, item: Item) -> str:
        if item.status == "trash" or (item.status == "auto-draft" and not (item.body or item.title)):
            return "was skipped: it is in the WordPress trash."
        return path_mapping.skip_reason(item, self.site, self.has_front_page) if item.post_type == "page" else ""

    @cached_property
    def _pages_by_id(self) -> dict[int, Item]:
        return {page.post_id: page for _, page in reversed(self.pages)}

    def _new_document(self, item: Item, parent: Page | None) -> Post | Page:
        """Return the unsaved document to fill, or the unedited starter page that it replaces."""
        if item.post_type == "post":
            return Post()
        page, note = path_mapping.page_for_path(f"{parent.path}/{_slug_for(item)}" if parent else _slug_for(item))
        if note:
            self.report.notes.append(f"“{_display_title(item)}”: {note}")
        return page

    def _save_document(self, document: Post | Page, item: Item, parent: Page | None) -> None:
        """Fill in the document from the item and save it."""
        self._fill_fields(document, item)
        if isinstance(document, Page):
            document.parent = parent
            document.updated_on = _updated_on(item)
            if document.position is None:
                document.position = min(max(item.menu_order, 0), 32_767)
        path_mapping.assign_free_slug(document, document.slug or _slug_for(item))
        document.save()
        if isinstance(document, Post):
            document.categories.set(self._category(ref.slug) for ref in item.terms if ref.taxonomy == "category")
            document.set_categories(document.categories.all())
            document.tags.set([self._tag(ref.slug) for ref in item.terms if ref.taxonomy == "post_tag"])
        if note := path_mapping.redirect_from_source(document, item, self.site):
            self.report.notes.append(f"“{_display_title(item)}” {note}")

    def _key(self, item: Item) -> str:
        """Return a unique key for the item. Merged sites repeat IDs and GUIDs, so repeated keys get a number."""
        base = f"{item.post_type}:{item.post_id}:{item.guid}"[:690]
        self.key_counts[base] += 1
        return base if self.key_counts[base] == 1 else f"{base}#{self.key_counts[base]}"

    def _fill_fields(self, document: Post | Page, item: Item) -> None:
        body = to_html(item.body)
        self._report_unsupported(item, body.shortcodes, body.blocks, body.images)
        document.body = body.html
        document.title = Truncator(item.title.strip()).chars(200) or _title_from(body.html)
        document.excerpt = plain_text(sanitize(to_html(item.excerpt).html)) if item.excerpt else ""
        document.published_at = item.published_at if _is_valid_date(item.published_at) else None
        document.status = self._status(item)
        if isinstance(document, Post):
            document.author = self._author(item.creator)
            document.primary_category = None

    def _status(self, item: Item) -> str:
        title = _display_title(item)
        if item.status not in {"publish", "future"}:
            if item.status not in {"draft", "pending", "auto-draft"}:
                self.report.notes.append(
                    f"“{title}” has the WordPress status “{item.status or 'none'}” and was imported as a draft."
                )
            return Post.Status.DRAFT
        if item.password:
            self.report.notes.append(f"“{title}” is password-protected and was imported as a draft.")
            return Post.Status.DRAFT
        if not _is_valid_date(item.published_at):
            self.report.notes.append(f"“{title}” has no valid date and was imported as a draft.")
            return Post.Status.DRAFT
        if item.status == "future" and item.published_at and item.published_at <= timezone.now():
            self.report.notes.append(f"“{title}” was scheduled for a past date and was imported as a draft.")
            return Post.Status.DRAFT
        if path_mapping.is_front_page(item, self.site):
            words = "was the front page and was imported as a draft. The home page here is generated."
            self.report.notes.append(f"“{title}” {words}")
            return Post.Status.DRAFT
        return Post.Status.PUBLISHED

    def _report_unsupported(
        self, item: Item, shortcodes: tuple[str, ...], blocks: tuple[str, ...], images: int
    ) -> None:
        for name in shortcodes:
            self.report.shortcodes[name].append(_display_title(item))
        for name in blocks:
            self.report.blocks[name].append(_display_title(item))
        self.report.images += images
        self.report.documents_with_images += bool(images)

    # ---- Categories, tags and authors -----------------------------------------------------------

    def _imported_object(self, kind: ImportedObject.Kind, key: str) -> ImportedObject | None:
        return ImportedObject.objects.filter(site=self.site.name, kind=kind, key=key).first()

    def _get_or_import[M: models.Model](
        self, kind: ImportedObject.Kind, key: str, model: type[M], create: Callable[[], M]
    ) -> M:
        """Return the object imported for `key` in an earlier run, or create it."""
        imported = self._imported_object(kind, key)
        found = model._default_manager.filter(pk=imported.object_id).first() if imported else None
        if found is None:
            found = create()
            ImportedObject.objects.update_or_create(
                site=self.site.name, kind=kind, key=key, defaults={"object_id": found.pk}
            )
        return found

    def _save_wp_id(self, kind: ImportedObject.Kind, wp_id: str, row: models.Model) -> None:
        """Record the WordPress ID for URLs such as /?cat=7: see wordpress.legacy_urls."""
        if wp_id.isascii() and wp_id.isdecimal():
            key, values = f"#{int(wp_id[:18])}", {"object_id": row.pk}
            ImportedObject.objects.update_or_create(site=self.site.name, kind=kind, key=key, defaults=values)

    def _term(self, taxonomy: str, slug: str) -> Term:
        return self.terms.get((taxonomy, slug)) or Term(taxonomy=taxonomy, slug=slug, name=slug)

    def _category(self, slug: str, ancestors: tuple[str, ...] = ()) -> Category:
        if slug not in self.categories:
            term = self._term("category", slug)
            has_parent = bool(term.parent_slug) and term.parent_slug not in (*ancestors, slug)
            parent = self._category(term.parent_slug, (*ancestors, slug)) if has_parent else None
            self.categories[slug] = self._get_or_import(
                ImportedObject.Kind.CATEGORY, slug[:700], Category, lambda: _create_category(term, parent)
            )
            self._save_wp_id(ImportedObject.Kind.CATEGORY, term.wp_id, self.categories[slug])
        return self.categories[slug]

    def _tag(self, slug: str) -> Tag:
        if slug not in self.tags:
            term = self._term("post_tag", slug)
            self.tags[slug] = self._get_or_import(ImportedObject.Kind.TAG, slug[:700], Tag, lambda: _create_tag(term))
        return self.tags[slug]

    def _author(self, login: str) -> Author:
        if login not in self.authors:
            known = {author.login: author for author in self.export.authors}
            self.authors[login] = self._get_or_import(
                ImportedObject.Kind.AUTHOR, login[:700], Author, lambda: _create_author(known.get(login))
            )
            wp_id = known[login].wp_id if login in known else ""
            self._save_wp_id(ImportedObject.Kind.AUTHOR, wp_id, self.authors[login])
        return self.authors[login]


def _create_category(term: Term, parent: Category | None) -> Category:
    slug = _slug(term.slug or term.name, 200) or "category"
    name = plain_text(sanitize(term.name))[:200] or slug
    existing = Category.objects.filter(slug=slug, parent=parent).first()
    description = plain_text(sanitize(term.description))
    return existing or Category.objects.create(name=name, slug=slug, parent=parent, description=description)


def _create_tag(term: Term) -> Tag:
    name = plain_text(sanitize(term.name))[:100] or term.slug[:100]
    slug = _slug(term.slug or name, 100) or "tag"
    existing = Tag.objects.filter(models.Q(slug=slug) | models.Q(name__iexact=name)).first()
    return existing or Tag.objects.create(name=name, slug=slug)


def _create_author(source: reader.Author | None) -> Author:
    """Return an author profile without a user account. A login can be an email address, so it is never shown."""
    name = ""
    if source:
        full_name = f"{source.first_name} {source.last_name}".strip()
        name = full_name if source.display_name in {"", source.login, source.email} else source.display_name
    existing = Author.objects.filter(name__iexact=name[:120]).first() if name else None
    if existing:
        return existing
    stem = slugify(name or "Guest author", allow_unicode=True)[:110].strip("-") or "author"
    slug, number = stem, 1
    while Author.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    # Unnamed authors are different people, so each gets a profile to rename in the admin.
    return Author.objects.create(slug=slug, name=name[:120] or f"Guest author {number if number > 1 else ''}".strip())


def _slug(document: str, limit: int) -> str:
    return _NOT_WORD.sub("-", document.strip().lower()).strip("-")[:limit].strip("-")


def _slug_for(item: Item) -> str:
    """Return the slug of the item, or one made from its title."""
    made = slugify(item.title, allow_unicode=True)[:190].strip("-")
    return _slug(item.slug, 190) or made or f"{item.post_type}-{item.post_id}"


def _is_valid_date(moment: datetime | None) -> bool:
    return moment is not None and moment.year in YEARS


def _updated_on(item: Item) -> date | None:
    """Return the date of the last change, or None if it is the publication date."""
    if not (item.published_at and item.modified_at and _is_valid_date(item.modified_at)):
        return None
    days = [timezone.localdate(moment) for moment in (item.published_at, item.modified_at)]
    return days[1] if days[1] > days[0] else None


def _title_from(markup: str) -> str:
    return Truncator(plain_text(sanitize(markup)).split("\n")[0]).words(8, truncate="…") or "Untitled"


def _display_title(item: Item) -> str:
    return item.title.strip() or item.slug or f"Item {item.post_id}"


def _source_digest(item: Item, parent: Page | None) -> str:
    """Return the digest of the imported fields. New comments do not change it."""
    dates = item.published_at and item.published_at.isoformat()
    above = [parent.pk] if parent else []
    return digest(
        CONVERTER_VERSION,
        item.title,
        item.body,
        item.excerpt,
        item.creator,
        item.status,
        item.password,
        dates,
        item.terms,
        *above,
    )
