"""Search all text in the database for an email address."""

from functools import reduce
from operator import or_
from typing import NamedTuple

from django.apps import apps
from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast, Lower

from privacy.people import Person

_TEXT_TYPES = {"CharField", "TextField", "JSONField", "SlugField", "FileField", "GenericIPAddressField"}


class Mention(NamedTuple):
    """How many rows of a model contain the address in a field."""

    model: type[Model]
    field: str
    total: int

    def __str__(self) -> str:
        name = self.model._meta.verbose_name if self.total == 1 else self.model._meta.verbose_name_plural
        return f"{self.total} {name}, in the field “{self.model._meta.get_field(self.field).verbose_name}”"  # type: ignore[union-attr]


def find_mentions(person: Person) -> list[Mention]:
    """Return the columns of all tables that contain the person's address, ignoring case."""
    spellings = {person.email.strip().lower(), person.normalized}
    return [
        Mention(model, name, count)
        for model in apps.get_models(include_auto_created=True)
        for name in text_fields(model)
        if (count := _count(model, name, spellings))
    ]


def text_fields(model: type[Model]) -> list[str]:
    """Return the names of the fields of `model` that hold text."""
    return [field.name for field in model._meta.concrete_fields if field.get_internal_type() in _TEXT_TYPES]


def _count(model: type[Model], name: str, spellings: set[str]) -> int:
    rows = model._base_manager.annotate(searched=Lower(Cast(name, TextField())))
    return rows.filter(reduce(or_, (Q(searched__contains=spelling) for spelling in spellings))).count()
