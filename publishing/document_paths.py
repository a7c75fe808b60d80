"""Documents of all kinds share the root of the site: what lies where, and which address is free."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve

from publishing.models import Document


def document_models() -> list[type[Document]]:
    """Every kind of document there is."""
    return [model for model in apps.get_models() if issubclass(model, Document)]


def next_publication_at(after: datetime) -> datetime | None:
    """When the next text after that moment goes live by itself, if one waits. One query."""
    managers: list[Any] = [model._default_manager for model in document_models()]
    waiting = [manager.scheduled(after).order_by().values("published_at") for manager in managers]
    first, *rest = waiting
    return first.union(*rest, all=True).order_by("published_at").values_list("published_at", flat=True).first()


def documents_at(places: Iterable[str]) -> list[Document]:
    """The documents whose addresses, without the outer slashes, are among `places`; drafts and the trash included.

    Without their texts. One query for each kind.
    """
    wanted = list(places)
    found: list[Document] = []
    for kind in document_models():
        rows: Any = kind._default_manager.filter(**{f"{kind.path_field}__in": wanted})
        found += rows.defer("headings", "body")
    return found


def validate_path_is_free(place: str, document: Document | None = None) -> None:
    """Raise ValidationError when `/place/` belongs to another part of the site or to another document than `document`.

    The URL table itself is asked, so there is no list of reserved words: /blog/ and /2026/ are known by it.
    """
    try:
        if resolve(f"/{place}/").view_name != "document":
            raise ValidationError({"slug": f"The site itself uses the address /{place}/. Choose another one."})
    except Resolver404:
        pass
    for other in documents_at([place]):
        if other != document:
            kind = other._meta.verbose_name
            raise ValidationError({"slug": f"The {kind} “{other}” has this address already. Choose another one."})
