"""Who must have a second factor, and what a person who must add one may do until then."""

from typing import cast

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from accounts.models import AccountEmail, AuditEvent, User

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


def with_second_factor(users: QuerySet[User]) -> QuerySet[User]:
    """Annotate users with `has_second_factor`."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    return users.annotate(has_second_factor=Exists(factors))


def has_second_factor(user: User) -> bool:
    """Return whether the user has a passkey or an authenticator app."""
    known: bool | None = getattr(user, "has_second_factor", None)
    return Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists() if known is None else known


def must_add_second_factor(user: User) -> bool:
    """Return whether the user's role requires a second factor that the user does not have."""
    return user.role in settings.SECOND_FACTOR_ROLES and not has_second_factor(user)


def reset_second_factors(user: User, *, how: str, request: HttpRequest | None = None) -> bool:
    """Remove the user's second factors and recovery codes, record it and send an email. Return False without any.

    `how` completes the email's sentence, such as "by an owner of the site".
    """
    actor = request.user if request else user
    with transaction.atomic():
        deleted, _ = Authenticator.objects.filter(user=user).delete()
        if not deleted:
            return False
        kind, subject = AuditEvent.Kind.SECOND_FACTORS_RESET, f"{user.email}, {how}"
        AuditEvent.objects.record(kind, request=request, user=cast(User, actor), subject=subject)
        detail = f"Your passkeys, authenticator app and recovery codes were removed {how}."
        AccountEmail.objects.create(email=user.email, kind=AccountEmail.Kind.NOTICE, user=user, detail=detail)
    return True


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
