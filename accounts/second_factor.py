"""Who must have a second factor, and what a person who must add one may do until then."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from accounts.models import User

# Recovery codes alone are none: they replace one that was lost.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# What someone may open who must add a second factor: the ways to add one, to confirm who they are and to sign out.
_ALLOWED_VIEWS = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "healthz",
    }
)


def has_second_factor(user: User) -> bool:
    """Return whether the user has a passkey or an authenticator app."""
    known: bool | None = getattr(user, "has_second_factor", None)
    return Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists() if known is None else known


def must_add_second_factor(user: User) -> bool:
    """Return whether the user's role requires a second factor that the user does not have."""
    return user.role in settings.SECOND_FACTOR_ROLES and not has_second_factor(user)


class RequireSecondFactorMiddleware(MiddlewareMixin):
    """Send people to the page where they add a second factor, as long as their role requires one they do not have."""

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        """Redirect, or refuse to change anything."""
        # Looking at the user of a visitor would make every public page depend on the session cookie.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        view = request.resolver_match
        if view and view.url_name in _ALLOWED_VIEWS and not view.namespace:
            return None
        user = request.user
        if not isinstance(user, User) or not must_add_second_factor(user):
            return None
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied("Add a passkey or an authenticator app to your account first.")
        return HttpResponseRedirect(reverse("mfa_index"))
