"""The pages of django-allauth in the site's look: where people sign in and manage their account."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.views import LoginView, LogoutView, PasswordChangeView, ReauthenticateView
from allauth.mfa.base import views as second_factor_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as passkey_views
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override

from accounts.models import User
from accounts.second_factor import must_add_second_factor
from accounts.sign_in import seconds_to_next_hour
from public_forms.ratelimit import client_network, hit_key

# Challenges for passkeys per hour and network. Each one is stored in a session.
PASSKEY_CHALLENGES = 60
_CHALLENGE_AGE = 600  # seconds


def account_page(view: Callable[..., HttpResponseBase], title: str) -> Callable[..., HttpResponseBase]:
    """Send a page of `view` with the header and the policy of the admin, and a limited attempt with status 429."""

    @wraps(view)
    @csp_override(settings.ADMIN_CSP)
    @never_cache
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            context = response.context_data or {}
            response.context_data = {**admin.site.each_context(request), "title": title, **context}
            forms = [context.get("form"), context.get("webauthn_form")]
            if any(form and form.is_bound and _is_limited(form) for form in forms):
                response.status_code = 429
                response["Retry-After"] = str(seconds_to_next_hour())
        return response

    return page


def _is_limited(form: Any) -> bool:
    return any(error.code == "limited" for errors in form.errors.as_data().values() for error in errors)


class PasskeySignInView(passkey_views.LoginWebAuthnView):
    """Sign in with a passkey alone."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Limit the challenges."""
        if not hit_key(f"passkey from {client_network(request)}", limit=PASSKEY_CHALLENGES, hourly=True):
            return JsonResponse({"error": "Too many attempts. Wait an hour, or use your password."}, status=429)
        if not request.user.is_authenticated:
            request.session.set_expiry(_CHALLENGE_AGE)
        return super().dispatch(request, *args, **kwargs)


class CodeView(second_factor_views.AuthenticateView):
    """Confirm with a code or a passkey after the password."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the person has a passkey."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "has_passkey": is_mfa_enabled(self.stage.login.user, [Authenticator.Type.WEBAUTHN])}


class AccountView(second_factor_views.IndexView):
    """One's own account: email address, password, second factors and sessions."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the person must add a second factor."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user = self.request.user
        must_add = isinstance(user, User) and must_add_second_factor(user)
        recovery = context["authenticators"].get("recovery_codes")
        left = len(recovery.get_unused_codes()) if recovery else 0
        return {**context, "must_add_second_factor": must_add, "recovery_codes_left": left}


class AddPasskeyView(passkey_views.AddWebAuthnView):
    """Add a passkey that can sign in without a password."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask for a passkey that the device stores and unlocks."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = context["js_data"]["creation_options"]["publicKey"]
        options["authenticatorSelection"] |= {"residentKey": "required", "requireResidentKey": True}
        return context


class ChangePasswordView(PasswordChangeView):
    """Change the password of the person who is signed in."""

    success_url = reverse_lazy("mfa_index")

    def get_default_success_url(self) -> str:
        """Return the page of the account."""
        return reverse("mfa_index")


sign_in = account_page(LoginView.as_view(), "Sign in")
sign_out = account_page(LogoutView.as_view(), "Sign out")
confirm_with_code = account_page(CodeView.as_view(), "Confirm that it is you")
sign_in_with_passkey = account_page(PasskeySignInView.as_view(), "Sign in")
reauthenticate = account_page(ReauthenticateView.as_view(), "Confirm that it is you")
reauthenticate_with_code = account_page(second_factor_views.ReauthenticateView.as_view(), "Confirm that it is you")
reauthenticate_with_passkey = account_page(passkey_views.ReauthenticateWebAuthnView.as_view(), "Confirm that it is you")
account = account_page(AccountView.as_view(), "Your account")
change_password = account_page(ChangePasswordView.as_view(), "Change your password")
list_passkeys = account_page(passkey_views.ListWebAuthnView.as_view(), "Passkeys")
add_passkey = account_page(AddPasskeyView.as_view(), "Add a passkey")
rename_passkey = account_page(passkey_views.EditWebAuthnView.as_view(), "Rename the passkey")
remove_passkey = account_page(passkey_views.RemoveWebAuthnView.as_view(), "Remove the passkey")
add_app = account_page(app_views.ActivateTOTPView.as_view(), "Add an authenticator app")
remove_app = account_page(app_views.DeactivateTOTPView.as_view(), "Remove the authenticator app")
recovery_codes = account_page(recovery_views.ViewRecoveryCodesView.as_view(), "Recovery codes")
new_recovery_codes = account_page(recovery_views.GenerateRecoveryCodesView.as_view(), "New recovery codes")
download_recovery_codes = account_page(recovery_views.DownloadRecoveryCodesView.as_view(), "Recovery codes")
sessions = account_page(ListUserSessionsView.as_view(), "Where you are signed in")
