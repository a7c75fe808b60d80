"""How a text becomes public without losing a word: states, the trash, revisions, private edits, working copies.

`Document` is what every written thing of the site is (posts and pages); `published()` is the only rule of what
readers may see.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import unquote

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from taggit.managers import TaggableManager
from taggit.utils import edit_string_for_tags, parse_tags

from pagecache.invalidation import CacheScope, Scope
from publishing.publish_checks import PublishError, find_publish_errors
from richtext.analysis import Analysis, analyze, excerpt, plain_text, reading_minutes
from richtext.references import ReferenceSource, Target, field_targets
from richtext.sanitizer import sanitize
from siteinfo.seo import truncate

Snapshot = dict[str, Any]

# A mistyped year would put a text where calendars and databases stop agreeing.
YEARS = range(1990, 2101)


class DocumentQuerySet[D: "Document"](models.QuerySet[D]):
    """Which documents to show. Every list, feed, map, count and neighbour starts at `published()`."""

    def not_trashed(self) -> Self:
        """Those not in the trash."""
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> Self:
        """Those in the trash."""
        return self.filter(trashed_at__isnull=False)

    def published(self, at: datetime | None = None) -> Self:
        """Public at `at` (now by default): published, their time has come, not in the trash."""
        return self.not_trashed().filter(status=Document.Status.PUBLISHED, published_at__lte=at or timezone.now())

    def scheduled(self, at: datetime | None = None) -> Self:
        """Released, but at `at` (now by default) their time has not come."""
        return self.not_trashed().filter(status=Document.Status.PUBLISHED, published_at__gt=at or timezone.now())

    def drafts(self) -> Self:
        """Not released."""
        return self.not_trashed().filter(status=Document.Status.DRAFT)

    def newest_first(self) -> Self:
        """Ordered for readers; the key parts those of the same second."""
        return self.order_by("-published_at", "-pk")


class Document(ReferenceSource):
    """A written thing with a state. Concrete ones add `headings` and `body` as their last columns.

    `snapshot_fields` names what is its content (and so part of revisions and private edits), as opposed to its
    state and address.
    """

    class Status(models.TextChoices):
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
    )
    # The field that holds its whole address, without the outer slashes; the last part of it is the slug.
    path_field: ClassVar[str] = "slug"
    reference_fields: ClassVar[tuple[str, ...]] = ("body",)
    # What the checklist looks at, by id; everything if it is None.
    checks: ClassVar[frozenset[str] | None] = None
    # What readers see of it on its own page alone, or not at all; everything else shows in lists as well.
    detail_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "body",
            "canonical_url",
            "headings",
            "modified_at",
            "preview_key",
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
        help_text="One or two sentences for lists and search engines. Taken from the text if empty.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    published_at = models.DateTimeField(
        "publish at",
        null=True,
        blank=True,
        help_text="A time in the future schedules it: it goes live by itself.",
    )
    updated_on = models.DateField(
        "updated on",
        null=True,
        blank=True,
        help_text="Shown to readers. Moves only when you say that a change was a real update.",
    )
    seo_title = models.CharField(
        "title for search engines",
        max_length=70,
        blank=True,
        help_text="At most 60 characters. The title if empty.",
    )
    seo_description = models.CharField(
        "description for search engines",
        max_length=170,
        blank=True,
        help_text="At most 155 characters. The excerpt if empty.",
    )
    canonical_url = models.URLField(
        "first published at",
        blank=True,
        help_text="Only if this text appeared on another site before: its address there. "
        "Search engines then show that page instead of this one.",
    )
    hides_from_search = models.BooleanField(
        "hide from search engines",
        default=False,
        help_text="Asks search engines not to show this text. Readers find it on your site as always.",
    )
    word_count = models.PositiveIntegerField(default=0, editable=False)
    summary = models.TextField(editable=False, blank=True)
    # Raised by every save at the desk: two people cannot overwrite each other unseen.
    version = models.PositiveIntegerField(default=1, editable=False)
    # Part of the secret link to a draft; another key makes every link given away so far useless.
    preview_key = models.UUIDField(default=uuid.uuid4, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    revisions = GenericRelation("publishing.Revision")
    pending_edits = GenericRelation("publishing.PendingEdit")
    autosaves = GenericRelation("publishing.Autosave")

    class Meta:
        abstract = True
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
        return reverse("document", args=[getattr(self, self.path_field)])

    def slug_from_title(self) -> str:
        """The end of an address, made of the title; nothing if that has no letter."""
        return slugify(self.title, allow_unicode=True)[:200].strip("-")

    def clean(self) -> None:
        if self.published_at and self.published_at.year not in YEARS:
            raise ValidationError({"published_at": f"Choose a year from {YEARS[0]} to {YEARS[-1]}."})
        self.slug = self.slug or self.slug_from_title()
        if not self.slug:
            kind = self._meta.verbose_name
            raise ValidationError({"slug": f"This title gives no address. Type one, such as my-first-{kind}."})
        if self.status == self.Status.PUBLISHED and self.published_at is None:
            self.published_at = timezone.now()

    # ---- State ------------------------------------------------------------------------------------

    @property
    def is_published(self) -> bool:
        """Whether readers may see it now: the rule of `DocumentQuerySet.published()` for one object."""
        return (
            self.status == self.Status.PUBLISHED
            and self.published_at is not None
            and self.published_at <= timezone.now()
            and self.trashed_at is None
        )

    @property
    def is_scheduled(self) -> bool:
        """Whether it is released and waits for its time."""
        return self.status == self.Status.PUBLISHED and self.trashed_at is None and not self.is_published

    @property
    def status_label(self) -> str:
        """Trash, Draft, Scheduled or Published: as the author thinks of it."""
        if self.trashed_at is not None:
            return "Trash"
        return "Scheduled" if self.is_scheduled else self.get_status_display()

    def publish(self, at: datetime | None = None) -> None:
        """Release it at `at` (now by default); a time already set is kept."""
        self.status = self.Status.PUBLISHED
        self.published_at = at or self.published_at or timezone.now()
        self.save()

    def publish_errors(self, data: Snapshot) -> list[PublishError]:
        """Return why the content `data` cannot be published, as found by the registered checks."""
        return find_publish_errors(self, data)

    def trash(self) -> None:
        """Take it off the site and the lists; `restore()` brings it back as it was."""
        self.trashed_at = timezone.now()
        self.save(update_fields=["trashed_at", "modified_at"])

    def restore(self) -> None:
        """Bring it back from the trash, in the state it had."""
        self.trashed_at = None
        self.save(update_fields=["trashed_at", "modified_at"])

    # ---- Text ---------------------------------------------------------------------------------------

    @property
    def reading_minutes(self) -> int:
        """Whole minutes to read it."""
        return reading_minutes(self.word_count)

    @property
    def short_description(self) -> str:
        """For search engines: what the author wrote for them, or the summary cut at a word."""
        return self.seo_description or truncate(self.summary)

    def update_derived_fields(self) -> Analysis:
        """Clean the body and work out what is kept beside it; bulk writers must call it. Gives the outline."""
        self.body = sanitize(self.body)
        analysis = analyze(self.body)
        self.word_count = analysis.word_count
        self.headings = [[heading.level, heading.id, heading.text] for heading in analysis.headings]
        self.summary = self.excerpt.strip() or excerpt(self.body)
        return analysis

    def cache_scope(self) -> Scope:
        """Return which cached pages this save makes stale: ALL, a single path, or NONE."""
        fields = [field for field in self._meta.concrete_fields if field.name not in self.detail_fields]
        names = [*(field.attname for field in fields), "word_count"]
        old = type(self)._default_manager.filter(pk=self.pk).values(*names).first()
        may_be_seen = self.status == self.Status.PUBLISHED and self.trashed_at is None
        if old is None or old["status"] != self.status or old["trashed_at"] != self.trashed_at:
            return CacheScope.ALL if old or may_be_seen else CacheScope.NONE
        if not may_be_seen:
            return CacheScope.NONE
        is_same = all(old[field.attname] == field.to_python(getattr(self, field.attname)) for field in fields)
        is_same = is_same and reading_minutes(old["word_count"]) == self.reading_minutes
        return unquote(self.get_absolute_url()) if is_same else CacheScope.ALL

    def plain_text(self) -> str:
        """The visible words of the body."""
        return plain_text(self.body)

    @classmethod
    def public_rows(cls) -> models.QuerySet[Any]:
        """Return the published rows: the references that visitors meet."""
        return cls._default_manager.published()  # type: ignore[attr-defined]

    # ---- Content as data ----------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The content as plain data: texts, keys of related rows, tags as one line."""
        data: Snapshot = {}
        for name in self.snapshot_fields:
            field = self._meta.get_field(name)
            if isinstance(field, TaggableManager):
                data[name] = edit_string_for_tags(getattr(self, name).all())
            elif field.many_to_many:
                data[name] = sorted(getattr(self, name).values_list("pk", flat=True))
            else:
                value = getattr(self, getattr(field, "attname", name))
                data[name] = value if value is None or isinstance(value, int | str) else value.isoformat()
        return data

    def apply(self, data: Snapshot) -> None:
        """Take the content of `data` and save. What it refers to and is gone by now is left out."""
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


class DocumentRecord(models.Model):
    """Something kept about one document of any kind."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of {self.document}"


class Revision(DocumentRecord):
    """The content as somebody saved it. Autosaves make none."""

    created_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("content_type", "object_id", "-created_at"), name="publishing_revision_of")]


class PendingEdit(ReferenceSource, DocumentRecord):
    """Changes to a public document that readers do not see yet; from `publish_at` on the worker publishes them."""

    reference_fields = ("data",)
    is_content = False

    publish_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint("content_type", "object_id", name="publishing_pendingedit_one_each")]

    def reference_label(self, field: str) -> str:
        """Return what authors call the edited fields."""
        return "pending edit"

    @property
    def reference_owner(self) -> models.Model:
        """The document that is edited."""
        return self.document or self

    def targets(self, field: str) -> Iterable[Target]:
        """Return what the document would refer to with these changes."""
        model: Any = self.content_type.model_class()
        for name in model.reference_fields:
            yield from field_targets(model._meta.get_field(name), self.data.get(name))


class Autosave(DocumentRecord):
    """What somebody is typing, saved by itself: the form's fields as the browser sent them.

    Each open form has its own `key`, so two tabs never overwrite each other; `base_version` is the document's
    version that the form was opened with.
    """

    key = models.UUIDField(unique=True)
    base_version = models.PositiveIntegerField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-updated_at",)
        indexes = [models.Index(fields=("content_type", "object_id", "user"), name="publishing_autosave_source")]
