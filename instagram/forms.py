"""The forms of the strip's room: the settings, and the choice from an archive."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from instagram.models import FollowSettings


class SettingsForm(forms.ModelForm):
    """The settings. A token goes in and never comes out again."""

    new_token = forms.CharField(
        label="Instagram token",
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text="Optional. With the token of your own Instagram app the newest pictures come by themselves: in "
        "Meta’s App Dashboard, under Instagram and “API setup with Instagram login”, press “Generate token” for your "
        "account. It is renewed before its 60 days end and never shown again. Left empty, the present one stays.",
    )
    forget_token = forms.BooleanField(
        label="Forget the token",
        required=False,
        help_text="Nothing is fetched any more. The pictures that are here stay.",
    )

    class Meta:
        model = FollowSettings
        fields = ("title", "count")

    def clean_new_token(self) -> str:
        token = self.cleaned_data["new_token"].strip()
        if any(not sign.isascii() or not sign.isprintable() or sign.isspace() for sign in token):
            raise ValidationError("A token is one long word of letters and digits. Please copy it again.")
        return token

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("new_token") and cleaned.get("forget_token"):
            self.add_error("forget_token", "Either give a new token or forget the present one.")
        return cleaned

    def save(self, commit: bool = True) -> FollowSettings:
        token = self.cleaned_data["new_token"]
        if token or self.cleaned_data["forget_token"]:
            self.instance.use_token(token)
        return super().save(commit)
