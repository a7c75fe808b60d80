"""Where a row is used, as the admin lists it."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.urls import NoReverseMatch
from django.utils.text import capfirst

from richtext.references import ReferenceQuerySet
from siteinfo.urls import admin_url


class WhereUsed(NamedTuple):
    """A row that uses something, and the fields that do."""

    source: Model
    field_labels: list[str]
    is_readable: bool = True

    @property
    def name(self) -> str:
        """Return the title of the row, unless it is a draft of someone else."""
        return str(self.source) if self.is_readable else "a draft you cannot open"

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
        """Return the admin URL of the row; empty if it has no change form or the user may not open it."""
        if not self.is_readable:
            return ""
        try:
            return admin_url(self.source)
        except NoReverseMatch:
            return ""


def is_readable_by(source: Model, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether `user` may know the title of `source`. Rows that are never drafts are not secret."""
    check: Callable[[AbstractBaseUser | AnonymousUser], bool] | None = getattr(source, "is_readable_by", None)
    return check is None or check(user)


def where_used(references: ReferenceQuerySet, user: AbstractBaseUser | AnonymousUser) -> list[WhereUsed]:
    """Return the distinct rows with `references`, as far as `user` may see them.

    One query, one for each model among them, and for users who see only their own drafts one for each draft.
    """
    labels: dict[tuple[int, int], set[str]] = {}
    for content_type, source_id, field in references.order_by().values_list("source_type", "source_id", "field"):
        labels.setdefault((content_type, source_id), set()).add(field)
    found: dict[tuple[type[Model], object], WhereUsed] = {}
    for source in references.sources():
        owner = source.reference_owner
        used = found.setdefault((type(owner), owner.pk), WhereUsed(owner, [], is_readable_by(owner, user)))
        for field in source.reference_fields:
            if field in labels[source.reference_key]:
                used.field_labels.append(source.reference_label(field))
    return list(found.values())
