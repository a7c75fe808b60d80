"""The reference index: which saved rows refer to which rows, pages on this site and external URLs.

A model takes part by extending ReferenceSource and naming its fields in `reference_fields`: rich text
and foreign keys. Saving a row syncs its references in the transaction of the save, deleting a row deletes
them. Code that bypasses save(), such as bulk_create() and update(), calls sync() or rebuild().

"Where is this image used", "which posts link to this page" and "which links are broken" are queries:

    Reference.objects.to(image).sources()
    Reference.objects.to_path("knee-pain").from_model(Post)
    Reference.objects.from_public().filter(path__isnull=False)
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, ClassVar, NamedTuple, Self

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q
from django.db.models.deletion import ProtectedError
from django.db.models.signals import post_delete, pre_delete

from richtext import embeds
from richtext.analysis import analyze
from richtext.links import MAX_LENGTH, host_of, is_own_host, site_path

ROWS_PER_BATCH = 200


class Target(NamedTuple):
    """What one reference points to: a row of `model`, a path on this site or an external URL."""

    model: type[models.Model] | None = None
    id: int | None = None
    path: str | None = None
    url: str = ""
    host: str = ""


class ReferenceQuerySet(models.QuerySet["Reference"]):
    """References by their source and target."""

    def to(self, target: models.Model) -> Self:
        """Filter by references to one saved row."""
        return self.to_model(type(target)).filter(target_id=target.pk)

    def to_model(self, model: type[models.Model]) -> Self:
        """Filter by references to rows of `model`; compare `target_id` with OuterRef("pk") in a subquery."""
        return self.filter(target_type=ContentType.objects.get_for_model(model))

    def to_path(self, path: str) -> Self:
        """Filter by links to a path on this site, given without outer slashes; "" is the home page."""
        return self.filter(path=path)

    def from_model(self, model: type[models.Model]) -> Self:
        """Filter by references in rows of `model`; compare `source_id` with OuterRef("pk") in a subquery."""
        return self.filter(source_type=ContentType.objects.get_for_model(model))

    def from_row(self, source: models.Model) -> Self:
        """Filter by references in one saved row."""
        return self.from_model(type(source)).filter(source_id=source.pk)

    def from_public(self) -> Self:
        """Filter by references in rows that visitors can see now."""
        is_public = Q(pk__in=[])
        for model in content_models():
            content_type = ContentType.objects.get_for_model(model)
            is_public |= Q(source_type=content_type, source_id__in=model.public_rows().order_by().values("pk"))
        return self.filter(is_public)

    def source_counts(self) -> dict[int, int]:
        """Return the number of rows that refer to each row of one model, by `target_id`. One query."""
        pairs = self.order_by().values_list("target_id", "source_type", "source_id").distinct()
        return Counter(target_id for target_id, _, _ in pairs if target_id is not None)

    def from_content(self) -> Self:
        """Filter by references in content, including drafts, but not in pending edits, templates and emails."""
        return self.filter(source_type__in=ContentType.objects.get_for_models(*content_models()).values())

    def sources(self) -> "list[ReferenceSource]":
        """Return the distinct rows with these references, without their long texts. One query per model."""
        ids: defaultdict[int, set[int]] = defaultdict(set)
        for content_type, source_id in self.order_by().values_list("source_type", "source_id").distinct():
            ids[content_type].add(source_id)
        found: list[ReferenceSource] = []
        for content_type in sorted(ids):
            model: Any = ContentType.objects.get_for_id(content_type).model_class()
            found += without_long_texts(model).filter(pk__in=ids[content_type]).order_by("pk")
        return found


class Reference(models.Model):
    """One thing that one field of a saved row refers to. Maintained by ReferenceSource and sync()."""

    source_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+", db_index=False)
    source_id = models.PositiveBigIntegerField()
    source = GenericForeignKey("source_type", "source_id")
    field = models.CharField(max_length=60)
    # Either a row, which may be deleted by now,
    target_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    target_id = models.PositiveBigIntegerField(null=True)
    target = GenericForeignKey("target_type", "target_id")
    # or a path on this site without its outer slashes ("" is the home page),
    path = models.CharField(max_length=MAX_LENGTH, null=True)
    # or the beginning of a URL of another site, with its host in lower-case ASCII.
    url = models.CharField(max_length=MAX_LENGTH, blank=True)
    host = models.CharField(max_length=MAX_LENGTH, blank=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=("source_type", "source_id"), name="richtext_reference_source"),
            models.Index(fields=("target_type", "target_id"), name="richtext_reference_target"),
            models.Index(fields=("path",), name="richtext_reference_path"),
            models.Index(fields=("host",), name="richtext_reference_host"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(target_type__isnull=False, target_id__isnull=False, path__isnull=True, url="", host="")
                | Q(target_type__isnull=True, target_id__isnull=True, path__isnull=False, url="", host="")
                | Q(target_type__isnull=True, target_id__isnull=True, path__isnull=True) & ~Q(url="") & ~Q(host=""),
                name="richtext_reference_has_one_target",
            )
        ]

    def __str__(self) -> str:
        target = self.url or (f"/{self.path}" if self.path is not None else f"{self.target_type} {self.target_id}")
        return f"{self.source_type} {self.source_id} ({self.field}) -> {target}"


class ReferenceSource(models.Model):
    """A model with rows in the reference index: saving one syncs its references, deleting one deletes them."""

    # Fields with rich text, and foreign keys.
    reference_fields: ClassVar[tuple[str, ...]] = ()
    # False if visitors never see its rows, such as pending edits and templates.
    is_content: ClassVar[bool] = True

    outgoing_references = GenericRelation(Reference, object_id_field="source_id", content_type_field="source_type")

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Save the row and sync its references, together or not at all."""
        is_new = self._state.adding
        fields = self._saved_reference_fields(kwargs.get("update_fields"))
        with transaction.atomic(savepoint=False):
            super().save(**kwargs)
            if fields:
                _sync(type(self), [self], fields, are_new=is_new)

    @classmethod
    def public_rows(cls) -> models.QuerySet[Any]:
        """Return the rows that visitors can see now, for models with `is_content`: all by default."""
        return cls._default_manager.all()

    @property
    def reference_owner(self) -> models.Model:
        """The row to show to authors: the document of a pending edit, otherwise the row itself."""
        return self

    @property
    def reference_key(self) -> tuple[int, int]:
        """The content type and primary key of this row in the index."""
        return ContentType.objects.get_for_model(self).pk, self.pk

    def reference_label(self, field: str) -> str:
        """Return what authors call one of `reference_fields`."""
        definition: Any = self._meta.get_field(field)
        return str(definition.verbose_name)

    def _saved_reference_fields(self, update_fields: Collection[str] | None) -> list[str]:
        """Return those of `reference_fields` that save() writes: loaded ones, limited to `update_fields`."""
        definitions = [self._meta.get_field(name) for name in self.reference_fields]
        names = {field.name: {field.name, field.attname} for field in definitions}  # type: ignore[union-attr]
        deferred = self.get_deferred_fields()
        saved = names.keys() if update_fields is None else set(update_fields)
        return [name for name, spellings in names.items() if spellings & saved and not spellings & deferred]

    def targets(self, field: str) -> Iterable[Target]:
        """Return what one of `reference_fields` refers to."""
        definition: Any = self._meta.get_field(field)
        return field_targets(definition, getattr(self, definition.attname))


def field_targets(field: Any, value: Any) -> Iterator[Target]:
    """Yield what the `value` of a foreign key or a rich text field refers to."""
    if not value:
        return
    if isinstance(field, models.ForeignKey):
        yield Target(model=field.related_model, id=value)
    else:
        yield from text_targets(value)


def text_targets(body: str) -> Iterator[Target]:
    """Yield what the embeds and links of a sanitized text refer to."""
    if not any(mark in body for mark in ("href=", "data-embed=", "data-image=", "data-cite=")):
        return
    # Usually the text was analyzed for the fields of its document just now.
    analysis = analyze(body)
    for kind, pk in analysis.embeds:
        model = embeds.model_of(kind)
        if model and pk:
            yield Target(model=model, id=pk)
    for href in analysis.links:
        host = host_of(href)
        if (path := site_path(href)) is not None:
            yield Target(path=path)
        elif host and not is_own_host(host):
            yield Target(url=href[:MAX_LENGTH], host=host[:MAX_LENGTH])


# ---- Updating the index --------------------------------------------------------------------------


def source_models() -> list[type[ReferenceSource]]:
    """Return every model that takes part in the index."""
    return [model for model in apps.get_models() if issubclass(model, ReferenceSource)]


def content_models() -> list[type[ReferenceSource]]:
    """Return the models in the index with rows that visitors can see at some time."""
    return [model for model in source_models() if model.is_content]


def sync(rows: Iterable[ReferenceSource]) -> None:
    """Update the index for saved `rows`. For code that bypasses save()."""
    by_model: defaultdict[type[ReferenceSource], list[ReferenceSource]] = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    with transaction.atomic():
        for model, group in by_model.items():
            for start in range(0, len(group), ROWS_PER_BATCH):
                _sync(model, group[start : start + ROWS_PER_BATCH], model.reference_fields)


def rebuild(*models_to_rebuild: type[ReferenceSource]) -> None:
    """Update the index for every row of the given models, or of all models."""
    for model in models_to_rebuild or source_models():
        rows = model._base_manager.only("pk", *model.reference_fields).order_by("pk")
        batch: list[ReferenceSource] = []
        for row in rows.iterator(ROWS_PER_BATCH):
            batch.append(row)
            if len(batch) == ROWS_PER_BATCH:
                sync(batch)
                batch = []
        sync(batch)


def _sync(
    model: type[ReferenceSource],
    rows: Iterable[ReferenceSource],
    fields: Collection[str],
    *,
    are_new: bool = False,
) -> None:
    """Update the stored references of `fields` of `rows`, which all belong to `model`."""
    rows = list(rows)
    wanted = {_key_of(row, field, target): target for row in rows for field in fields for target in row.targets(field)}
    current: dict[_Key, int] = {}
    if not are_new:
        saved = Reference.objects.from_model(model).filter(source_id__in=[row.pk for row in rows], field__in=fields)
        # Plain values, because most references stay as they are and need no instance.
        current = {_Key(*values): pk for pk, *values in saved.values_list("pk", *_Key._fields)}
    gone = list(Reference.objects.filter(pk__in=[pk for key, pk in current.items() if key not in wanted]))
    source_type = ContentType.objects.get_for_model(model)
    added = [
        Reference(source_type=source_type, host=target.host, **key._asdict())
        for key, target in wanted.items()
        if key not in current
    ]
    if gone:
        deleted = Reference.objects.filter(pk__in=[reference.pk for reference in gone])
        # Without a signal for each row: the listeners get all changes at once.
        deleted._raw_delete(deleted.db)
    if added:
        Reference.objects.bulk_create(added)
    if gone or added:
        _notify([*gone, *added])


class _Key(NamedTuple):
    """What distinguishes a reference from the others of the same model, by the names of its columns."""

    source_id: int
    field: str
    target_type_id: int | None
    target_id: int | None
    path: str | None
    url: str


def _key_of(row: ReferenceSource, field: str, target: Target) -> _Key:
    target_type_id = ContentType.objects.get_for_model(target.model).pk if target.model else None
    return _Key(row.pk, field, target_type_id, target.id, target.path, target.url)


# ---- For apps above this one ----------------------------------------------------------------------------

# Gets references that were added or removed, in the transaction of the change.
Listener = Callable[[Collection[Reference]], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    """Call `listener` after references were added or removed. For `AppConfig.ready`."""
    _listeners.append(listener)


def protect(model: type[models.Model]) -> None:
    """Raise ProtectedError when a row of `model` is deleted while something refers to it. For `AppConfig.ready`."""
    pre_delete.connect(_check_unreferenced, sender=model)


def connect_signals() -> None:
    """Report deleted references to the listeners."""
    post_delete.connect(_reference_deleted, sender=Reference)


def _notify(references: Collection[Reference]) -> None:
    for listener in _listeners:
        listener(references)


def _reference_deleted(sender: type[Reference], instance: Reference, **kwargs: Any) -> None:
    _notify([instance])


def _check_unreferenced(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    sources = Reference.objects.to(instance).sources()
    if sources:
        raise ProtectedError(f"Cannot delete “{instance}” because it is in use.", set(sources))


def without_long_texts(model: type[models.Model]) -> models.QuerySet[Any]:
    """Return all rows of `model`, trashed ones included, without the columns that only its own page needs."""
    long = [
        field.name for field in model._meta.concrete_fields if isinstance(field, models.TextField | models.JSONField)
    ]
    return model._base_manager.defer(*long)
