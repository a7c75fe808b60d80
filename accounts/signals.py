"""Record in the audit log who signs in and out, failed attempts, and what is changed in the admin."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.http import HttpRequest

from accounts.models import AuditEvent, User
from backups.models import Backup

_KINDS = {ADDITION: AuditEvent.Kind.ADDED, CHANGE: AuditEvent.Kind.CHANGED, DELETION: AuditEvent.Kind.DELETED}
# Their names are no personal data of visitors and subscribers, whose erasure must not leave a copy in the log.
_NAMED_APPS = frozenset({"accounts", "affiliates", "blog", "images", "layout", "pages", "redirects", "siteinfo"})

_METHODS = {
    "password": "password",
    Authenticator.Type.TOTP: "code of the app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery code",
}


def record_admin_action(sender: object, instance: LogEntry, created: bool, **kwargs: Any) -> None:
    """Record what Django's admin logs about one object."""
    content_type = instance.content_type
    if not created or content_type is None:
        return
    is_named = content_type.app_label in _NAMED_APPS
    name = f"“{instance.object_repr}”" if is_named else str(instance.object_id)
    user = instance.user
    assert isinstance(user, User)
    subject = f"{content_type.name} {name}"
    AuditEvent.objects.record(_KINDS[instance.action_flag], user=user, subject=subject)


def record_backup(sender: object, instance: Backup, created: bool, **kwargs: Any) -> None:
    """Record that a backup was completed or failed. It may contain everything, so owners see when each was made."""
    if not created:
        subject = f"{instance.name}: {instance.get_status_display().lower()}"
        AuditEvent.objects.record(AuditEvent.Kind.BACKED_UP, subject=subject)


def record_restore() -> None:
    """Record in the restored log that a backup was restored."""
    AuditEvent.objects.record(AuditEvent.Kind.RESTORED, subject="a backup, from the command line")


def record_sign_in(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record that `user` signed in, and how."""
    records = get_authentication_records(request, user)
    subject = ", ".join(_METHODS.get(each.get("type") or each["method"], "") for each in records)
    AuditEvent.objects.record(AuditEvent.Kind.SIGNED_IN, request=request, user=user, subject=subject)


def record_sign_out(sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Record that `user` signed out."""
    if user is not None:
        AuditEvent.objects.record(AuditEvent.Kind.SIGNED_OUT, request=request, user=user)


def record_failure(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a failed attempt and its account, but not what was typed, which may be a password."""
    email = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    user = User.objects.filter(email=email).first()
    AuditEvent.objects.record(AuditEvent.Kind.SIGN_IN_FAILED, request=request, user=user)


def record_password(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record that `user` changed their own password."""
    AuditEvent.objects.record(AuditEvent.Kind.PASSWORD, request=request, user=user, subject=user.email)


def record_second_factor_added(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Record a new passkey or authenticator app. Recovery codes come with the first of them."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        kind = AuditEvent.Kind.SECOND_FACTOR_ADDED
        AuditEvent.objects.record(kind, request=request, user=user, subject=_describe(authenticator))


def record_second_factor_removed(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Record that a passkey, an authenticator app or the recovery codes were removed."""
    kind = AuditEvent.Kind.SECOND_FACTOR_REMOVED
    AuditEvent.objects.record(kind, request=request, user=user, subject=_describe(authenticator))


def record_new_recovery_codes(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record that new recovery codes replaced the others."""
    AuditEvent.objects.record(AuditEvent.Kind.NEW_RECOVERY_CODES, request=request, user=user)


def record_recovery_code(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Record that a recovery code was used, and how many are left."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        authenticator.refresh_from_db()
        left = len(authenticator.wrap().get_unused_codes())
        kind = AuditEvent.Kind.RECOVERY_CODE_USED
        AuditEvent.objects.record(kind, request=request, user=user, subject=f"{left} left")


def record_failed_code(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a wrong code, but not what was typed."""
    AuditEvent.objects.record(AuditEvent.Kind.CODE_FAILED, request=request, user=user, subject="code")


def _describe(authenticator: Authenticator) -> str:
    """Return what kind of second factor it is, and the name of a passkey."""
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        return f"passkey “{authenticator}”"
    return "authenticator app" if authenticator.type == Authenticator.Type.TOTP else "recovery codes"
