"""Sign-in limits, applied before a password is hashed, and known browsers, which an attack cannot lock out."""

from datetime import timedelta
from uuid import uuid4

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import AuditEvent, User
from public_forms.ratelimit import client_network, hit_key

# Attempts per hour. Hashing a password takes a fraction of a second, so the number of attempts must be small.
LIMIT_PER_NETWORK = 30
LIMIT_PER_ACCOUNT_AND_NETWORK = 10
# From all networks. An attacker can use it up, so browsers that have signed in before have a separate limit.
LIMIT_PER_ACCOUNT = 50
LIMIT_PER_BROWSER = 20

BROWSER_COOKIE = "known_browser"
_BROWSER_MAX_AGE = 365 * 24 * 3600
_SALT = "accounts.known_browser"


def check_limits(request: HttpRequest, purpose: str, email: str) -> None:
    """Count an attempt. Raise ValidationError with the code "limited" if it must not be checked.

    `purpose` is what is attempted, such as "sign-in" or "code"; each has its own limits.
    """
    if _is_allowed(request, purpose, email):
        return
    _record_limit(request, email)
    raise ValidationError(
        "Too many attempts to sign in. Your entry was not checked. Try again at %(time)s.",
        code="limited",
        params={
            "time": date_format(timezone.localtime() + timedelta(seconds=seconds_to_next_hour()), "TIME_FORMAT"),
        },
    )


def seconds_to_next_hour() -> int:
    """Return the number of seconds until this hour's limits reset."""
    now = timezone.localtime()
    return 3600 - now.minute * 60 - now.second


def _is_allowed(request: HttpRequest, purpose: str, email: str) -> bool:
    """Count the attempt and return whether it may be checked."""
    email = email.strip().lower()
    network = client_network(request)
    limits = {
        f"{purpose} from {network}": LIMIT_PER_NETWORK,
        f"{purpose} of {email} from {network}": LIMIT_PER_ACCOUNT_AND_NETWORK,
    }
    if browser := _known_browser(request, email):
        limits[f"{purpose} of {email} with {browser}"] = LIMIT_PER_BROWSER
    else:
        limits[f"{purpose} of {email}"] = LIMIT_PER_ACCOUNT
    # all() stops at the first limit, so attempts from a limited network do not count against the account.
    return all(hit_key(key, limit=limit, hourly=True) for key, limit in limits.items())


def _known_browser(request: HttpRequest, email: str) -> str:
    """Return the id of the browser if it has signed in to this account before."""
    try:
        browser, known_email = signing.loads(
            request.COOKIES.get(BROWSER_COOKIE, ""), salt=_SALT, max_age=_BROWSER_MAX_AGE
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(browser) if known_email == email else ""


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let this browser sign in to the account even while an attack uses up the account's limit."""
    response.set_cookie(
        BROWSER_COOKIE,
        signing.dumps([uuid4().hex, user.email], salt=_SALT),
        max_age=_BROWSER_MAX_AGE,
        path=reverse("account_login"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def _record_limit(request: HttpRequest, email: str) -> None:
    """Record a limited attempt, once an hour for each network, so that an attack does not fill the audit log."""
    if hit_key(f"recorded limit of {client_network(request)}", limit=1, hourly=True):
        user = User.objects.filter(email=email.strip().lower()).first()
        AuditEvent.objects.record(AuditEvent.Kind.SIGN_IN_LIMITED, request=request, user=user)
