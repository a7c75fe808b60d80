"""Where a picture is used: asked of every model that points at the library, so that no room needs to say so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.db.models import Exists, ForeignObjectRel, JSONField, Model, OuterRef, TextField
from django.urls import NoReverseMatch
from django.utils.text import capfirst

from siteinfo.urls import admin_url

if TYPE_CHECKING:
    from images.models import Image, ImageQuerySet

SHOWN = 100


class _Link(NamedTuple):
    """A way in which rows use pictures: `table` holds the foreign key `picture`; `holder` leads to the user's key."""

    user: type[Model]
    table: type[Model]
    picture: str
    holder: str
    label: str


class Use(NamedTuple):
    """Something that shows a picture, and as what."""

    user: Model
    labels: list[str]

    @property
    def kind(self) -> str:
        """Post, Category, Author, ..."""
        return str(capfirst(self.user._meta.verbose_name))

    @property
    def state(self) -> str:
        """Draft, Published, ...; empty for what has no states."""
        return str(getattr(self.user, "status_label", ""))

    @property
    def address(self) -> str:
        """Where it is changed on the writing desk, or nothing if it is not there."""
        try:
            return admin_url(self.user)
        except NoReverseMatch:
            return ""


def _links() -> list[_Link]:
    fields = apps.get_model("images", "Image")._meta.get_fields(include_hidden=True)
    relations: list[Any] = [field for field in fields if isinstance(field, ForeignObjectRel)]
    through = {relation.through: relation for relation in relations if relation.many_to_many}
    links = []
    for relation in relations:
        if relation.many_to_many:
            continue
        table, name = relation.related_model, relation.field.name
        many = through.get(table)
        if many:
            user, holder, field = many.related_model, f"{many.field.m2m_field_name()}_id", many.field
        else:
            user, holder, field = table, "pk", relation.field
        links.append(_Link(user, table, name, holder, str(field.verbose_name)))
    return links


def uses(image: Image) -> list[Use]:
    """What shows `image`, each once, at most SHOWN of each way. One query for each way."""
    found: dict[tuple[type[Model], Any], Use] = {}
    for link in _links():
        holders = link.table._base_manager.filter(**{link.picture: image}).values(link.holder)
        # Long texts are not needed to name something.
        large = [field.name for field in link.user._meta.concrete_fields if isinstance(field, TextField | JSONField)]
        # The base manager, since what lies in a trash holds its picture too.
        for user in link.user._base_manager.filter(pk__in=holders).defer(*large)[:SHOWN]:
            found.setdefault((link.user, user.pk), Use(user, [])).labels.append(link.label)
    return list(found.values())


def counts(images: Iterable[Image]) -> dict[int, int]:
    """How many things show each of `images`, by key. One query for each way."""
    users: dict[int, set[tuple[type[Model], Any]]] = {image.pk: set() for image in images}
    for link in _links():
        rows = link.table._base_manager.filter(**{f"{link.picture}__in": list(users)})
        for image, holder in rows.values_list(f"{link.picture}_id", link.holder):
            users[image].add((link.user, holder))
    return {image: len(found) for image, found in users.items()}


def without_uses(images: ImageQuerySet) -> ImageQuerySet:
    """Those of `images` that nothing shows. One query."""
    for link in _links():
        images = images.exclude(Exists(link.table._base_manager.filter(**{link.picture: OuterRef("pk")})))
    return images
