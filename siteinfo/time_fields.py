"""A form field for times in the site's time zone, also in the hours when the clocks change, and its inputs."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone


class LocalDateTimeWidget(forms.SplitDateTimeWidget):
    """The browser's own inputs for a date and a time, to the minute."""

    def __init__(self) -> None:
        super().__init__(
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date", "aria-label": "Date"},
            time_attrs={"type": "time", "aria-label": "Time"},
        )


class LocalDateTimeField(forms.SplitDateTimeField):
    """Takes the first of two equal times when the clocks go back. Django's field refuses both."""

    widget = LocalDateTimeWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the date or the minute differs, because the inputs show no seconds."""
        if isinstance(initial, datetime):
            local = timezone.localtime(initial)
            day = f"{local:%Y-%m-%d}"
            if list(data or []) in ([day, f"{local:%H:%M}"], [day, f"{local:%H:%M:%S}"]):
                return False
        return super().has_changed(initial, data)

    def compress(self, data_list: Any) -> Any:
        """Return the moment. Raise ValidationError for a time that the clocks skip."""
        try:
            return super().compress(data_list)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
        local = datetime.combine(*data_list)
        moment = timezone.make_aware(local).astimezone(UTC)
        if timezone.make_naive(moment) != local:
            raise ValidationError(
                "The clocks skip this time on that day. Choose an earlier or later one.", code="skipped"
            )
        return moment


def keep_unchanged_times(form: forms.BaseForm, cleaned: dict[str, Any]) -> None:
    """Give unchanged times in `cleaned` their exact initial value: the second of two equal times, and the seconds."""
    for name, field in form.fields.items():
        if isinstance(field, LocalDateTimeField) and name in cleaned and name not in form.changed_data:
            cleaned[name] = form.initial.get(name) or cleaned[name]
