"""The record of imported objects, which makes running an import twice safe. Delete the app after the move."""

import hashlib
from typing import Any

from django.db import models

from publishing.models import Document


class ImportedObject(models.Model):
    """Map an object of a WordPress site to the row it was imported as.

    The record outlives the row `object_id`, so a deleted row is not imported again. `digest` detects changes in
    the source, `fingerprint` detects edits made here.
    """

    class Kind(models.TextChoices):
        """Types of imported objects."""

        POST = "post"
        PAGE = "page"
        CATEGORY = "category"
        TAG = "tag"
        AUTHOR = "author"

    site = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=700)
    object_id = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("site", "kind", "key", name="wordpress_importedobject_unique")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} of {self.site}"


def digest(*values: Any) -> str:
    """Return the SHA-256 hex digest of `values`."""
    return hashlib.sha256(repr(values).encode()).hexdigest()


def fingerprint(document: Document) -> str:
    """Return the digest of everything the author can edit. Databases differ in fractions of a second."""
    when = document.published_at and int(document.published_at.timestamp())
    state = [document.slug, document.status, when, document.trashed_at is not None]
    above = [document.parent_id] if hasattr(document, "parent_id") else []
    return digest(*map(str, state + above), sorted(document.snapshot().items()))
