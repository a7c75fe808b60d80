"""Users of the admin, and the authors visitors read about."""

from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.db import models
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.roles import EXPLANATIONS, Role
from images.models import Image
from outbox.headers import format_mailbox, one_line
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from plaintext.slugs import UnicodeSlugField, slugify, unused_slug
from public_forms.ratelimit import client_ip
from redirects import services
from richtext.references import ReferenceSource
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

NEW_ADDRESS_SALT = "accounts.new_address"


class UserManager(BaseUserManager["User"]):
    """Create users, who sign in with their email address, ignoring case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user. Without a password, the user cannot sign in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an owner, who has all permissions."""
        return self.create_user(email, password, role=Role.OWNER, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this email address, ignoring case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account to sign in with. Visitors never see it."""

    email = models.EmailField(
        "email address", max_length=254, unique=True, help_text="Used to sign in. Visitors never see it."
    )
    name = models.CharField(max_length=120, blank=True, help_text="Shown in the admin's greeting.")
    is_staff = models.BooleanField(
        "can sign in to the admin",
        default=False,
        help_text="Groups and permissions decide what this user may do there.",
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Uncheck this instead of deleting the user, so that their content is kept."
    )
    role = models.CharField(
        max_length=20, choices=Role, blank=True, default="", help_text="What this person may do in the admin."
    )
    joined_at = models.DateTimeField("joined", default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            # Together with unique=True: Sam@example.org and sam@example.org are the same user.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="accounts_user_email_is_lower"),
            models.CheckConstraint(
                condition=models.Q(role="owner", is_superuser=True, is_staff=True)
                | (~models.Q(role="owner") & models.Q(is_superuser=False)),
                name="accounts_user_owner_is_superuser",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Convert the email address to lower case."""
        self.email = self.email.strip().lower()

    def set_role(self, role: str) -> None:
        """Give the user a role, without saving. Users need a role to sign in to the admin."""
        self.role = role
        self.is_superuser = role == Role.OWNER
        self.is_staff = bool(role)

    @property
    def is_only_owner(self) -> bool:
        """Whether this is the only user who can restore an owner's permissions."""
        others = User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=self.pk)
        return self.role == Role.OWNER and self.is_active and not others.exists()

    def get_short_name(self) -> str:
        """Return the name, or one derived from the email address."""
        return self.name or self.email.partition("@")[0].replace(".", " ").title()

    def get_full_name(self) -> str:
        """Return the same name as `get_short_name`."""
        return self.get_short_name()


class AuthorQuerySet(models.QuerySet["Author"]):
    """Find authors."""

    def site_author(self) -> "Author | None":
        """Return the author presented on every page: the first in the authors' order, with portrait."""
        return self.select_related("portrait").first()

    def get_or_create_for(self, user: User) -> "Author":
        """Return the author profile of `user`. Create one from the user's name if there is none."""
        name = user.get_short_name()
        stem = slugify(name, 110) or "author"
        slug = unused_slug(stem, lambda slug: self.filter(slug=slug).exclude(user=user).exists())
        return self.get_or_create(user=user, defaults={"name": name, "slug": slug})[0]


class Author(ReferenceSource):
    """A public profile of someone who writes posts. Guest authors have no user."""

    reference_fields = ("long_bio", "portrait")

    name = models.CharField(max_length=120, help_text="As visitors should see it.")
    slug = UnicodeSlugField(max_length=120, unique=True, help_text="The last part of the URL: /author/…/")
    user = models.OneToOneField(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        help_text="The user who writes under this name. Guest authors need none.",
    )
    credentials = models.CharField(max_length=80, blank=True, help_text="Shown after the name, such as “PT, DPT”.")
    job_title = models.CharField(max_length=120, blank=True, help_text="Such as “Physical therapist”.")
    portrait = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="authors",
        help_text="Shown below posts and on the author page.",
    )
    short_bio = models.TextField(blank=True, help_text="One or two sentences, shown in the sidebar and below posts.")
    long_bio = models.TextField(blank=True, help_text="Shown on the author page.")
    expertise = models.TextField(blank=True, help_text="Fields of expertise, one per line.")
    position = models.PositiveSmallIntegerField(
        "order", default=0, help_text="The author with the lowest number is shown in the sidebar."
    )

    objects = AuthorQuerySet.as_manager()

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the path of the author page."""
        return reverse("blog:author", args=[self.slug])

    def save(self, **kwargs: Any) -> None:
        """Save the author and redirect the old URL if the slug has changed."""
        with services.track_path_change(self):
            super().save(**kwargs)

    def anonymize(self) -> None:
        """Remove what identifies the person. Posts keep the profile, under a name that says nothing."""
        self.qualifications.all().delete()
        self.links.all().delete()
        blank = dict.fromkeys(("credentials", "job_title", "short_bio", "long_bio", "expertise"), "")
        for name, value in {**blank, "name": "Former author", "portrait": None, "user": None}.items():
            setattr(self, name, value)
        self.save()
        # Not through save(), which would redirect from the old URL and so keep the name.
        Author.objects.filter(pk=self.pk).update(slug=f"former-author-{self.pk}")

    @property
    def name_with_credentials(self) -> str:
        """Return the name with credentials, such as "Sam Example, PT, DPT"."""
        return f"{self.name}, {self.credentials}" if self.credentials else self.name

    @property
    def has_profile(self) -> bool:
        """Whether there is more to show than a name: a portrait or a short bio."""
        return bool(self.short_bio.strip() or self.portrait_id)

    @property
    def expertise_list(self) -> list[str]:
        """Return the lines of `expertise` that are not empty."""
        return [line.strip() for line in self.expertise.splitlines() if line.strip()]


class Qualification(models.Model):
    """A license, degree or certificate, shown on the author page."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="qualifications")
    name = models.CharField(max_length=160, help_text="Such as “Doctor of Physical Therapy”.")
    issuer = models.CharField(max_length=160, blank=True, help_text="The school or board that awarded it.")
    year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The year it was awarded, such as 2015.")

    class Meta:
        ordering = ("-year", "name")

    def __str__(self) -> str:
        return self.name


class ProfileLink(models.Model):
    """A page about the author on another site, such as a license register, university or social profile."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="links")
    label = models.CharField(max_length=80, help_text="The text of the link.")
    url = models.URLField("URL", help_text="The full URL, starting with https://")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.label


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
