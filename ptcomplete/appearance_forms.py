"""The forms of the Appearance page. Each edits one row with choices for the whole site; the page shows them as one."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import models, transaction
from django.utils.formats import date_format

from accounts.models import User
from blog.months import update_months
from images.forms import formfield_for_image
from images.models import SiteImages
from siteinfo.local_time import local_time_of
from siteinfo.models import COLOR_FIELDS, Appearance, SiteInfo

# An evening late in the year, so that day and month cannot be confused.
_SAMPLE = date(2026, 11, 30)


def _formfield(field: models.Field, **kwargs: Any) -> forms.Field | None:
    """Return the form field of a model's field as the admin shows it."""
    if field.choices:
        return field.formfield(**kwargs)
    if isinstance(field, models.TextField):
        return field.formfield(widget=AdminTextareaWidget({"rows": 3}), **kwargs)
    if isinstance(field, models.CharField):
        return field.formfield(widget=AdminTextInputWidget(), **kwargs)
    return formfield_for_image(field) or field.formfield(**kwargs)


def time_zones() -> list[tuple[str, Any]]:
    """Return the time zones by continent, after that of the server."""
    by_continent: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        continent, _, city = name.partition("/")
        if city and continent not in {"Etc", "SystemV"}:
            by_continent.setdefault(continent, []).append((name, city.replace("_", " ").replace("/", ", ")))
    return [("", f"That of the server: {settings.TIME_ZONE}"), ("UTC", "UTC"), *by_continent.items()]


def date_formats() -> list[tuple[str, str]]:
    """Return how dates can look, first as the language has them."""
    return [("", date_format(_SAMPLE, "DATE_FORMAT")), *SiteInfo.DateFormat.choices]


class SiteForm(forms.ModelForm):
    """The texts at the top of pages, and the local time."""

    time_zone = forms.ChoiceField(
        required=False, choices=time_zones, help_text=SiteInfo._meta.get_field("time_zone").help_text
    )
    date_format = forms.ChoiceField(
        required=False, choices=date_formats, help_text=SiteInfo._meta.get_field("date_format").help_text
    )

    class Meta:
        model = SiteInfo
        fields = ("name", "tagline", "hero_title", "hero_text", "time_zone", "date_format")
        formfield_callback = _formfield


class LookForm(forms.ModelForm):
    """Colors, fonts, and what is shown without images."""

    class Meta:
        model = Appearance
        fields = (*COLOR_FIELDS, "fonts", "covers", "has_drawings")
        formfield_callback = _formfield


class ImagesForm(forms.ModelForm):
    """The images of the whole site."""

    class Meta:
        model = SiteImages
        fields = SiteImages.reference_fields
        formfield_callback = _formfield


_FORMS: tuple[type[forms.ModelForm], ...] = (SiteForm, LookForm, ImagesForm)
_GROUPS = (
    ("Name and logo", ("name", "tagline", "logo", "icon")),
    ("Home page", ("hero_title", "hero_text", "hero_image")),
    ("Colors and fonts", (*COLOR_FIELDS, "fonts")),
    ("Posts and shared links", ("covers", "has_drawings", "share_image")),
    ("Dates and times", ("time_zone", "date_format")),
)


class Group(NamedTuple):
    """Fields that are shown together."""

    title: str
    fields: list[forms.BoundField]


def may_change_appearance(user: User) -> bool:
    """Return whether the page has a form for `user`."""
    return any(_may_change(user, form._meta.model) for form in _FORMS)


def _may_change(user: User, model: type[models.Model]) -> bool:
    return user.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}")


class AppearanceForms:
    """The forms that a user may fill in. Their names do not overlap, so they are sent together."""

    def __init__(self, user: User, data: Any = None) -> None:
        self._user = user
        choices = ((form._meta.model, form) for form in _FORMS)
        self.forms: dict[type[models.Model], forms.ModelForm] = {
            model: form(data, instance=model.load(), label_suffix="")
            for model, form in choices
            if _may_change(user, model)
        }

    @property
    def media(self) -> forms.Media:
        """What the widgets need."""
        return sum((form.media for form in self.forms.values()), forms.Media())

    @property
    def errors(self) -> dict[str, Sequence[str]]:
        """What is wrong, by field."""
        found = [pair for form in self.forms.values() for pair in form.errors.items()]
        return {name: [str(each) for each in errors] for name, errors in found}

    def groups(self) -> Iterator[Group]:
        """Yield the fields as the page shows them."""
        fields = {field.name: field for form in self.forms.values() for field in form}
        for title, names in _GROUPS:
            if found := [fields[name] for name in names if name in fields]:
                yield Group(title, found)

    def is_valid(self) -> bool:
        """Return whether everything can be saved."""
        return not self.errors

    def row[Row: models.Model](self, model: type[Row]) -> Row | None:
        """Return the row with the values of its form, saved or not; None if the user may not change it."""
        form = self.forms.get(model)
        return form.instance if form else None

    def save(self) -> list[str]:
        """Save what was changed, all or nothing, and log it. Return the names of the changed fields."""
        changed = [form for form in self.forms.values() if form.has_changed()]
        with transaction.atomic():
            for form in changed:
                row = form.instance
                # Other columns may have been written since the row was loaded.
                row.save(update_fields=None if row._state.adding else form.changed_data)
                message = [{"changed": {"fields": [str(form.fields[name].label) for name in form.changed_data]}}]
                LogEntry.objects.log_actions(self._user.pk, [row], CHANGE, change_message=message, single_object=True)
            names = [name for form in changed for name in form.changed_data]
            if "time_zone" in names:
                with local_time_of(self.forms[SiteInfo].instance):
                    update_months()
        return names
