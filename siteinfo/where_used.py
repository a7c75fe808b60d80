"""Where a row is used, as the admin lists it."""

from typing import NamedTuple

from django.db.models import Model
from django.urls import NoReverseMatch
from django.utils.text import capfirst

from richtext.references import ReferenceQuerySet
from siteinfo.urls import admin_url


class WhereUsed(NamedTuple):
    """A row that uses something, and the fields that do."""

    source: Model
    field_labels: list[str]

    @property
    def type_label(self) -> str:
        """Return what the row is: Post, Category, Author."""
        return str(capfirst(self.source._meta.verbose_name))

    @property
    def status_label(self) -> str:
        """Return Draft, Published and so on; empty for rows that are never drafts."""
        return str(getattr(self.source, "status_label", ""))

    @property
    def url(self) -> str:
        """Return the admin URL of the row; empty if it has no change form."""
        try:
            return admin_url(self.source)
        except NoReverseMatch:
            return ""


def where_used(references: ReferenceQuerySet) -> list[WhereUsed]:
    """Return the rows that hold `references`, each once. One query, and one for each model among them."""
    labels: dict[tuple[int, int], set[str]] = {}
    for content_type, source_id, field in references.order_by().values_list("source_type", "source_id", "field"):
        labels.setdefault((content_type, source_id), set()).add(field)
    found: dict[tuple[type[Model], object], WhereUsed] = {}
    for source in references.sources():
        owner = source.reference_owner
        used = found.setdefault((type(owner), owner.pk), WhereUsed(owner, []))
        for field in source.reference_fields:
            if field in labels[source.reference_key]:
                used.field_labels.append(source.reference_label(field))
    return list(found.values())
