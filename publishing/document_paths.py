"""The paths of documents: every type shares the root of the site."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve

from publishing.models import Document


def document_models() -> list[type[Document]]:
    """Return every concrete model of documents."""
    return [model for model in apps.get_models() if issubclass(model, Document)]


def next_publication_at(after: datetime) -> datetime | None:
    """Return when the next scheduled document becomes public after `after`, or None. One query."""
    managers: list[Any] = [model._default_manager for model in document_models()]
    scheduled = [manager.scheduled(after).order_by().values("published_at") for manager in managers]
    first, *rest = scheduled
    moments = first.union(*rest, all=True).order_by("published_at").values_list("published_at", flat=True)
    earliest: datetime | None = moments.first()
    return earliest


def documents_at(paths: Iterable[str]) -> list[Document]:
    """Return the documents at `paths`, given without outer slashes, without their texts. One query per model.

    Drafts and trashed documents are included.
    """
    # PostgreSQL rejects NUL in a parameter, and no document has such a path.
    paths = [path for path in paths if "\x00" not in path]
    found: list[Document] = []
    for model in document_models():
        rows: Any = model._default_manager.filter(**{f"{model.path_field}__in": paths})
        found += rows.defer("headings", "body")
    return found


def taken_paths(paths: Collection[str]) -> set[str]:
    """Return those of `paths` that another part of the site or a document has. One query per model."""
    taken = {path for path in paths if is_site_path(path)}
    for model in document_models():
        manager: Any = model._default_manager
        rows = manager.filter(**{f"{model.path_field}__in": paths})
        taken.update(rows.order_by().values_list(model.path_field, flat=True))
    return taken


def validate_path_is_free(path: str, document: Document | None = None) -> None:
    """Raise ValidationError if `/path/` belongs to another part of the site or to another document than `document`."""
    if is_site_path(path):
        raise ValidationError({"slug": f"The site itself uses the URL /{path}/. Choose another slug."})
    for other in documents_at([path]):
        if other != document:
            type_label = other._meta.verbose_name
            raise ValidationError({"slug": f"The {type_label} “{other}” already has this URL. Choose another slug."})


def is_site_path(path: str) -> bool:
    """Return whether `/path/` belongs to another part of the site than documents.

    This resolves the path against the URL patterns, so there is no list of reserved words to maintain.
    """
    try:
        return resolve(f"/{path}/").view_name != "document"
    except Resolver404:
        return False
