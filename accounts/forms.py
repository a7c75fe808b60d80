"""Forms to sign in and to change the password. Limited attempts fail with the code "limited"."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context

from accounts.sign_in import check_limits


class SignInForm(allauth_forms.LoginForm):
    """Sign in with an email address and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label = "Email address"
        login.widget.attrs = {"type": "email", "autocomplete": "username", "autofocus": True}
        password.widget.attrs = {"autocomplete": "current-password"}
        password.help_text = ""

    def clean(self) -> dict[str, Any]:
        """Check the limits, then the password. Raise ValidationError if either fails."""
        if not self.errors:
            check_limits(self.request, "sign-in", self.cleaned_data["login"])
        return super().clean() or self.cleaned_data


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    """Confirm with the password who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs = {"autocomplete": "current-password", "autofocus": True}
        self.fields["password"].help_text = ""

    def clean_password(self) -> str:
        """Check the limits, then the password."""
        check_limits(context.request, "password", self.user.email)
        return str(super().clean_password())


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    """Replace the password of the person who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": "Current password", "password1": "New password", "password2": "New password (again)"}
        for name, label in labels.items():
            self.fields[name].label = label
            del self.fields[name].widget.attrs["placeholder"]
        self.fields["oldpassword"].help_text = ""

    def clean_oldpassword(self) -> str:
        """Check the limits, then the password."""
        check_limits(context.request, "password", self.user.email)
        return str(super().clean_oldpassword())
