"""Record in the audit log who signs in and out, and failed attempts."""

from typing import Any

from django.http import HttpRequest

from accounts.models import AuditEvent, User


def record_sign_in(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record that `user` signed in."""
    AuditEvent.objects.record(AuditEvent.Kind.SIGNED_IN, request=request, user=user)


def record_sign_out(sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Record that `user` signed out."""
    if user is not None:
        AuditEvent.objects.record(AuditEvent.Kind.SIGNED_OUT, request=request, user=user)


def record_failure(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a failed attempt. What was typed is not stored, since it may be a password, only whose account it was."""
    email = str(credentials.get("username") or "").strip().lower()
    user = User.objects.filter(email=email).first()
    AuditEvent.objects.record(AuditEvent.Kind.SIGN_IN_FAILED, request=request, user=user)
