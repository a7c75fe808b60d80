"""From a WordPress export to posts, categories, tags and authors here. Every post is its own transaction."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.text import Truncator, slugify

from accounts.models import Author
from blog.models import Category, Post, Tag
from drafts.addresses import validate_free_address
from drafts.models import YEARS
from prose.cleaning import clean
from prose.structure import plain_text
from siteinfo.models import SiteInfo
from wordpress import reader
from wordpress.bodies import to_html
from wordpress.models import Origin
from wordpress.reader import Export, Item, Term
from wordpress.report import Report

log = logging.getLogger(__name__)

# Part of every post's digest: raise it when posts should be made anew from the same export.
RULES = 1
_NOT_WORD = re.compile(r"[^-\w]+")


class Importer:
    """Imports one export; `report` tells what happened. Running it again changes nothing."""

    def __init__(self, export: Export, report: Report, progress: Callable[[int], None] = lambda done: None) -> None:
        self.export = export
        self.report = report
        self.progress = progress
        address = urlsplit(export.base_blog_url or export.site_url)
        self.site = f"{(address.hostname or '').removeprefix('www.')}{address.path.rstrip('/')}"[:255]
        self.terms = {(term.taxonomy, term.slug): term for term in export.terms}
        self.categories: dict[str, Category] = {}
        self.tags: dict[str, Tag] = {}
        self.authors: dict[str, Author] = {}
        self.seen: Counter[str] = Counter()

    def run(self) -> Report:
        """Import everything; a post that cannot be imported is named in the report and stops no other."""
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
        for number, item in enumerate(self.export.items(), start=1):
            if item.post_type == "post":
                self.report.outcomes[self._import(item)] += 1
            else:
                self.report.not_yet[item.post_type or "item without a type"] += 1
            self.progress(number)
        return self.report

    # ---- Posts ----------------------------------------------------------------------------------

    def _import(self, item: Item) -> str:
        try:
            with transaction.atomic():
                return self._post(item)
        except (DatabaseError, ValidationError, ValueError, RecursionError) as error:
            log.exception("WordPress post %s", item.post_id)
            # What this post made first is gone with it: the next one looks again.
            for made in (self.categories, self.tags, self.authors):
                made.clear()
            self.report.notes.append(f"“{_shown(item)}” could not be imported: {error}")
            return "failed"

    def _post(self, item: Item) -> str:
        if item.status == "trash" or (item.status == "auto-draft" and not (item.body or item.title)):
            self.report.notes.append(f"“{_shown(item)}” is in the trash there and was left out.")
            return "skipped"
        digest = _source_digest(item)
        key = self._key(item)
        origin = self._origin(Origin.Kind.POST, key)
        post = Post.objects.filter(pk=origin.object_id).first() if origin else Post()
        if post is None:
            self.report.notes.append(f"“{_shown(item)}” was deleted here and is not brought back.")
            return "skipped"
        if origin and origin.digest == digest:
            return "unchanged"
        if origin and origin.fingerprint != _fingerprint(post):
            self.report.notes.append(f"“{_shown(item)}” changed there and here; your version here is kept.")
            return "kept as edited here"
        self._fill(post, item)
        post.save()
        post.categories.set(self._category(ref.slug) for ref in item.terms if ref.taxonomy == "category")
        post.set_categories(post.categories.all())
        post.tags.set([self._tag(ref.slug) for ref in item.terms if ref.taxonomy == "post_tag"])
        values = {"object_id": post.pk, "digest": digest, "fingerprint": _fingerprint(post)}
        Origin.objects.update_or_create(
            site=self.site,
            kind=Origin.Kind.POST,
            key=key,
            defaults=values,
        )
        return "updated" if origin else "created"

    def _key(self, item: Item) -> str:
        """Who the item is. Merged sites repeat numbers and even guids: then its place in the file tells."""
        base = f"{item.post_type}:{item.post_id}:{item.guid}"[:690]
        self.seen[base] += 1
        return base if self.seen[base] == 1 else f"{base}#{self.seen[base]}"

    def _fill(self, post: Post, item: Item) -> None:
        body = to_html(item.body)
        self._note_leftovers(item, body.shortcodes, body.blocks, body.pictures)
        post.body = body.html
        post.title = Truncator(item.title.strip()).chars(200) or _title_from(body.html)
        post.excerpt = plain_text(clean(to_html(item.excerpt).html)) if item.excerpt else ""
        post.author = self._author(item.creator)
        post.topic = None
        post.published_at = item.published_at if item.published_at and item.published_at.year in YEARS else None
        post.status = self._status(item)
        if post.pk is None:
            post.slug = _free_slug(item)

    def _status(self, item: Item) -> str:
        title = _shown(item)
        if item.status not in {"publish", "future"}:
            if item.status not in {"draft", "pending", "auto-draft"}:
                self.report.notes.append(f"“{title}” is “{item.status or 'without a state'}” there: a draft here.")
            return Post.Status.DRAFT
        if item.password:
            self.report.notes.append(f"“{title}” is protected by a password there: a draft here, so nobody reads it.")
            return Post.Status.DRAFT
        if item.published_at is None or item.published_at.year not in YEARS:
            self.report.notes.append(f"“{title}” has no possible date: a draft here.")
            return Post.Status.DRAFT
        if item.status == "future" and item.published_at <= timezone.now():
            self.report.notes.append(f"“{title}” was scheduled for a time that has passed: a draft here.")
            return Post.Status.DRAFT
        return Post.Status.PUBLISHED

    def _note_leftovers(self, item: Item, shortcodes: tuple[str, ...], blocks: tuple[str, ...], pictures: int) -> None:
        for name in shortcodes:
            self.report.shortcodes[name].append(_shown(item))
        for name in blocks:
            self.report.blocks[name].append(_shown(item))
        self.report.pictures += pictures
        self.report.posts_with_pictures += bool(pictures)

    # ---- What posts hang on ---------------------------------------------------------------------

    def _origin(self, kind: Origin.Kind, key: str) -> Origin | None:
        return Origin.objects.filter(site=self.site, kind=kind, key=key).first()

    def _known[M: models.Model](self, kind: Origin.Kind, key: str, model: type[M], make: Callable[[], M]) -> M:
        """What `key` became in an earlier run, or what `make` gives now."""
        origin = self._origin(kind, key)
        found = model._default_manager.filter(pk=origin.object_id).first() if origin else None
        if found is None:
            found = make()
            Origin.objects.update_or_create(site=self.site, kind=kind, key=key, defaults={"object_id": found.pk})
        return found

    def _remember_number(self, kind: Origin.Kind, number: str, row: models.Model) -> None:
        """For addresses such as /?cat=7: see wordpress.addresses."""
        if number.isascii() and number.isdecimal():
            key, values = f"#{int(number[:18])}", {"object_id": row.pk}
            Origin.objects.update_or_create(site=self.site, kind=kind, key=key, defaults=values)

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
    name = plain_text(clean(term.name))[:200] or slug
    existing = Category.objects.filter(slug=slug, parent=parent).first()
    description = plain_text(clean(term.description))
    return existing or Category.objects.create(name=name, slug=slug, parent=parent, description=description)


def _make_tag(term: Term) -> Tag:
    name = plain_text(clean(term.name))[:100] or term.slug[:100]
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


def _free_slug(item: Item) -> str:
    """The post's own address, or the nearest free one: what is here already is never replaced."""
    stem = _slug(item.slug, 190) or slugify(item.title, allow_unicode=True)[:190].strip("-") or f"post-{item.post_id}"
    slug, number = stem, 1
    while not _is_free(slug):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _is_free(slug: str) -> bool:
    try:
        validate_free_address(slug)
    except ValidationError:
        return False
    return True


def _title_from(markup: str) -> str:
    return Truncator(plain_text(clean(markup)).split("\n")[0]).words(8, truncate="…") or "Untitled"


def _shown(item: Item) -> str:
    return item.title.strip() or item.slug or f"Item {item.post_id}"


def _source_digest(item: Item) -> str:
    """Of all that `_fill` reads: a new comment there must not look like a changed post."""
    dates = item.published_at and item.published_at.isoformat()
    return _digest(
        RULES,
        item.title,
        item.body,
        item.excerpt,
        item.creator,
        item.status,
        item.password,
        dates,
        item.terms,
    )


def _digest(*values: Any) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()


def _fingerprint(post: Post) -> str:
    """Of what the author can edit, to the second: databases keep different fractions."""
    when = post.published_at and int(post.published_at.timestamp())
    state = (post.slug, post.status, when, post.trashed_at is not None)
    return _digest(*map(str, state), sorted(post.snapshot().items()))
