"""Import one export: its pages, posts, categories, tags and authors.

Each page and each changed post is saved in its own transaction, new posts in small batches.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import groupby

from django.db import transaction

from blog.models import Category, Post
from newsletter.models import AnnouncedPost
from pages.models import Page
from siteinfo.models import SiteInfo
from wordpress import path_mapping, undo
from wordpress.bulk_create import NewPost, SlugAssigner, create_posts
from wordpress.comments import CommentImporter
from wordpress.disclaimers import replace_typed_disclaimers
from wordpress.early_links import EarlyLinks
from wordpress.item_batches import Draft, batches, with_keys
from wordpress.item_content import display_title, fill_document, slug_for, source_digest, updated_on, withhold_empty
from wordpress.item_handlers import ItemHandler
from wordpress.item_reports import record_item
from wordpress.links import NewUrls
from wordpress.media.documents import awaited_image, fill_media
from wordpress.media.importer import MediaImporter
from wordpress.media.reporting import attachment_report
from wordpress.models import ImportedObject, fingerprint
from wordpress.old_paths import Attachment
from wordpress.reader import Export, Item
from wordpress.report import ITEM_ERRORS, Kind, Outcome, Report
from wordpress.seo import SeoImporter
from wordpress.source_site import SourceSite
from wordpress.stored_blocks import STORED_TYPES, StoredBlocks
from wordpress.terms import TermImporter
from wordpress.typed_references import convert_references

log = logging.getLogger(__name__)

MODELS: dict[str, type[Post | Page]] = {ImportedObject.Kind.POST: Post, ImportedObject.Kind.PAGE: Page}


class Importer:
    """Import one export. Only one batch of items is in memory at a time."""

    media: MediaImporter

    def __init__(self, export: Export, report: Report, progress: Callable[[int], None], number: int = 0) -> None:
        self.export = export
        self.report = report
        self.progress = progress
        # Which of the files it is. An item that is in several of them has a row in the report for each.
        self._record_item = partial(record_item, number=number)
        self.site = SourceSite(export)
        self.stored_blocks = StoredBlocks(export)
        self.terms = TermImporter(export, self.site.name, report.run)
        self.seo = SeoImporter(export, self.site)
        self.comments = CommentImporter(export, self.site.name, self.terms, report, number)
        self.slugs = SlugAssigner()
        # The pages by key, without their texts.
        self.pages: dict[str, Item] = {}
        self._other_counts: Counter[str] = Counter()
        self.attachments: list[Attachment] = []
        self.has_front_page = False
        self.new_urls = NewUrls()
        self.early_links = EarlyLinks(self.site)

    def prepare(self) -> None:
        """Import the categories and tags, and collect the pages."""
        self.report.notes.extend(self.export.warnings)
        self.terms.find_portrait = self.media.portrait
        with transaction.atomic():
            if not SiteInfo.objects.exists():
                fields = {"name": self.export.title[:80] or "My blog", "tagline": self.site.tagline}
                site = SiteInfo.objects.create(pk=SiteInfo.singleton_instance_id, **fields)
                self.terms.record(ImportedObject.Kind.SITE, "", site, is_new=True)
        self.terms.import_all()
        for key, page in with_keys(self.export.items("page")):
            self.pages[key] = replace(page, body="", excerpt="", meta=(), comments=())
        self.has_front_page = any(path_mapping.is_front_page(page, self.site) for page in self.pages.values())

    def import_pages(self, wanted: Collection[tuple[str, int]]) -> None:
        """Import those pages whose site and WordPress ID are in `wanted`."""
        if any((self.site.name, page.post_id) in wanted for page in self.pages.values()):
            for key, page in with_keys(self.export.items("page")):
                if (self.site.name, page.post_id) in wanted:
                    self.import_item(page, key)

    def import_posts(self, handlers: Sequence[ItemHandler]) -> None:
        """Import the posts, and pass every item to the handlers."""
        labels = STORED_TYPES | {name: label for handler in handlers for name, label in handler.labels.items()}
        done = 0
        key_counts: Counter[str] = Counter()
        for batch in batches(self.export.items()):
            posts = [item for item in batch if item.post_type == "post"]
            self._import_batch(list(with_keys(posts, key_counts)))
            self.comments.import_batch(with_keys(batch, self.comments.key_counts))
            for item in batch:
                for handler in handlers:
                    handler.add(item, self.seo)
            self._report_others((item for item in batch if item.post_type not in MODELS), labels)
            done += len(batch)
            self.progress(done)

    def report_terms(self) -> None:
        """Report the authors, categories and tags."""
        report = self.report.child()
        self.terms.fill(report)
        with transaction.atomic():
            report.save()

    def _report_others(self, items: Iterable[Item], labels: Mapping[str, str]) -> None:
        """Report the items that are neither posts nor pages."""
        report = self.report.child()
        for key, item in with_keys(items, self._other_counts):
            name = item.post_type or "item without a type"
            if name in labels:
                self._record_item(report, item, key, Kind.ITEM, Outcome.CONVERTED, reason=labels[name])
                continue
            if name == "attachment":
                self.attachments.append(Attachment.from_item(item))
                outcome, reason, target = attachment_report(self.media, item)
                self._record_item(report, item, key, Kind.ATTACHMENT, outcome, reason=reason, target=target)
                continue
            report.unsupported[name] += 1
            self._record_item(report, item, key, Kind.ITEM, Outcome.SKIPPED, reason="This type is not imported.")
        report.save()
        self.report.add(report)

    def import_item(self, item: Item, key: str) -> None:
        """Import a post or page. Report a failure and continue with the next item."""
        report = self.report.child()
        try:
            with transaction.atomic():
                self._import(item, key, report)
                report.save()
        except ITEM_ERRORS as error:
            log.exception("WordPress %s %s", item.post_type, item.post_id)
            # The rollback also removed what this item created.
            self.terms.clear()
            self.media.clear()
            report = self.report.child()
            report.notes.append(f"“{display_title(item)}” could not be imported: {error}")
            self._record_item(report, item, key, item.post_type, Outcome.FAILED)
            report.save()
        self.report.add(report)

    # ---- Batches of posts -----------------------------------------------------------------------

    def _import_batch(self, posts: Sequence[tuple[str, Item]]) -> None:
        """Import posts in order: new ones together, and those of earlier runs one by one."""
        kind = ImportedObject.Kind.POST
        rows = ImportedObject.objects.filter(site=self.site.name, kind=kind, key__in=[key for key, _ in posts])
        imported = {row.key: row for row in rows}
        pks = [row.object_id for row in imported.values()]
        saved = Post.objects.only("slug", "status", "published_at", "trashed_at").in_bulk(pks)
        unchanged = self.report.child()
        for is_new, group in groupby(posts, key=lambda each: each[0] not in imported):
            if is_new:
                self._import_new(list(group))
                continue
            for key, item in group:
                post = saved.get(imported[key].object_id)
                has_same_source = imported[key].digest == source_digest(item, None)
                if post and has_same_source and not self._skip_reason(item):
                    self._record_item(unchanged, item, key, kind, Outcome.UNCHANGED, target=post)
                    self.new_urls.record(item, post, self.site)
                else:
                    self.import_item(item, key)
        unchanged.save()
        self.report.add(unchanged)

    def _import_new(self, posts: Sequence[tuple[str, Item]]) -> None:
        """Import new posts in one transaction. If one of them fails, import them one by one."""
        try:
            drafts = [Draft(item, key, self.report.child()) for key, item in posts]
            for draft in drafts:
                self._fill_draft(draft)
            new_posts = [draft.post for draft in drafts if draft.post is not None]
            self.media.library.save_missing(new_posts)
            for post in new_posts:
                post.update_derived_fields()
            report = self.report.child()
            with transaction.atomic():
                self._save_drafts([draft for draft in drafts if draft.post is not None])
                for draft in drafts:
                    report.add(draft.report)
                report.save()
        except ITEM_ERRORS:
            log.info("A batch of posts failed. Importing its posts one by one", exc_info=True)
            self.terms.clear()
            self.media.clear()
            self.slugs = SlugAssigner()
            for key, item in posts:
                self.import_item(item, key)
            return
        self.report.add(report)
        for draft in drafts:
            if draft.post is not None:
                self.new_urls.record(draft.item, draft.post, self.site)

    def _fill_draft(self, draft: Draft) -> None:
        """Convert the item to a post, without saving it."""
        item = draft.item
        if reason := self._skip_reason(item):
            draft.report.notes.append(f"“{display_title(item)}” {reason}")
            self._record_item(draft.report, item, draft.key, item.post_type, Outcome.SKIPPED)
            return
        draft.post = Post()
        self._fill(draft.post, item, draft.report)

    def _fill(self, document: Post | Page, item: Item, report: Report) -> None:
        """Set the fields of `document` that need no database."""
        fill_document(document, item, self.site, report, self.stored_blocks, self.early_links.find)
        fill_media(self.media, document, item, report)
        self.seo.apply(document, item, report)
        if document.status == Post.Status.PUBLISHED and path_mapping.is_posts_page(
            item, self.site, self.has_front_page
        ):
            document.status = Post.Status.DRAFT
            words = "has the URL of the list of your posts, so its text was imported as a draft."
            report.notes.append(f"“{display_title(item)}” {words}")
        if report.run and report.run.options.get("as_drafts"):
            document.status = Post.Status.DRAFT
        document.body += self.terms.bylines.credit(item)
        withhold_empty(document, item, report)
        if isinstance(document, Post):
            replace_typed_disclaimers(document, item, report)

    def _primary_category(self, item: Item) -> Category | None:
        slug = self.seo.primary_category_slug(item)
        return self.terms.category(slug) if slug else None

    def _save_drafts(self, drafts: Sequence[Draft]) -> None:
        """Save new posts, their redirects, and the records of their import."""
        new_posts = [self._new_post(draft.post, draft.item) for draft in drafts if draft.post is not None]
        for draft, new in zip(drafts, new_posts, strict=True):
            if convert_references(new.post, draft.item, self.site.name, draft.report):
                new.post.update_derived_fields()
        self.slugs.assign(new_posts)
        create_posts(new_posts)
        pairs = [(new.post, draft.item) for draft, new in zip(drafts, new_posts, strict=True)]
        notes = path_mapping.redirect_all_from_source(pairs, self.site)
        records = []
        for draft, new, note in zip(drafts, new_posts, notes, strict=True):
            post, item = new.post, draft.item
            draft.report.notes.extend([f"“{display_title(item)}” {note}"] if note else [])
            records.append(
                ImportedObject(
                    site=self.site.name,
                    kind=ImportedObject.Kind.POST,
                    key=draft.key,
                    object_id=post.pk,
                    digest=source_digest(item, None),
                    fingerprint=fingerprint(post, new.related),
                    run=self.report.run,
                    is_new=True,
                    awaited_image=awaited_image(self.media, post, item),
                )
            )
            self._record_item(draft.report, item, draft.key, Kind.POST, Outcome.CREATED, target=post)
        ImportedObject.objects.bulk_create(records)

    def _new_post(self, post: Post, item: Item) -> NewPost:
        post.author = self.terms.author(self.terms.bylines.main_login(item))
        post.primary_category = self._primary_category(item)
        return NewPost(
            post=post,
            slug=slug_for(item),
            categories=[self.terms.category(ref.slug) for ref in item.terms if ref.taxonomy == "category"],
            tags=[self.terms.tag(ref.slug) for ref in item.terms if ref.taxonomy == "post_tag"],
        )

    # ---- Single posts and pages -----------------------------------------------------------------

    def _import(self, item: Item, key: str, report: Report) -> None:
        if item.status == "trash" and self._withdraw(item, key, report):
            return
        if reason := self._skip_reason(item):
            report.notes.append(f"“{display_title(item)}” {reason}")
            self._record_item(report, item, key, item.post_type, Outcome.SKIPPED)
            return
        kind = ImportedObject.Kind(item.post_type)
        imported = ImportedObject.objects.filter(site=self.site.name, kind=kind, key=key).first()
        parent = (
            path_mapping.find_parent(item, self.site, self._pages_by_id) if kind == ImportedObject.Kind.PAGE else None
        )
        document = (
            MODELS[kind].objects.filter(pk=imported.object_id).first()
            if imported
            else self._new_document(item, parent, report)
        )
        if document is None:
            report.notes.append(f"“{display_title(item)}” was skipped: you deleted it here.")
            self._record_item(report, item, key, kind, Outcome.SKIPPED)
            return
        record = imported or ImportedObject(site=self.site.name, kind=kind, key=key, run=report.run)
        outcome = self._save_if_changed(record, document, item, parent, report)
        self._record_item(report, item, key, kind, outcome, target=document)
        self.new_urls.record(item, document, self.site)

    def _save_if_changed(
        self, record: ImportedObject, document: Post | Page, item: Item, parent: Page | None, report: Report
    ) -> Outcome:
        """Fill in and save the document, unless nothing changed in WordPress or something did here."""
        source = source_digest(item, parent)
        if record.pk and record.digest == source:
            return Outcome.UNCHANGED
        if record.pk and record.fingerprint != fingerprint(document):
            report.notes.append(f"“{display_title(item)}” changed in WordPress and here. Your version was kept.")
            self._redirect_source(document, item, report)
            return Outcome.CONFLICT
        outcome = Outcome.UPDATED if record.pk else Outcome.CREATED
        if not record.pk:
            record.is_new, record.before = document.pk is None, undo.values_before(document)
        self._save_document(document, item, parent, report)
        record.object_id, record.digest, record.fingerprint = document.pk, source, fingerprint(document)
        record.awaited_image = awaited_image(self.media, document, item)
        record.save()
        if isinstance(document, Post):
            # Subscribers already know this post, so do not announce it.
            AnnouncedPost.objects.skip_existing(pk=document.pk)
        return outcome

    def _withdraw(self, item: Item, key: str, report: Report) -> bool:
        """Move a document to the trash that WordPress has trashed since. Return False if it is not here."""
        kind = ImportedObject.Kind(item.post_type)
        record = ImportedObject.objects.filter(site=self.site.name, kind=kind, key=key).first()
        document = MODELS[kind].objects.filter(pk=record.object_id, trashed_at=None).first() if record else None
        if record is None or document is None:
            return False
        outcome = Outcome.WITHDRAWN
        if record.fingerprint == fingerprint(document):
            document.trash()
            record.digest, record.fingerprint = source_digest(item, None), fingerprint(document)
            record.save()
            report.notes.append(f"“{display_title(item)}” was moved to the trash, as in WordPress.")
        else:
            outcome = Outcome.CONFLICT
            report.notes.append(f"“{display_title(item)}” is in the trash in WordPress. You changed it, so it stays.")
        self._record_item(report, item, key, kind, outcome, target=document)
        return True

    def _skip_reason(self, item: Item) -> str:
        if item.status == "trash" or (item.status == "auto-draft" and not (item.body or item.title)):
            return "was skipped: it is in the WordPress trash."
        return path_mapping.skip_reason(item, self.site, self.has_front_page) if item.post_type == "page" else ""

    @cached_property
    def _pages_by_id(self) -> dict[int, Item]:
        return {page.post_id: page for page in reversed(self.pages.values())}

    def _new_document(self, item: Item, parent: Page | None, report: Report) -> Post | Page:
        """Return the unsaved document to fill, or the unedited starter page that it replaces."""
        if item.post_type == "post":
            return Post()
        page, note = path_mapping.page_for_path(f"{parent.path}/{slug_for(item)}" if parent else slug_for(item))
        if note:
            report.notes.append(f"“{display_title(item)}”: {note}")
        return page

    def _save_document(self, document: Post | Page, item: Item, parent: Page | None, report: Report) -> None:
        """Fill in the document from the item and save it."""
        self._fill(document, item, report)
        self.media.library.save_missing([document])
        if isinstance(document, Post):
            document.author = self.terms.author(self.terms.bylines.main_login(item))
            document.primary_category = self._primary_category(item)
        else:
            document.parent = parent
            document.updated_on = updated_on(item)
            if document.position is None:
                document.position = min(max(item.menu_order, 0), 32_767)
        convert_references(document, item, self.site.name, report)
        path_mapping.assign_free_slug(document, slug_for(item))
        document.save()
        if isinstance(document, Post):
            document.categories.set(self.terms.category(ref.slug) for ref in item.terms if ref.taxonomy == "category")
            document.set_categories(document.categories.all())
            document.tags.set([self.terms.tag(ref.slug) for ref in item.terms if ref.taxonomy == "post_tag"])
        self._redirect_source(document, item, report)

    def _redirect_source(self, document: Post | Page, item: Item, report: Report) -> None:
        if note := path_mapping.redirect_from_source(document, item, self.site):
            report.notes.append(f"“{display_title(item)}” {note}")
