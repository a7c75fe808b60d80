"""Widgets of forms in the admin."""

from django import forms


class ChipChoices(forms.CheckboxSelectMultiple):
    """Checkboxes that look like the chips of tags, for a few short names."""

    template_name = "admin/exercises/chip_choices.html"
