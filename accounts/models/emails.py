"""Emails about accounts."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models.users import User
from accounts.roles import EXPLANATIONS, Role
from outbox.headers import format_mailbox, one_line
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

NEW_ADDRESS_SALT = "accounts.new_address"


class AccountEmail(QueuedEmail):
    """An email about an account. A link in it is made when the email is sent, so it is not stored."""

    class Kind(models.TextChoices):
        """Why the email is sent."""

        INVITATION = "invitation", "Invitation"
        RESET = "reset", "Password reset"
        NEW_ADDRESS = "new_address", "New email address"
        NOTICE = "notice", "Notice"

    email = models.EmailField(max_length=254)
    kind = models.CharField(max_length=20, choices=Kind)
    inviter = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Who asked for a new email address, or whose account was changed.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    # What a notice says, in one sentence.
    detail = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = QueuedEmailQuerySet["AccountEmail"].as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=("next_attempt_at",), name="accounts_email_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.email}"

    def build_email(self) -> OutgoingEmail | None:
        """Return the email, or None if no one with this address may sign in, or if a new address is taken."""
        recipient = self.user or User.objects.filter(email=self.email, is_active=True, is_staff=True).first()
        if self.kind == self.Kind.NEW_ADDRESS and User.objects.filter(email=self.email).exists():
            return None
        if recipient is None:
            return None
        site = SiteInfo.load()
        subjects = {
            self.Kind.INVITATION: f"Your account at {site.name}",
            self.Kind.RESET: f"New password for {site.name}",
            self.Kind.NEW_ADDRESS: f"Confirm your email address for {site.name}",
            self.Kind.NOTICE: f"Your account at {site.name} was changed",
        }
        context = {
            "kind": self.kind,
            "detail": self.detail,
            "inviter": self.inviter.get_short_name() if self.inviter else site.name,
            "site_name": site.name,
            "role": recipient.get_role_display().lower(),
            "explanation": EXPLANATIONS.get(Role(recipient.role), "") if recipient.role else "",
            "url": absolute_url(self._link_for(recipient)),
            "reset_url": absolute_url(reverse("admin_password_reset")),
        }
        return OutgoingEmail(
            one_line(subjects[self.Kind(self.kind)]),
            render_to_string("accounts/account_email.txt", context),
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(self.email, recipient.name)],
            headers=self.email_headers,
        )

    def _link_for(self, user: User) -> str:
        if self.kind == self.Kind.NOTICE:
            return reverse("mfa_index")
        if self.kind == self.Kind.NEW_ADDRESS:
            token = signing.dumps([user.pk, user.email, self.email], salt=NEW_ADDRESS_SALT)
            return reverse("confirm_email", args=[token])
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        return reverse("set_password", args=[uid, default_token_generator.make_token(user)])


def delete_old_account_emails() -> int:
    """Delete the records of emails whose links have expired. Return how many were deleted."""
    before = timezone.now() - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return AccountEmail.objects.filter(created_at__lt=before).delete()[0]
