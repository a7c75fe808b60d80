"""The forms of the reports: an upload from Search Console, and the weekly email."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from analytics.search_console import import_pages


class SearchConsoleForm(forms.Form):
    """Upload the pages of a report."""

    first_day = forms.DateField(
        help_text="As chosen in Search Console, such as 2026-10-01.", widget=forms.DateInput({"type": "date"})
    )
    last_day = forms.DateField(widget=forms.DateInput({"type": "date"}))
    file = forms.FileField(
        label="Pages.csv",
        help_text="In Search Console, open Performance, choose the days, then Export and “Download CSV”. Unpack the"
        " file and choose Pages.csv. Uploading the same days again replaces them.",
    )

    def clean(self) -> dict[str, Any]:
        """Import the file, and return the cleaned data with the result as `result`."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["first_day"] > cleaned["last_day"]:
            raise ValidationError("The last day must not be before the first day.")
        try:
            cleaned["result"] = import_pages(cleaned["file"].file, cleaned["first_day"], cleaned["last_day"])
        except ValidationError as error:
            self.add_error("file", error)
        return cleaned


class WeeklyEmailForm(forms.Form):
    """Turn the weekly email on or off."""

    is_on = forms.BooleanField(
        label="Send me an email about my site on Mondays",
        required=False,
        help_text="With what waits for you, what was read, and what visitors searched for. If there is nothing to"
        " say, no email is sent.",
    )
