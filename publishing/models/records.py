"""Records about one document of any type: revisions, pending edits and autosaves."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from publishing.models.stored_content import readable_content, readable_fields
from richtext.references import ReferenceSource, Target, field_targets


class DocumentRecord(models.Model):
    """Abstract base of records about one document of any type."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of {self.document}"

    @property
    def content(self) -> dict[str, Any]:
        """The parts of `data` that can be read."""
        return self._readable()[0]

    @property
    def damaged_parts(self) -> list[str]:
        """What authors call the parts of `data` that cannot be read."""
        return self._readable()[1]

    def _readable(self) -> tuple[dict[str, Any], list[str]]:
        return readable_content(self.content_type.model_class(), self.data)


class Revision(DocumentRecord):
    """The content of a document as someone saved it. Autosaves create none."""

    created_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("content_type", "object_id", "-created_at"), name="publishing_revision_of")]


class PendingEdit(ReferenceSource, DocumentRecord):
    """Unpublished changes to a published document. The worker publishes them at `publish_at`."""

    reference_fields = ("data",)
    is_content = False

    publish_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    # What visitors read about these changes; empty for small corrections.
    change_text = models.CharField(max_length=300, blank=True)
    is_correction = models.BooleanField(default=False)
    # Why the worker could not publish it. It does not try again before someone saves the edit.
    problem = models.CharField(max_length=200, blank=True, editable=False)

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
        content = self.content
        for name in model.reference_fields:
            yield from field_targets(model._meta.get_field(name), content.get(name))


class Autosave(DocumentRecord):
    """An automatic save of an open form: its fields as the browser sent them.

    Each open form has its own `key`, so that two tabs do not overwrite each other. `base_version` is the version
    of the document that the form was opened with.
    """

    key = models.UUIDField(unique=True)
    base_version = models.PositiveIntegerField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-updated_at",)
        indexes = [models.Index(fields=("content_type", "object_id", "user"), name="publishing_autosave_source")]

    def _readable(self) -> tuple[dict[str, Any], list[str]]:
        return readable_fields(self.data)


class LastSave(models.Model):
    """The open form that saved a document last, and the version it created.

    If the answer to a save gets lost, the form sends it again. Its earlier version conflicts with its own save only.
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    document = GenericForeignKey()
    # The key of the form, as in `Autosave`.
    key = models.UUIDField()
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("content_type", "object_id", name="publishing_lastsave_one_each")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of {self.document}"

    @classmethod
    def record(cls, document: Any, key: UUID) -> None:
        """Store that the form with `key` saved the current version of `document`."""
        cls.objects.update_or_create(
            content_type=ContentType.objects.get_for_model(document),
            object_id=document.pk,
            defaults={"key": key, "version": document.version},
        )

    @classmethod
    def is_by(cls, key: UUID | None, document: Any, version: int) -> bool:
        """Return whether the form with `key` saved `version` of `document`, which is the current one."""
        rows = cls.objects.filter(content_type=ContentType.objects.get_for_model(document), object_id=document.pk)
        return key is not None and rows.filter(key=key, version=version).exists()
