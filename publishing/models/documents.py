"""Documents: content that can be published, with its revisions, pending edits and autosaves.

`DocumentQuerySet.published()` is the only rule for what visitors may see.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import unquote

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from taggit.managers import TaggableManager
from taggit.utils import edit_string_for_tags, parse_tags

from accounts.models import User
from pagecache.invalidation import CacheScope, Scope
from plaintext.slugs import slugify, unused_slug
from publishing.models.provenance import Provenance
from publishing.publish_checks import PublishError, find_publish_errors
from richtext.analysis import Analysis, analyze, reading_minutes
from richtext.references import ReferenceSource
from richtext.sanitizer import sanitize
from siteinfo.seo import truncate

Snapshot = dict[str, Any]

# Catches mistyped years, which some databases and calendars cannot handle.
YEARS = range(1990, 2101)
MAX_SLUG_LENGTH = 200


class DocumentQuerySet[D: "Document"](models.QuerySet[D]):
    """Documents by status. Every list, feed, sitemap and count starts at `published()`."""

    def not_trashed(self) -> Self:
        """Return the documents that are not in the trash."""
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> Self:
        """Return the documents in the trash."""
        return self.filter(trashed_at__isnull=False)

    def published(self, at: datetime | None = None) -> Self:
        """Return the documents that visitors can see at the time `at`, by default now."""
        return self.not_trashed().filter(status=Document.Status.PUBLISHED, published_at__lte=at or timezone.now())

    def scheduled(self, at: datetime | None = None) -> Self:
        """Return the documents that become public after the time `at`, by default now."""
        return self.not_trashed().filter(status=Document.Status.PUBLISHED, published_at__gt=at or timezone.now())

    def readable_by(self, user: User | AnonymousUser) -> Self:
        """Return the documents that `user` may open in the admin: all, their own, or none."""
        opts = self.model._meta
        if any(user.has_perm(f"{opts.app_label}.{action}_{opts.model_name}") for action in ("view", "change")):
            return self
        lookup = self.model.owner_lookup
        if lookup and user.has_perm(f"{opts.app_label}.add_{opts.model_name}"):
            return self.filter(**{lookup: user.pk})
        return self.none()

    def drafts(self) -> Self:
        """Return the drafts."""
        return self.not_trashed().filter(status=Document.Status.DRAFT)

    def prefetch_snapshots(self) -> Self:
        """Prefetch what `snapshot()` reads."""
        return self.prefetch_related(*self.model.snapshot_relations())

    def newest_first(self) -> Self:
        """Order from new to old; the primary key decides within a second."""
        return self.order_by("-published_at", "-pk")


class Document(Provenance, ReferenceSource):
    """Content that can be published. Subclasses add `slug`, and `headings` and `body` as their last columns.

    `snapshot_fields` names its content, which revisions and pending edits store, as opposed to its status and URL.
    """

    class Status(models.TextChoices):
        """Whether the author has released the document. Scheduled means released with a future date."""

        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    snapshot_fields: ClassVar[tuple[str, ...]] = (
        "title",
        "body",
        "excerpt",
        "seo_title",
        "seo_description",
        "canonical_url",
        "hides_from_search",
        "origin",
        "responsible",
    )
    # The field with the whole path, without the outer slashes. The slug is its last part.
    path_field: ClassVar[str] = "slug"
    reference_fields: ClassVar[tuple[str, ...]] = ("body",)
    # The lookup of the user who may change a document without the permission to change all; empty if there is none.
    owner_lookup: ClassVar[str] = ""
    # Whether every public document is expected to have a medical review, as opposed to policies and the like.
    expects_review: ClassVar[bool] = True
    # IDs of the checks that apply; None for all of them.
    checks: ClassVar[frozenset[str] | None] = None
    # Fields that visitors see on the document's own page only, or not at all. All others also appear in lists.
    detail_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "body",
            "canonical_url",
            "headings",
            "modified_at",
            "origin",
            "preview_key",
            "responsible",
            "seo_description",
            "seo_title",
            "tldr",
            "version",
            "word_count",
        }
    )
    slug: Any
    body: Any
    headings: Any

    title = models.CharField(max_length=200)
    excerpt = models.TextField(
        blank=True,
        help_text="One or two sentences for lists and search engines. Leave empty to use the beginning of the text.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    published_at = models.DateTimeField(
        "publish at",
        null=True,
        blank=True,
        help_text="Choose a future time to publish automatically.",
    )
    updated_on = models.DateField(
        "updated on",
        null=True,
        blank=True,
        help_text="Shown to visitors as “Updated”. Changes only when you say what changed.",
    )
    seo_title = models.CharField(
        "SEO title",
        max_length=70,
        blank=True,
        help_text="At most 60 characters. Leave empty to use the title.",
    )
    seo_description = models.CharField(
        "SEO description",
        max_length=170,
        blank=True,
        help_text="At most 155 characters. Leave empty to use the excerpt.",
    )
    canonical_url = models.URLField(
        "canonical URL",
        blank=True,
        help_text="Only if this text was first published on another site: its URL there. "
        "Search engines then show that page instead of this one.",
    )
    hides_from_search = models.BooleanField(
        "hide from search engines",
        default=False,
        help_text="Asks search engines not to list this page. Visitors still find it on your site.",
    )
    word_count = models.PositiveIntegerField(default=0, editable=False)
    summary = models.TextField(editable=False, blank=True)
    # Increased by every save in the admin, so that a form opened before notices the conflict.
    version = models.PositiveIntegerField(default=1, editable=False)
    # Part of preview links. A new key revokes all of them.
    preview_key = models.UUIDField(default=uuid.uuid4, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    revisions = GenericRelation("publishing.Revision")
    pending_edits = GenericRelation("publishing.PendingEdit")
    autosaves = GenericRelation("publishing.Autosave")
    last_saves = GenericRelation("publishing.LastSave")
    submissions = GenericRelation("publishing.Submission")

    class Meta:
        abstract = True
        default_permissions = ("add", "change", "delete", "view", "publish", "review")
        ordering = ("-created_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False),
                name="%(app_label)s_%(class)s_published_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "published")), name="%(app_label)s_%(class)s_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the path on this site."""
        return reverse("document", args=[getattr(self, self.path_field)])

    def slug_from_title(self) -> str:
        """Return a slug made from the title, or from the kind if the title has no letters or digits."""
        kind: Any = type(self)
        name = slugify(str(self._meta.verbose_name), MAX_SLUG_LENGTH)
        return slugify(self.title, MAX_SLUG_LENGTH) or unused_slug(
            name, lambda slug: kind.objects.filter(slug=slug).exclude(pk=self.pk).exists()
        )

    def clean(self) -> None:
        """Check the date, and fill in a missing slug."""
        if self.published_at and self.published_at.year not in YEARS:
            raise ValidationError({"published_at": f"Choose a year from {YEARS[0]} to {YEARS[-1]}."})
        self.slug = self.slug or self.slug_from_title()
        if self.status == self.Status.PUBLISHED and self.published_at is None:
            self.published_at = timezone.now()

    # ---- Status -----------------------------------------------------------------------------------

    @property
    def is_published(self) -> bool:
        """Whether visitors can see it now, as in `DocumentQuerySet.published()`."""
        return (
            self.status == self.Status.PUBLISHED
            and self.published_at is not None
            and self.published_at <= timezone.now()
            and self.trashed_at is None
        )

    @property
    def is_scheduled(self) -> bool:
        """Whether it will become public at a later time."""
        return self.status == self.Status.PUBLISHED and self.trashed_at is None and not self.is_published

    @property
    def status_label(self) -> str:
        """Trash, Draft, Scheduled or Published."""
        if self.trashed_at is not None:
            return "Trash"
        return "Scheduled" if self.is_scheduled else self.get_status_display()

    def is_readable_by(self, user: User | AnonymousUser) -> bool:
        """Return whether `user` may know the title: everyone for public documents."""
        manager: Any = type(self)._default_manager
        return self.is_published or manager.readable_by(user).filter(pk=self.pk).exists()

    def publish(self, at: datetime | None = None) -> None:
        """Release the document at `at`. Without it, keep the time that is set, or use now."""
        self.status = self.Status.PUBLISHED
        self.published_at = at or self.published_at or timezone.now()
        self.save()

    def publish_errors(self, data: Snapshot) -> list[PublishError]:
        """Return why the content `data` cannot be published, as found by the registered checks."""
        return find_publish_errors(self, data)

    def trash(self) -> None:
        """Move the document to the trash; `restore()` undoes it."""
        self.trashed_at = timezone.now()
        self.save(update_fields=["trashed_at", "modified_at"])

    def restore(self) -> None:
        """Restore the document from the trash, with the status it had."""
        self.trashed_at = None
        self.save(update_fields=["trashed_at", "modified_at"])

    # ---- Text ---------------------------------------------------------------------------------------

    @property
    def reading_minutes(self) -> int:
        """Reading time in whole minutes."""
        return reading_minutes(self.word_count)

    @property
    def short_description(self) -> str:
        """The description for search engines: the SEO description, or the shortened summary."""
        return self.seo_description or truncate(self.summary)

    def saves_text(self, update_fields: Iterable[str] | None) -> bool:
        """Return whether save() writes the text, so that the fields derived from it must be updated first."""
        return update_fields is None or "body" in update_fields

    def update_derived_fields(self) -> Analysis:
        """Sanitize the body and update the fields derived from it. Call it before bulk_create().

        Return the analysis of the body, for fields of subclasses.
        """
        self.body = sanitize(self.body)
        analysis = analyze(self.body)
        self.word_count = analysis.word_count
        self.headings = [[heading.level, heading.id, heading.text] for heading in analysis.headings]
        self.summary = self.excerpt.strip() or analysis.excerpt
        return analysis

    def cache_scope(self) -> Scope:
        """Return which cached pages this save makes stale: ALL, a single path, or NONE."""
        may_be_seen = self.status == self.Status.PUBLISHED and self.trashed_at is None
        if self.pk is None:
            return CacheScope.ALL if may_be_seen else CacheScope.NONE
        fields = [field for field in self._meta.concrete_fields if field.name not in self.detail_fields]
        names = [*(field.attname for field in fields), "word_count"]
        old = type(self)._default_manager.filter(pk=self.pk).values(*names).first()
        if old is None or old["status"] != self.status or old["trashed_at"] != self.trashed_at:
            return CacheScope.ALL if old or may_be_seen else CacheScope.NONE
        if not may_be_seen:
            return CacheScope.NONE
        is_same = all(old[field.attname] == field.to_python(getattr(self, field.attname)) for field in fields)
        is_same = is_same and reading_minutes(old["word_count"]) == self.reading_minutes
        return unquote(self.get_absolute_url()) if is_same else CacheScope.ALL

    def plain_text(self) -> str:
        """Return the visible text of the body."""
        return analyze(self.body).text

    @classmethod
    def public_rows(cls) -> models.QuerySet[Any]:
        """Return the published rows."""
        rows: models.QuerySet[Any] = cls._default_manager.published()  # type: ignore[attr-defined]
        return rows

    # ---- Content as data ----------------------------------------------------------------------------

    @classmethod
    def snapshot_relations(cls) -> list[str]:
        """Return the many-to-many fields of the snapshot, for prefetching."""
        fields = [cls._meta.get_field(name) for name in cls.snapshot_fields]
        return [field.name for field in fields if field.many_to_many]

    def snapshot(self, related: Mapping[str, Collection[Any]] | None = None) -> Snapshot:
        """Return the content as plain data: texts, primary keys of related rows, tags as one string.

        `related` holds the rows of its many-to-many fields, if they are known without a query. Others have none.
        """
        data: Snapshot = {}
        for name in self.snapshot_fields:
            field = self._meta.get_field(name)
            if field.many_to_many:
                rows = related.get(name, ()) if related is not None else getattr(self, name).all()
                is_tags = isinstance(field, TaggableManager)
                data[name] = edit_string_for_tags(rows) if is_tags else sorted(row.pk for row in rows)
            else:
                value = getattr(self, getattr(field, "attname", name))
                data[name] = value if value is None or isinstance(value, int | str) else value.isoformat()
        return data

    def apply(self, data: Snapshot) -> None:
        """Replace the content with `data` and save. References to rows deleted since are dropped."""
        related: list[tuple[Any, Iterable[Any]]] = []
        for name in self.snapshot_fields:
            if name not in data:
                continue
            field, value = self._meta.get_field(name), data[name]
            if isinstance(field, TaggableManager):
                related.append((getattr(self, name), parse_tags(value)))
            elif field.many_to_many and field.related_model:
                related.append((getattr(self, name), _existing(field.related_model, value)))
            elif field.is_relation and field.related_model:
                found = _existing(field.related_model, [value])
                if found or getattr(field, "null", False):
                    setattr(self, name, found[0] if found else None)
            else:
                setattr(self, name, field.to_python(value))  # type: ignore[union-attr]
        self.save()
        for manager, values in related:
            manager.set(values)


def _existing(model: Any, keys: Iterable[Any]) -> list[models.Model]:
    return list(model.objects.filter(pk__in=[key for key in keys if key is not None]))
