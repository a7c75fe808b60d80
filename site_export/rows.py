"""Rows of the database as JSON: one object per line, the same on every database."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import FileField, JSONField, Model, TextField

from richtext.references import ReferenceSource
from richtext.sanitizer import sanitize
from site_export.contents import exported_fields, exported_relations, has_all_rows, rows_of

BATCH_SIZE = 100


def json_lines(model: type[Model]) -> Iterator[str]:
    """Yield the rows of `model` as lines of JSON. Reads the database in batches."""
    fields = exported_fields(model)
    relations = exported_relations(model)
    partial = {
        field.name: frozenset(rows_of(field.related_model).values_list("pk", flat=True))
        for field in fields
        if field.related_model not in (None, model, ContentType) and not has_all_rows(field.related_model)
    }
    rows = rows_of(model).prefetch_related(*(field.name for field in relations))
    for row in rows.iterator(chunk_size=BATCH_SIZE):
        data = {field.name: _to_json(field, field.value_from_object(row)) for field in fields}
        data |= {name: None for name, pks in partial.items() if data[name] not in pks}
        data |= {field.name: sorted(related.pk for related in getattr(row, field.name).all()) for field in relations}
        yield json.dumps(data, ensure_ascii=False) + "\n"


def _to_json(field: Any, value: Any) -> Any:
    if field.related_model is ContentType:
        # Their numbers differ between databases.
        content_type = ContentType.objects.get_for_id(value)
        return f"{content_type.app_label}.{content_type.model}"
    if isinstance(field, JSONField):
        # PostgreSQL stores the keys of objects in another order.
        return json.loads(json.dumps(value, sort_keys=True, cls=field.encoder))
    if isinstance(field, FileField):
        return value.name if value else ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return value


def parse_line(model: type[Model], line: str) -> tuple[Model, dict[str, list[int]]]:
    """Return the unsaved row and its many-to-many relations. Raises ValidationError with a sentence."""
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ValidationError("This is not JSON.") from error
    fields, relations = exported_fields(model), exported_relations(model)
    names = {field.name for field in (*fields, *relations)}
    if not isinstance(data, dict) or data.keys() != names:
        found = set(data) if isinstance(data, dict) else set()
        raise ValidationError(f"The fields differ: {', '.join(sorted(found ^ names)) or 'not an object'}.")
    values: dict[str, Any] = {}
    for field in fields:
        try:
            values[field.attname] = _from_json(model, field, data[field.name])
        except (ValidationError, TypeError, ValueError, OverflowError) as error:
            words = " ".join(getattr(error, "messages", [str(error)]))
            raise ValidationError(f"“{field.name}”: {words}") from error
    related = {field.name: data[field.name] for field in relations}
    for name, pks in related.items():
        if not isinstance(pks, list) or not all(isinstance(pk, int) for pk in pks):
            raise ValidationError(f"“{name}”: This must be a list of numbers.")
    # All at once, because an image without its size would be opened to measure it.
    return model(**values), related


def _content_type(name: Any) -> int:
    app_label, _, model = str(name).partition(".")
    try:
        return ContentType.objects.get_by_natural_key(app_label, model).pk
    except ContentType.DoesNotExist as error:
        raise ValidationError(f"There is no kind of row called “{name}”.") from error


def _from_json(model: type[Model], field: Any, value: Any) -> Any:
    if value is None:
        if not field.null:
            raise ValidationError("A value is missing.")
        return None
    if field.related_model is ContentType:
        return _content_type(value)
    if field.related_model:
        return field.target_field.to_python(value)
    if isinstance(field, JSONField):
        return value
    value = field.to_python(value)
    if isinstance(field, FileField):
        return value
    if isinstance(field, TextField) and issubclass(model, ReferenceSource) and field.name in model.reference_fields:
        value = sanitize(value)
    if value != "" or not field.blank:
        field.run_validators(value)
        if field.choices and value not in {key for key, _ in field.flatchoices}:
            raise ValidationError(f"“{value}” is none of the choices.")
    return value
