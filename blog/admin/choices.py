"""Choices of form fields, read once until the site changes."""

from typing import Any

from django import forms
from django.http import HttpRequest

from pagecache.per_version import once_per_version


def share_choices(request: HttpRequest, field: Any) -> None:
    """Let the form field of a relation list what other forms read since the site last changed.

    Validation still asks the database. Use it for choices that are the same for every user, with models whose changes
    invalidate the page cache.
    """
    if not isinstance(field, forms.ModelChoiceField):
        return

    def read() -> list[tuple[Any, str]]:
        return [(row.pk, field.label_from_instance(row)) for row in queryset]

    def choices() -> list[tuple[Any, str]]:
        empty = [] if field.empty_label is None else [("", str(field.empty_label))]
        return [*empty, *once_per_version(request, ("choices", queryset.model), read)]

    queryset: Any = field.queryset
    field.choices = choices
