"""How django-allauth behaves on this site: words, who may sign in, and what is recorded."""

import logging
import secrets
import time
from base64 import b32encode, urlsafe_b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from cryptography import fernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.models import AccountEmail, AuditEvent, User, shorten_ip
from accounts.sign_in import remember_browser
from public_forms.ratelimit import client_ip
from siteinfo.models import SiteInfo
from siteinfo.urls import hostname

logger = logging.getLogger(__name__)
# Messages for what allauth does. It does more that needs none.
_MESSAGES = {
    "account/messages/password_changed.txt": "Your password was changed.",
    "mfa/messages/webauthn_added.txt": "The passkey was added.",
    "mfa/messages/webauthn_removed.txt": "The passkey was removed.",
    "mfa/messages/totp_activated.txt": "The authenticator app was added.",
    "mfa/messages/totp_deactivated.txt": "The authenticator app was removed.",
    "mfa/messages/recovery_codes_generated.txt": "You have new recovery codes.",
    "usersessions/messages/sessions_logged_out.txt": "You are signed out everywhere else.",
}
# Emails about changes that an attacker would make.
_NOTICES = {
    "account/email/password_changed": "Your password was changed.",
    "mfa/email/webauthn_added": "A passkey was added to your account.",
    "mfa/email/webauthn_removed": "A passkey was removed from your account.",
    "mfa/email/totp_activated": "An authenticator app was added to your account.",
    "mfa/email/totp_deactivated": "The authenticator app was removed from your account.",
    "mfa/email/recovery_codes_generated": "New recovery codes were made for your account.",
}
_REAUTHENTICATION_METHODS = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use a code from your app, or a recovery code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}


def _cipher() -> "fernet.MultiFernet":
    """Return a cipher with keys derived from SECRET_KEY and the keys before it."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("accounts.second_factor", "", secret=key, algorithm="sha256").digest() for key in keys]
    return fernet.MultiFernet([fernet.Fernet(urlsafe_b64encode(digest)) for digest in digests])


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in for people invited by an owner. Visitors cannot sign up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The email address or the password is not correct.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
    }

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Add the site's own words for a message of allauth, or a message given as text."""
        text = message or _MESSAGES.get(message_template or "")
        if text:
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: owners invite people."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the first address of the client's network. The list of sessions needs no more."""
        network = shorten_ip(client_ip(request))
        return str(network.network_address) if network else "::"

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse people without access, whose passkeys still work."""
        if user.is_active and user.is_staff:
            return None
        self.add_message(request, messages.ERROR, message="This account has no access. Ask an owner of the site.")
        return HttpResponseRedirect(reverse("account_login"))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Remember the browser, which an attack on the account then cannot lock out."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        request.session.set_expiry(settings.SESSION_COOKIE_AGE)
        remember_browser(request, response, user)
        return response

    def reauthenticate(self, user: User, password: str) -> bool:
        """Return whether this is the user's password."""
        return authenticate(context.request, email=user.email, password=password) == user

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Queue an email about what was changed in the account."""
        if detail := _NOTICES.get(template_prefix):
            AccountEmail.objects.create(email=user.email, kind=AccountEmail.Kind.NOTICE, user=user, detail=detail)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return False for a while after signing in, and otherwise what allauth decides."""
        request = context.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """Describe the methods in the site's words."""
        return [
            {**method, "description": _REAUTHENTICATION_METHODS[method["id"]]}
            for method in super().get_reauthentication_methods(user)
        ]


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names for passkeys and authenticator apps."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not correct, or it has expired.",
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret, so that a copy of the database is not enough to make codes."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret with SECRET_KEY, or with one of SECRET_KEY_FALLBACKS.

        Without the right key, return a random secret: no code matches it.
        """
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except fernet.InvalidToken:
            logger.warning(
                "A second factor cannot be decrypted. Add the former SECRET_KEY to SECRET_KEY_FALLBACKS, or run"
                " manage.py reset_second_factors."
            )
            return b32encode(secrets.token_bytes(20)).decode()

    def get_totp_issuer(self) -> str:
        """Return the name that the app shows."""
        return SiteInfo.load().name

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """Return a name for a new passkey."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the site that passkeys belong to: the host of SITE_URL, whichever host was requested."""
        return {"id": hostname(), "name": SiteInfo.load().name}


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Sign-out on other devices."""

    def end_sessions(self, sessions: list[Any]) -> None:
        """End the sessions and record it."""
        super().end_sessions(sessions)
        count = len(sessions)
        AuditEvent.objects.record(
            AuditEvent.Kind.SIGNED_OUT_EVERYWHERE,
            request=context.request,
            user=context.request.user,
            subject=f"{count} other session{'' if count == 1 else 's'}",
        )
