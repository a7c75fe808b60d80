"""From WordPress exports to pages, posts, categories, tags and authors here. Every text is its own transaction."""

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
from wordpress.links import lead_links
from wordpress.models import Origin, digest, fingerprint
from wordpress.reader import Export, Item, Term
from wordpress.report import Report
from wordpress.source_site import OldSite

log = logging.getLogger(__name__)

# Part of every text's digest: raise it when texts should be made anew from the same export.
RULES = 1
_TEXTS: dict[str, type[Post | Page]] = {Origin.Kind.POST: Post, Origin.Kind.PAGE: Page}
_NOT_WORD = re.compile(r"[^-\w]+")


def import_exports(
    exports: Iterable[Export], report: Report, progress: Callable[[int], None] = lambda done: None
) -> None:
    """Import `exports`, in any order; `report` tells what happened. Running it again changes nothing.

    Pages come first, since posts have other old addresses than the root's, and those above before those below them;
    links last, since then every place is known.
    """
    importers = [Importer(export, report, progress) for export in exports]
    for importer in importers:
        importer.begin()
    waiting = [(importer, key, page) for importer in importers for key, page in importer.pages]
    depths = path_mapping.depths((importer.site.name, page) for importer, _, page in waiting)
    for importer, key, page in sorted(waiting, key=lambda each: depths[each[0].site.name, each[2].post_id]):
        importer.import_text(page, key)
    known: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for importer in importers:
        importer.import_posts()
        known[importer.site.name] |= importer.addresses
    for site in {importer.site.name: importer.site for importer in importers}.values():
        lead_links(site, _TEXTS, known[site.name], report)


class Importer:
    """Imports one export."""

    def __init__(self, export: Export, report: Report, progress: Callable[[int], None]) -> None:
        self.export = export
        self.report = report
        self.progress = progress
        self.site = OldSite(export)
        self.pages: list[tuple[str, Item]] = []
        self.has_front_page = False
        # Where that lies by now which lay at a place of the old site.
        self.addresses: dict[str, str] = {}
        self.terms = {(term.taxonomy, term.slug): term for term in export.terms}
        self.categories: dict[str, Category] = {}
        self.tags: dict[str, Tag] = {}
        self.authors: dict[str, Author] = {}
        self.seen: Counter[str] = Counter()

    def begin(self) -> None:
        """Import what texts hang on, and collect the pages."""
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
        """Import the posts, and count what else the file holds."""
        for number, item in enumerate(self.export.items(), start=1):
            if item.post_type == "post":
                self.import_text(item, self._key(item))
            elif item.post_type != "page":
                self.report.not_yet[item.post_type or "item without a type"] += 1
            self.progress(number)

    def import_text(self, item: Item, key: str) -> None:
        """Import a post or page; one that cannot be imported is named in the report and stops no other."""
        try:
            with transaction.atomic():
                outcome = self._import(item, key)
        except (DatabaseError, ValidationError, ValueError, RecursionError) as error:
            log.exception("WordPress %s %s", item.post_type, item.post_id)
            # What this text made first is gone with it: the next one looks again.
            for made in (self.categories, self.tags, self.authors):
                made.clear()
            self.report.notes.append(f"“{_shown(item)}” could not be imported: {error}")
            outcome = "failed"
        self.report.outcomes[item.post_type][outcome] += 1

    # ---- Posts and pages ------------------------------------------------------------------------

    def _import(self, item: Item, key: str) -> str:
        if reason := self._why_left_out(item):
            self.report.notes.append(f"“{_shown(item)}” {reason}")
            return "skipped"
        kind = Origin.Kind(item.post_type)
        parent = path_mapping.parent_of(item, self.site, self._by_number) if kind == Origin.Kind.PAGE else None
        source = _source_digest(item, parent)
        origin = self._origin(kind, key)
        text = _TEXTS[kind].objects.filter(pk=origin.object_id).first() if origin else self._new(item, parent)
        if text is None:
            self.report.notes.append(f"“{_shown(item)}” was deleted here and is not brought back.")
            return "skipped"
        if origin and origin.digest == source:
            outcome = "unchanged"
        elif origin and origin.fingerprint != fingerprint(text):
            self.report.notes.append(f"“{_shown(item)}” changed there and here; your version here is kept.")
            outcome = "kept as edited here"
        else:
            self._write(text, item, parent)
            values = {"object_id": text.pk, "digest": source, "fingerprint": fingerprint(text)}
            Origin.objects.update_or_create(site=self.site.name, kind=kind, key=key, defaults=values)
            if kind == Origin.Kind.POST:
                # Its readers knew it there already: no mail about it goes out.
                AnnouncedPost.objects.skip_existing(pk=text.pk)
            outcome = "updated" if origin else "created"
        if place := self.site.place(item.link):
            self.addresses[normalize_path(place)] = text.get_absolute_url()
        return outcome

    def _why_left_out(self, item: Item) -> str:
        if item.status == "trash" or (item.status == "auto-draft" and not (item.body or item.title)):
            return "is in the trash there and was left out."
        return path_mapping.why_needless(item, self.site, self.has_front_page) if item.post_type == "page" else ""

    @cached_property
    def _by_number(self) -> dict[int, Item]:
        return {page.post_id: page for _, page in reversed(self.pages)}

    def _new(self, item: Item, parent: Page | None) -> Post | Page:
        """Where the text goes: a row of its own, or the untouched starter page that it stands for."""
        if item.post_type == "post":
            return Post()
        page, note = path_mapping.row_for(f"{parent.path}/{_stem(item)}" if parent else _stem(item))
        if note:
            self.report.notes.append(f"“{_shown(item)}”: {note}")
        return page

    def _write(self, text: Post | Page, item: Item, parent: Page | None) -> None:
        """Make `text` what the item says, and save it."""
        self._fill(text, item)
        if isinstance(text, Page):
            text.parent = parent
            text.updated_on = _updated_on(item)
            if text.position is None:
                text.position = min(max(item.menu_order, 0), 32_767)
        path_mapping.find_place(text, text.slug or _stem(item))
        text.save()
        if isinstance(text, Post):
            text.categories.set(self._category(ref.slug) for ref in item.terms if ref.taxonomy == "category")
            text.set_categories(text.categories.all())
            text.tags.set([self._tag(ref.slug) for ref in item.terms if ref.taxonomy == "post_tag"])
        if note := path_mapping.lead_here(text, item, self.site):
            self.report.notes.append(f"“{_shown(item)}” {note}")

    def _key(self, item: Item) -> str:
        """Who the item is. Merged sites repeat numbers and even guids: then its place in the file tells."""
        base = f"{item.post_type}:{item.post_id}:{item.guid}"[:690]
        self.seen[base] += 1
        return base if self.seen[base] == 1 else f"{base}#{self.seen[base]}"

    def _fill(self, text: Post | Page, item: Item) -> None:
        body = to_html(item.body)
        self._note_leftovers(item, body.shortcodes, body.blocks, body.pictures)
        text.body = body.html
        text.title = Truncator(item.title.strip()).chars(200) or _title_from(body.html)
        text.excerpt = plain_text(sanitize(to_html(item.excerpt).html)) if item.excerpt else ""
        text.published_at = item.published_at if _is_possible(item.published_at) else None
        text.status = self._status(item)
        if isinstance(text, Post):
            text.author = self._author(item.creator)
            text.primary_category = None

    def _status(self, item: Item) -> str:
        title = _shown(item)
        if item.status not in {"publish", "future"}:
            if item.status not in {"draft", "pending", "auto-draft"}:
                self.report.notes.append(f"“{title}” is “{item.status or 'without a state'}” there: a draft here.")
            return Post.Status.DRAFT
        if item.password:
            self.report.notes.append(f"“{title}” is protected by a password there: a draft here, so nobody reads it.")
            return Post.Status.DRAFT
        if not _is_possible(item.published_at):
            self.report.notes.append(f"“{title}” has no possible date: a draft here.")
            return Post.Status.DRAFT
        if item.status == "future" and item.published_at and item.published_at <= timezone.now():
            self.report.notes.append(f"“{title}” was scheduled for a time that has passed: a draft here.")
            return Post.Status.DRAFT
        if path_mapping.is_front_page(item, self.site):
            words = "was the front page there. The home page here makes itself, so its words are kept as a draft."
            self.report.notes.append(f"“{title}” {words}")
            return Post.Status.DRAFT
        return Post.Status.PUBLISHED

    def _note_leftovers(self, item: Item, shortcodes: tuple[str, ...], blocks: tuple[str, ...], pictures: int) -> None:
        for name in shortcodes:
            self.report.shortcodes[name].append(_shown(item))
        for name in blocks:
            self.report.blocks[name].append(_shown(item))
        self.report.pictures += pictures
        self.report.texts_with_pictures += bool(pictures)

    # ---- What posts hang on ---------------------------------------------------------------------

    def _origin(self, kind: Origin.Kind, key: str) -> Origin | None:
        return Origin.objects.filter(site=self.site.name, kind=kind, key=key).first()

    def _known[M: models.Model](self, kind: Origin.Kind, key: str, model: type[M], make: Callable[[], M]) -> M:
        """What `key` became in an earlier run, or what `make` gives now."""
        origin = self._origin(kind, key)
        found = model._default_manager.filter(pk=origin.object_id).first() if origin else None
        if found is None:
            found = make()
            Origin.objects.update_or_create(site=self.site.name, kind=kind, key=key, defaults={"object_id": found.pk})
        return found

    def _remember_number(self, kind: Origin.Kind, number: str, row: models.Model) -> None:
        """For addresses such as /?cat=7: see wordpress.legacy_urls."""
        if number.isascii() and number.isdecimal():
            key, values = f"#{int(number[:18])}", {"object_id": row.pk}
            Origin.objects.update_or_create(site=self.site.name, kind=kind, key=key, defaults=values)

    def _term(self, taxonomy: str, slug: str) -> Term:
        return self.terms.get((taxonomy, slug)) or Term(taxonomy=taxonomy, slug=slug, name=slug)

    def _category(self, slug: str, above: tuple[str, ...] = ()) -> Category:
        if slug not in self.categories:
            term = self._term("category", slug)
            has_parent = bool(term.parent_slug) and term.parent_slug not in (*above, slug)
            parent = self._category(term.parent_slug, (*above, slug)) if has_parent else None
            self.categories[slug] = self._known(
                Origin.Kind.CATEGORY, slug[:700], Category, lambda: _make_category(term, parent)
            )
            self._remember_number(Origin.Kind.CATEGORY, term.number, self.categories[slug])
        return self.categories[slug]

    def _tag(self, slug: str) -> Tag:
        if slug not in self.tags:
            term = self._term("post_tag", slug)
            self.tags[slug] = self._known(Origin.Kind.TAG, slug[:700], Tag, lambda: _make_tag(term))
        return self.tags[slug]

    def _author(self, login: str) -> Author:
        if login not in self.authors:
            known = {author.login: author for author in self.export.authors}
            self.authors[login] = self._known(
                Origin.Kind.AUTHOR, login[:700], Author, lambda: _make_author(known.get(login))
            )
            number = known[login].number if login in known else ""
            self._remember_number(Origin.Kind.AUTHOR, number, self.authors[login])
        return self.authors[login]


def _make_category(term: Term, parent: Category | None) -> Category:
    slug = _slug(term.slug or term.name, 200) or "category"
    name = plain_text(sanitize(term.name))[:200] or slug
    existing = Category.objects.filter(slug=slug, parent=parent).first()
    description = plain_text(sanitize(term.description))
    return existing or Category.objects.create(name=name, slug=slug, parent=parent, description=description)


def _make_tag(term: Term) -> Tag:
    name = plain_text(sanitize(term.name))[:100] or term.slug[:100]
    slug = _slug(term.slug or name, 100) or "tag"
    existing = Tag.objects.filter(models.Q(slug=slug) | models.Q(name__iexact=name)).first()
    return existing or Tag.objects.create(name=name, slug=slug)


def _make_author(source: reader.Author | None) -> Author:
    """A profile without an account. A log-in name can be an e-mail address: it is never shown."""
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
    # Nameless ones are different people: each gets a profile to be named at the desk.
    return Author.objects.create(slug=slug, name=name[:120] or f"Guest author {number if number > 1 else ''}".strip())


def _slug(text: str, limit: int) -> str:
    return _NOT_WORD.sub("-", text.strip().lower()).strip("-")[:limit].strip("-")


def _stem(item: Item) -> str:
    """The end of the address that the item had, or should have."""
    made = slugify(item.title, allow_unicode=True)[:190].strip("-")
    return _slug(item.slug, 190) or made or f"{item.post_type}-{item.post_id}"


def _is_possible(moment: datetime | None) -> bool:
    return moment is not None and moment.year in YEARS


def _updated_on(item: Item) -> date | None:
    """The day since which readers have had these words, if it is not the one of publication."""
    if not (item.published_at and item.modified_at and _is_possible(item.modified_at)):
        return None
    days = [timezone.localdate(moment) for moment in (item.published_at, item.modified_at)]
    return days[1] if days[1] > days[0] else None


def _title_from(markup: str) -> str:
    return Truncator(plain_text(sanitize(markup)).split("\n")[0]).words(8, truncate="…") or "Untitled"


def _shown(item: Item) -> str:
    return item.title.strip() or item.slug or f"Item {item.post_id}"


def _source_digest(item: Item, parent: Page | None) -> str:
    """Of all that `_write` reads: a new comment there must not look like a changed text."""
    dates = item.published_at and item.published_at.isoformat()
    above = [parent.pk] if parent else []
    return digest(
        RULES,
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
