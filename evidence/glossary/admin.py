"""The admin for the glossary."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from evidence.glossary.models import Term


@admin.register(Term)
class TermAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Terms with their plain meanings."""

    list_display = ("name", "meaning", "variants")
    search_fields = ("name__contains_folded", "meaning__contains_folded", "variants__contains_folded")
    fields = ("name", "meaning", "variants", "details", "slug")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Use fields of the size that their texts have."""
        rows = {"meaning": 3, "variants": 3, "details": 6}
        if db_field.name in rows:
            kwargs["widget"] = forms.Textarea(attrs={"rows": rows[db_field.name], "cols": 70})
        return super().formfield_for_dbfield(db_field, request, **kwargs)
