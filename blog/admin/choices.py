"""Choices of form fields, read once until the site changes."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
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


class SearchSelect(AutocompleteSelect):
    """A select with a search, which builds no query for what is chosen if nothing is."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> list[Any]:
        """Return the chosen row, or the empty option."""
        if any(value):
            groups: list[Any] = super().optgroups(name, value, attr)
            return groups
        return [(None, [] if self.is_required else [self.create_option(name, "", "", False, 0)], 0)]
