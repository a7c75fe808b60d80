"""The form for the Instagram settings."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from instagram.models import InstagramSettings


class InstagramSettingsForm(forms.ModelForm):
    """Edit the settings. An access token can be entered or removed, but is never shown."""

    new_token = forms.CharField(
        label="Access token",
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text="Optional. With an access token from your own Instagram app, new images are fetched automatically. "
        "In Meta’s App Dashboard, open Instagram, then “API setup with Instagram login”, and click “Generate token” "
        "next to your account. The token is refreshed before it expires after 60 days and is never shown again. "
        "Leave empty to keep the current token.",
    )
    remove_token = forms.BooleanField(
        label="Remove the access token",
        required=False,
        help_text="Stops fetching new images. Images already in the strip stay.",
    )

    class Meta:
        model = InstagramSettings
        fields = ("title", "image_count")

    def clean_new_token(self) -> str:
        """Reject tokens with spaces or unusual characters, which are copied incorrectly."""
        token = self.cleaned_data["new_token"].strip()
        if any(not char.isascii() or not char.isprintable() or char.isspace() for char in token):
            raise ValidationError("An access token has only letters and digits, without spaces. Copy it again.")
        return token

    def clean(self) -> dict[str, Any]:
        """Reject a new token together with “Remove the access token”."""
        cleaned = super().clean() or {}
        if cleaned.get("new_token") and cleaned.get("remove_token"):
            self.add_error("remove_token", "Enter a new access token or remove the current one, not both.")
        return cleaned

    def save(self, commit: bool = True) -> InstagramSettings:
        """Save the settings with the new token, if there is one."""
        token = self.cleaned_data["new_token"]
        if token or self.cleaned_data["remove_token"]:
            self.instance.set_access_token(token)
        return super().save(commit)
