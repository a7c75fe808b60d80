"""Body regions, conditions and goals in the admin."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.forms import ModelForm

from exercises.body_parts import BodyPart
from exercises.models import BodyRegion, Condition, Goal
from exercises.widgets import ChipChoices
from siteinfo.list_forms import LabeledListAdmin


class FinderEntryAdmin(LabeledListAdmin):
    """What visitors choose, in the order in which they see it."""

    list_display = ("name", "position")
    list_editable = ("position",)
    search_fields = ("name__contains_folded",)
    fields: ClassVar[tuple[str, ...]] = ("name", "introduction", "slug", "position")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}


class BodyRegionForm(ModelForm):  # type: ignore[type-arg]
    """The form of a body region."""

    parts = forms.MultipleChoiceField(
        label="Parts of the drawing",
        choices=BodyPart.choices,
        required=False,
        widget=ChipChoices,
        help_text="The parts of the body that link to this region. Each part links to one region.",
    )

    class Meta:
        model = BodyRegion
        fields = ("name", "introduction", "red_flags", "parts", "anatomical_name", "slug", "position")
        widgets = {"red_flags": forms.Textarea(attrs={"rows": 5, "cols": 80})}


@admin.register(BodyRegion)
class BodyRegionAdmin(FinderEntryAdmin):
    """The parts of the body."""

    form = BodyRegionForm
    fields = ("name", "introduction", "red_flags", "parts", "anatomical_name", "slug", "position")


@admin.register(Condition)
class ConditionAdmin(FinderEntryAdmin):
    """What people have."""


@admin.register(Goal)
class GoalAdmin(FinderEntryAdmin):
    """What people want to reach."""
