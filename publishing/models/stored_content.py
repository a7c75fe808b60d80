"""Which parts of stored content can be read: what an edit, a revision or an autosave holds may be damaged."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from taggit.managers import TaggableManager

MAX_KEY = 2**63 - 1
# Named when nothing of the content can be read.
ALL_PARTS = "everything"


def readable_content(model: Any, data: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the parts of `data` that fit the content of `model`, and the labels of those that do not.

    Fields that are no content, such as the status, are left out without a label.
    """
    if model is None or not isinstance(data, dict):
        return {}, [ALL_PARTS]
    content, damaged = {}, []
    for name in model.snapshot_fields:
        if name not in data:
            continue
        field = model._meta.get_field(name)
        if _is_readable(field, data[name]):
            content[name] = data[name]
        else:
            damaged.append(str(getattr(field, "verbose_name", name)))
    return content, damaged


def readable_fields(data: Any) -> tuple[dict[str, list[str]], list[str]]:
    """Return the fields of a form in `data`, each a list of texts, and the names of those that are something else."""
    if not isinstance(data, dict):
        return {}, [ALL_PARTS]
    fields = {name: values for name, values in data.items() if _is_list_of(str, values)}
    return fields, sorted(name.replace("_", " ") for name in data.keys() - fields.keys())


def _is_readable(field: Any, value: Any) -> bool:
    if isinstance(field, TaggableManager):
        return isinstance(value, str)
    if field.many_to_many:
        return _is_list_of(int, value) and all(0 < key <= MAX_KEY for key in value)
    if value is None:
        return bool(field.null or field.is_relation)
    if field.is_relation:
        return _is_list_of(int, [value]) and 0 < value <= MAX_KEY
    if isinstance(field, models.CharField | models.TextField):
        return isinstance(value, str) and "\0" not in value
    try:
        field.run_validators(field.to_python(value))
    except (ValidationError, TypeError, ValueError, OverflowError):
        return False
    return True


def _is_list_of(kind: type, values: Any) -> bool:
    # A bool is an int to Python, but no primary key.
    return isinstance(values, list) and all(isinstance(each, kind) and not isinstance(each, bool) for each in values)
