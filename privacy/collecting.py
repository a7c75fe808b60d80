"""Collect what is stored about a person, as plain data that JSON and a page can show."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Field, Model, QuerySet
from django.utils import timezone

from privacy.people import Person
from privacy.registry import PersonalData, register


class Holding(NamedTuple):
    """The rows of one model that belong to a person."""

    entry: PersonalData
    rows: QuerySet[Any]
    total: int


def holdings(person: Person, apps: Collection[str] = ()) -> Iterator[Holding]:
    """Yield what is stored about the person in all apps, or in those named, leaving out models without any row."""
    for entry in register.ordered():
        if apps and entry.model._meta.app_label not in apps:
            continue
        keys = list(entry.find(person).order_by().values_list("pk", flat=True).distinct())
        if keys:
            rows = entry.model._base_manager.filter(pk__in=keys).order_by("pk")
            yield Holding(entry, rows, len(keys))


def collect_personal_data(person: Person, apps: Collection[str] = ()) -> dict[str, Any]:
    """Return everything stored about a person as JSON-serializable data (GDPR, articles 15 and 20)."""
    return {
        "email": person.email,
        "exported_at": timezone.now(),
        "data": [
            {
                "title": entry.title,
                "purpose": entry.purpose,
                "source": entry.source,
                "period": entry.retention_text,
                "shared_with": register.recipients_of(entry),
                "records": [_record(entry, row) for row in rows.prefetch_related(*_relations(entry))],
            }
            for entry, rows, _ in holdings(person, apps)
        ],
    }


def _record(entry: PersonalData, row: Model) -> dict[str, Any]:
    return {
        str(field.verbose_name): value
        for field in _exported_fields(entry)
        if (value := _value(entry, row, field)) not in (None, "", [], {})
    }


def _exported_fields(entry: PersonalData) -> "list[Field[Any, Any]]":
    """Return the personal fields, and the times, choices and related rows that make sense of them."""
    secrets = entry.secrets.split()
    return [
        field
        for field in entry.model._meta.concrete_fields
        if field.name not in secrets
        if field.name in entry.fields or field.choices or field.is_relation or "Date" in field.get_internal_type()
    ]


def _relations(entry: PersonalData) -> list[str]:
    return [field.name for field in _exported_fields(entry) if field.is_relation]


def _value(entry: PersonalData, row: Model, field: "Field[Any, Any]") -> Any:
    if (related := getattr(row, field.name)) is not None and field.name in entry.shown:
        return entry.shown[field.name](related)
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    value = getattr(row, field.name)
    if isinstance(value, (str, int, float, bool, dict, list, datetime, date)) or value is None:
        return value
    return str(value)
