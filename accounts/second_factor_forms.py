"""Forms for codes and passkeys. Attempts are limited, and each code of an authenticator app works once."""

import string
import time
from typing import Any

from allauth.core import context
from allauth.mfa.base import forms as code_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as app_forms
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import AuditEvent, User
from accounts.sign_in import check_limits

# Longer than any code of an app is valid, in seconds.
_REMEMBER_USED_CODES = 300
_CODE_ATTRIBUTES = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
_PASSKEY_REFUSED = ValidationError(
    "This passkey was not accepted. Try again, or choose another way.", code="incorrect_code"
)
# What a credential of the wrong shape can raise.
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class CodeForm(code_forms.AuthenticateForm):
    """Sign in with a code of an authenticator app, or with a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs = dict(_CODE_ATTRIBUTES)

    def clean_code(self) -> str:
        """Check the limits, then the code. Accept no code twice, however many processes receive it at once."""
        check_limits(context.request, "code", self.user.email)
        # A failure is raised after the transaction, so that its event is kept.
        failure: ValidationError | None = None
        with transaction.atomic():
            User.objects.select_for_update().get(pk=self.user.pk)
            try:
                code = super().clean_code()
                if self.authenticator.type == Authenticator.Type.TOTP and not _mark_used(self.authenticator, code):
                    self._emit_authentication_failed(self.authenticator)
                    raise ValidationError("This code was used already. Wait for the next one.", code="used")
            except ValidationError as error:
                failure = error
        if failure:
            raise failure
        return code


class ReauthenticateCodeForm(CodeForm, code_forms.ReauthenticateForm):
    """Confirm with a code who is signed in."""

    save = code_forms.ReauthenticateForm.save
    _emit_authentication_failed = code_forms.ReauthenticateForm._emit_authentication_failed


def _mark_used(authenticator: Authenticator, code: str) -> bool:
    """Remember that a code was used. Return False if it was used before. The user's row must be locked."""
    code = code.translate(str.maketrans("", "", string.punctuation + string.whitespace))
    now = time.time()
    used = {each: at for each, at in authenticator.data.get("used", {}).items() if at > now - _REMEMBER_USED_CODES}
    if code in used:
        return False
    authenticator.data["used"] = {**used, code: now}
    authenticator.save(update_fields=["data"])
    return True


class ActivateAppForm(app_forms.ActivateTOTPForm):
    """Confirm with a first code that the authenticator app works."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code from the app"
        self.fields["code"].widget.attrs = dict(_CODE_ATTRIBUTES)


class AddPasskeyForm(passkey_forms.AddWebAuthnForm):
    """Add a passkey, which the device unlocks with a PIN, a finger or a face."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "To recognize it later, such as “My phone”."
        # Every passkey can sign in without a password.
        self.fields["passwordless"].widget = forms.HiddenInput()
        self.fields["passwordless"].initial = True

    def clean(self) -> dict[str, Any]:
        """Check the new credential."""
        try:
            return dict(super().clean() | {"passwordless": True})
        except _MALFORMED as error:
            raise _PASSKEY_REFUSED from error


class RenamePasskeyForm(passkey_forms.EditWebAuthnForm):
    """Rename a passkey."""


class PasskeyForm(passkey_forms.AuthenticateWebAuthnForm):
    """Sign in with a passkey after the password."""

    def clean_credential(self) -> Authenticator:
        """Check the limits, then the credential. Record a failure."""
        if self.user:
            check_limits(context.request, "code", self.user.email)
        try:
            return super().clean_credential()
        except (ValidationError, *_MALFORMED) as error:
            AuditEvent.objects.record(
                AuditEvent.Kind.CODE_FAILED, request=context.request, user=self.user, subject="passkey"
            )
            raise _PASSKEY_REFUSED from error


class ReauthenticatePasskeyForm(PasskeyForm):
    """Confirm with a passkey who is signed in."""

    reauthenticated = True


class PasskeySignInForm(PasskeyForm):
    """Sign in with a passkey alone. The device has verified the person."""

    passwordless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=None, **kwargs)
