"""Inputs that find rows by words, in forms of the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import HttpRequest

from plaintext.numbers import parse_pk


class _KeysOnly:
    allow_multiple_selected: bool
    is_required: bool
    create_option: Any

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """Return the chosen rows. The form has refused values that are no keys, for which Django's widget raises."""
        keys = [each for each in value if parse_pk(str(each))]
        if not keys and not self.allow_multiple_selected:
            # Django's widget would build a query for no key, in each of many inputs.
            return [(None, [] if self.is_required else [self.create_option(name, "", "", False, 0)], 0)]
        return super().optgroups(name, keys, attrs)  # type: ignore[misc]  # a mixin for widgets


class AutocompleteInput(_KeysOnly, AutocompleteSelect):
    """Finds one row."""


class MultipleAutocompleteInput(_KeysOnly, AutocompleteSelectMultiple):
    """Finds several rows."""


class AutocompleteMixin(admin.options.BaseModelAdmin):
    """Shows a form again whatever was sent for its `autocomplete_fields`."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Use our input for one row."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteInput(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Use our input for several rows."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", MultipleAutocompleteInput(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
