"""Lists of the admin with fields in their rows."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.http import HttpRequest


class LabeledListAdmin(admin.ModelAdmin):
    """A ModelAdmin with `list_editable` whose fields have a name for screen readers. Django gives them none.

    Rows have no buttons to change or delete what a field refers to: in the row of a product, a red cross looks as if it
    deleted the product, not its section.
    """

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form of a row."""
        form: Any = super().get_changelist_form(request, **kwargs)

        class LabeledForm(form):
            """The form with labels."""

            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                # Django also builds a form without an object, of which the object may have no name yet.
                row = f", {self.instance}" if self.instance.pk else ""
                for field in self.fields.values():
                    if isinstance(field.widget, RelatedFieldWidgetWrapper):
                        field.widget = field.widget.widget
                    field.widget.attrs["aria-label"] = f"{field.label}{row}"

        return LabeledForm
