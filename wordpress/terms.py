"""Import the categories, tags and authors of an export, without duplicates."""

import re
import unicodedata
from collections.abc import Callable
from itertools import batched

from django.db import models, transaction

from accounts.models import Author
from blog.models import Category, Tag
from blog.models.tag_names import tag_key
from plaintext.folding import fold
from plaintext.slugs import is_slug, slugify, unused_slug
from redirects import services
from redirects.models import Redirect
from richtext.analysis import plain_text
from richtext.sanitizer import sanitize
from wordpress import reader
from wordpress.authors import Bylines, author_key, public_name
from wordpress.content_converter import to_html
from wordpress.models import ImportedObject, ImportRun, digest, row_fingerprint
from wordpress.old_paths import free_paths
from wordpress.reader import Export, Term
from wordpress.report import Outcome, Report
from wordpress.source_site import SourceSite

BATCH_SIZE = 25
MAX_SHORT_BIO = 400


class TermImporter:
    """Find or create the categories, tags and authors of one export.

    Rows are cached. Call `clear()` after a rollback, which may have removed rows that were created here.
    """

    def __init__(self, export: Export, site_name: str, run: ImportRun | None = None) -> None:
        self.site_name = site_name
        self.run = run
        self._terms = {(term.taxonomy, term.slug): term for term in export.terms}
        self.bylines = Bylines(export)
        self._categories: dict[str, Category] = {}
        self._tags: dict[str, Tag] = {}
        self._authors: dict[str, Author] = {}
        # Returns the primary key of the photo of an author by name and the WordPress ID of the photo.
        self.find_portrait: Callable[[str, int], int | None] = lambda name, number: None

    def clear(self) -> None:
        """Clear the cached rows."""
        for cache in (self._categories, self._tags, self._authors):
            cache.clear()

    def import_all(self) -> None:
        """Import every category and tag of the export, also those without posts, in short transactions."""
        for batch in batched(self._terms, BATCH_SIZE):
            with transaction.atomic():
                for taxonomy, slug in batch:
                    if taxonomy == "category":
                        self.category(slug)
                    elif taxonomy == "post_tag":
                        self.tag(slug)

    def category(self, slug: str, ancestors: tuple[str, ...] = ()) -> Category:
        """Return the category with this WordPress slug."""
        if slug not in self._categories:
            term = self._term("category", slug)
            has_parent = bool(term.parent_slug) and term.parent_slug not in (*ancestors, slug)
            parent = self.category(term.parent_slug, (*ancestors, slug)) if has_parent else None
            self._categories[slug] = self._get_or_import(
                ImportedObject.Kind.CATEGORY, slug[:700], Category, lambda: _create_category(term, parent)
            )
            self._save_wp_id(ImportedObject.Kind.CATEGORY, term.wp_id, self._categories[slug])
        return self._categories[slug]

    def tag(self, slug: str) -> Tag:
        """Return the tag with this WordPress slug."""
        if slug not in self._tags:
            term = self._term("post_tag", slug)
            self._tags[slug] = self._get_or_import(ImportedObject.Kind.TAG, slug[:700], Tag, lambda: _create_tag(term))
        return self._tags[slug]

    def author(self, login: str) -> Author:
        """Return the author with this WordPress login."""
        if login not in self._authors:
            known = self.bylines.find(login) or reader.Author(login)
            self._authors[login] = self._get_or_import(
                ImportedObject.Kind.AUTHOR,
                login[:700],
                Author,
                lambda: self._chosen(login) or self._create_author(known),
            )
            self._save_wp_id(ImportedObject.Kind.AUTHOR, known.wp_id, self._authors[login])
            self._save_key(ImportedObject.Kind.AUTHOR, f"/{author_slug(known.login or login)}", self._authors[login])
        return self._authors[login]

    def _create_author(self, source: reader.Author) -> tuple[Author, bool]:
        """Return an author profile without a user account, with the photo and bio of a guest author."""
        author, is_new = _create_author(source)
        if is_new and (source.bio or source.portrait_id):
            bio = plain_text(sanitize(to_html(source.bio).html))
            # Longer ones do not fit below posts.
            author.short_bio, author.long_bio = (bio, "") if len(bio) <= MAX_SHORT_BIO else ("", bio)
            author.portrait_id = self.find_portrait(author.name, source.portrait_id)
            author.save()
        return author, is_new

    def _chosen(self, login: str) -> tuple[Author, bool] | None:
        """Return the author that was chosen in the admin for this login."""
        pk = self.run.options.get("authors", {}).get(author_key(login)) if self.run else None
        author = Author.objects.filter(pk=pk).first() if pk else None
        return (author, False) if author else None

    def _term(self, taxonomy: str, slug: str) -> Term:
        return self._terms.get((taxonomy, slug)) or Term(taxonomy=taxonomy, slug=slug, name=slug)

    def _get_or_import[M: models.Model](
        self, kind: ImportedObject.Kind, key: str, model: type[M], create: Callable[[], tuple[M, bool]]
    ) -> M:
        """Return the object imported for `key` in an earlier run, or create it."""
        imported = ImportedObject.objects.filter(site=self.site_name, kind=kind, key=key).first()
        found = model._default_manager.filter(pk=imported.object_id).first() if imported else None
        if found is None:
            found, is_new = create()
            self.record(kind, key, found, is_new=is_new)
        return found

    def record(self, kind: ImportedObject.Kind, key: str, row: models.Model, *, is_new: bool) -> None:
        """Record what a category, tag, author or the site was imported as."""
        values = {"object_id": row.pk, "run": self.run, "is_new": is_new, "fingerprint": row_fingerprint(row)}
        ImportedObject.objects.update_or_create(site=self.site_name, kind=kind, key=key, defaults=values)

    def redirect_bases(self, category_base: str, tag_base: str, site: SourceSite) -> None:
        """Redirect the old URLs of categories and tags, if they began with other words than here."""
        wanted = {}
        if category_base not in {"", "category"}:
            for slug, category in self._categories.items():
                path = "/".join([*self._slugs_above(slug), slug])
                wanted[f"/{site.with_base(f'{category_base}/{path}')}"] = category.get_absolute_url()
        if tag_base not in {"", "tag"}:
            for slug, tag in self._tags.items():
                wanted[f"/{site.with_base(f'{tag_base}/{slug}')}"] = tag.get_absolute_url()
        for batch in batched(free_paths(wanted).items(), BATCH_SIZE):
            with transaction.atomic():
                services.create_redirects(dict(batch), Redirect.Origin.IMPORTED)

    def _slugs_above(self, slug: str) -> list[str]:
        """Return the slugs of the categories above one, the topmost first."""
        found: list[str] = []
        while (slug := self._term("category", slug).parent_slug) and slug not in found:
            found.insert(0, slug)
        return found

    def fill(self, report: Report) -> None:
        """Report the categories, tags and authors."""
        for kind, rows in (
            (ImportedObject.Kind.CATEGORY, self._categories),
            (ImportedObject.Kind.TAG, self._tags),
            (ImportedObject.Kind.AUTHOR, self._authors),
        ):
            records = ImportedObject.objects.filter(site=self.site_name, kind=kind, run=self.run, is_new=True)
            new = set(records.values_list("object_id", flat=True))
            # Names to sign in are private, so that of an author is not part of the report.
            is_author = kind == ImportedObject.Kind.AUTHOR
            for key, row in rows.items():
                report.record(
                    kind,
                    Outcome.CREATED if row.pk in new else Outcome.UNCHANGED,
                    source="" if is_author else key,
                    title=str(row),
                    target=row,
                    key=digest(key) if is_author else "",
                )

    def _save_wp_id(self, kind: ImportedObject.Kind, wp_id: str, row: models.Model) -> None:
        """Record the WordPress ID for URLs such as /?cat=7: see wordpress.legacy_urls."""
        if wp_id.isascii() and wp_id.isdecimal():
            self._save_key(kind, f"#{int(wp_id[:18])}", row)

    def _save_key(self, kind: ImportedObject.Kind, key: str, row: models.Model) -> None:
        values = {"object_id": row.pk}
        ImportedObject.objects.update_or_create(
            site=self.site_name, kind=kind, key=key, defaults=values, create_defaults={**values, "run": self.run}
        )


def author_slug(login: str) -> str:
    """Return the last part of the URL of an author's archive, which WordPress makes from the login."""
    text = re.sub(r"[\s.]+", "-", login.strip().lower())
    return re.sub(r"-+", "-", re.sub(r"[^\w-]", "", text)).strip("-")[:50]


def make_slug(text: str, limit: int) -> str:
    """Return the slug `text` of WordPress as it is, so that its URL stays, or a valid one made from it."""
    slug = unicodedata.normalize("NFC", text.strip().lower())
    return slug if is_slug(slug) and len(slug) <= limit else slugify(text, limit)


def _create_category(term: Term, parent: Category | None) -> tuple[Category, bool]:
    slug = make_slug(term.slug or term.name, 200) or "category"
    name = plain_text(sanitize(term.name))[:200] or slug
    existing = Category.objects.filter(slug=slug, parent=parent).first()
    description = plain_text(sanitize(term.description))
    if existing:
        return existing, False
    return Category.objects.create(name=name, slug=slug, parent=parent, description=description), True


def _create_tag(term: Term) -> tuple[Tag, bool]:
    name = plain_text(sanitize(term.name))[:100] or term.slug[:100]
    slug = make_slug(term.slug or name, 100) or "tag"
    existing = Tag.objects.filter(models.Q(slug=slug) | models.Q(key=tag_key(name))).first()
    return (existing, False) if existing else (Tag.objects.create(name=name, slug=slug), True)


def _create_author(source: reader.Author) -> tuple[Author, bool]:
    """Return an author profile without a user account."""
    name = public_name(source)
    folded = fold(name[:120])
    existing = next((author for author in Author.objects.all() if folded and fold(author.name) == folded), None)
    if existing:
        return existing, False
    stem = slugify(name or "Guest author", 110) or "author"
    slug = unused_slug(stem, lambda slug: Author.objects.filter(slug=slug).exists())
    number = slug.removeprefix(stem).strip("-")
    # Unnamed authors are different people, so each gets a profile to rename in the admin.
    return Author.objects.create(slug=slug, name=name[:120] or f"Guest author {number}".strip()), True
