"""The audit log: who did what."""

from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from accounts.models.users import User
from public_forms.ratelimit import client_ip


class AuditEventManager(models.Manager["AuditEvent"]):
    """Append events, and delete those that are too old. Nothing changes them."""

    def record(
        self, kind: str, *, request: HttpRequest | None = None, user: User | None = None, subject: str = ""
    ) -> "AuditEvent":
        """Append an event. `subject` is what it was done to."""
        network = str(shorten_ip(client_ip(request)) or "") if request else ""
        return self.create(
            kind=kind, user=user, user_email=user.email if user else "", subject=subject[:300], network=network
        )

    def delete_expired(self) -> int:
        """Delete the events that are older than AUDIT_LOG_DAYS. Return how many were deleted."""
        before = timezone.now() - timedelta(days=settings.AUDIT_LOG_DAYS)
        return self.filter(created_at__lt=before)._raw_delete(using=self.db)


class AuditEvent(models.Model):
    """Something that someone did and that an owner may need to know later."""

    class Kind(models.TextChoices):
        """What was done."""

        SIGNED_IN = "signed_in", "Signed in"
        SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
        SIGN_IN_LIMITED = "sign_in_limited", "Sign-in limited"
        SIGNED_OUT = "signed_out", "Signed out"
        ADDED = "added", "Added"
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"
        PUBLISHED = "published", "Published"
        EXPORTED = "exported", "Exported"
        IMPORTED = "imported", "Imported"
        ERASED = "erased", "Erased"
        ACTION = "action", "Done to many"
        BACKED_UP = "backed_up", "Backed up"
        RESTORED = "restored", "Restored"
        ROLE = "role", "Role changed"
        INVITED = "invited", "Invited"
        PASSWORD = "password", "Password set"
        EMAIL_CHANGED = "email_changed", "Email address changed"
        SECOND_FACTOR_ADDED = "factor_added", "Second factor added"
        SECOND_FACTOR_REMOVED = "factor_removed", "Second factor removed"
        SECOND_FACTORS_RESET = "factors_reset", "Second factors reset"
        NEW_RECOVERY_CODES = "new_recovery_codes", "New recovery codes"
        RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
        CODE_FAILED = "code_failed", "Code or passkey refused"
        SIGNED_OUT_EVERYWHERE = "signed_out_all", "Signed out everywhere else"

    created_at = models.DateTimeField("when", default=timezone.now, editable=False, db_index=True)
    kind = models.CharField("what", max_length=20, choices=Kind, editable=False, db_index=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    # Kept when the user is deleted.
    user_email = models.EmailField("who", max_length=254, blank=True, editable=False)
    subject = models.CharField("to what", max_length=300, blank=True, editable=False)
    network = models.CharField(max_length=50, blank=True, editable=False)

    objects = AuditEventManager()

    class Meta:
        ordering = ("-created_at", "-pk")
        default_permissions = ("view",)
        verbose_name = "event"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}".strip()

    def save(self, **kwargs: Any) -> None:
        """Store a new event. Raise TypeError for one that exists: the log is append-only."""
        if self.pk is not None:
            raise TypeError("The audit log is append-only.")
        super().save(**kwargs)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Raise TypeError: only `delete_expired` removes events."""
        raise TypeError("The audit log is append-only.")


def shorten_ip(address: IPv4Address | IPv6Address | None) -> IPv4Network | IPv6Network | None:
    """Return the network of an address, /24 or /48, enough to distinguish attacks but not households."""
    if address is None:
        return None
    return ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False)
