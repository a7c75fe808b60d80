"""Record in the audit log who signs in and out, failed attempts, and what is changed in the admin."""

from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.http import HttpRequest

from accounts.models import AuditEvent, User

_KINDS = {ADDITION: AuditEvent.Kind.ADDED, CHANGE: AuditEvent.Kind.CHANGED, DELETION: AuditEvent.Kind.DELETED}
# Their names are no personal data of visitors and subscribers, whose erasure must not leave a copy in the log.
_NAMED_APPS = frozenset({"accounts", "affiliates", "blog", "images", "layout", "pages", "redirects", "siteinfo"})


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
    """Record a failed attempt and its account, but not what was typed, which may be a password."""
    email = str(credentials.get("username") or "").strip().lower()
    user = User.objects.filter(email=email).first()
    AuditEvent.objects.record(AuditEvent.Kind.SIGN_IN_FAILED, request=request, user=user)
