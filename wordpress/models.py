"""What came from where: lets an import run twice without making anything twice. Deletable after the move."""

import hashlib
from typing import Any

from django.db import models

from publishing.models import Document


class Origin(models.Model):
    """One thing of a WordPress site and what it became here.

    `object_id` is the row made of it, kept after that row is deleted here so that it is not brought back.
    `digest` tells whether the source changed since, `fingerprint` whether somebody edited the result here.
    """

    class Kind(models.TextChoices):
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
        constraints = [models.UniqueConstraint("site", "kind", "key", name="wordpress_origin_unique")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} of {self.site}"


def digest(*values: Any) -> str:
    """One text for `values`: it differs when one of them does."""
    return hashlib.sha256(repr(values).encode()).hexdigest()


def fingerprint(document: Document) -> str:
    """Of what the author can edit, to the second: databases keep different fractions."""
    when = document.published_at and int(document.published_at.timestamp())
    state = [document.slug, document.status, when, document.trashed_at is not None]
    above = [document.parent_id] if hasattr(document, "parent_id") else []
    return digest(*map(str, state + above), sorted(document.snapshot().items()))
