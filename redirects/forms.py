"""The admin form for a redirect."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from redirects import csv_io, services, url_registry
from redirects.models import Redirect
from redirects.normalize import parse_old_path, parse_target


class RedirectForm(forms.ModelForm):  # type: ignore[type-arg]
    """Validate and normalize both URLs, refuse loops, and flatten chains."""

    # Whether the target was itself redirected, so that the saved target differs from the one entered.
    chain_was_flattened = False

    class Meta:
        """Fields and widgets."""

        model = Redirect
        fields = ("old_path", "target", "status_code", "note")
        widgets = {
            "old_path": forms.TextInput(attrs={"class": "vTextField", "placeholder": "/old-post/"}),
            "target": forms.TextInput(attrs={"class": "vTextField", "placeholder": "/new-post/"}),
        }
        error_messages = {"old_path": {"unique": "This URL is already redirected. Edit that redirect instead."}}

    def clean_old_path(self) -> str:
        """Return the normalized old path. Raises ValidationError if it has a page."""
        old = parse_old_path(self.cleaned_data["old_path"])
        path = old.partition("?")[0]
        if url_registry.has_sources() and not path.endswith("/*") and not url_registry.broken_reasons([path]):
            raise ValidationError("This URL has a page, so the redirect would never be used.")
        return old

    def clean_target(self) -> str:
        """Return the validated target, or "" if the field is empty."""
        target = self.cleaned_data["target"]
        return parse_target(target) if target else ""

    def clean(self) -> dict[str, Any]:
        """Require a target unless the page is gone, refuse loops, and flatten chains."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["status_code"] == Redirect.StatusCode.GONE:
            if cleaned["target"]:
                self.add_error("target", "A “Gone” URL has no new URL. Clear this field or choose another type.")
            return cleaned
        if not cleaned["target"]:
            self.add_error("target", "Enter the new URL, or choose “Gone” if nothing replaces the page.")
            return cleaned
        row = Redirect(pk=self.instance.pk, old_path=cleaned["old_path"], status_code=cleaned["status_code"])
        row.set_target(cleaned["target"])
        error = csv_io.target_error(row)
        if not error and services.flatten_chains([row]):
            error = str(services.RedirectLoop(row))
        if error:
            self.add_error("target", error)
            return cleaned
        self.chain_was_flattened = row.target != cleaned["target"]
        return {**cleaned, "target": row.target, "status_code": row.status_code}
