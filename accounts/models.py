"""People: who signs in (User), and who readers see as the writer of a post (Author)."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from images.models import Image
from redirects import services
from richtext.references import ReferenceSource


class UserManager(BaseUserManager["User"]):
    """Makes accounts whose e-mail address is the name they sign in with, whatever its capitals."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new account; without a password nobody can sign in to it."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new account that may do everything: the owner's."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of an e-mail address, typed in any capitals."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account. Signs in by e-mail address; never shown to readers."""

    email = models.EmailField(
        "e-mail address", max_length=254, unique=True, help_text="What this person signs in with. Readers never see it."
    )
    name = models.CharField(max_length=120, blank=True, help_text="How the writing desk greets this person.")
    is_staff = models.BooleanField(
        "may use the writing desk", default=False, help_text="Without it, this person cannot sign in here."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Switch off instead of deleting: the person's work stays."
    )
    joined_at = models.DateTimeField("joined", default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            # With unique=True this makes Sam@ and sam@ one person.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="accounts_user_email_is_lower")
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0].replace(".", " ").title()

    def get_full_name(self) -> str:
        return self.get_short_name()


class AuthorQuerySet(models.QuerySet["Author"]):
    """Which authors to show where."""

    def for_frame(self) -> "Author | None":
        """The one whom the frame introduces: first in the author's own order. One query."""
        return self.select_related("photo").first()

    def of(self, user: User) -> "Author":
        """The profile that `user` writes under, made from the account's name if there is none."""
        name = user.get_short_name()
        stem = slugify(name, allow_unicode=True) or "author"
        slug, number = stem, 1
        while self.filter(slug=slug).exclude(user=user).exists():
            number += 1
            slug = f"{stem}-{number}"
        return self.get_or_create(user=user, defaults={"name": name, "slug": slug})[0]


class Author(ReferenceSource):
    """Who readers see as the writer: a profile, with or without an account behind it."""

    reference_fields = ("long_bio", "photo")

    name = models.CharField(max_length=120, help_text="As readers should see it.")
    slug = models.SlugField(
        "address", max_length=120, unique=True, allow_unicode=True, help_text="The end of /author/…/"
    )
    user = models.OneToOneField(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        help_text="The account that writes under this name. Guest authors need none.",
    )
    credentials = models.CharField(max_length=80, blank=True, help_text="Letters after the name, such as “PT, DPT”.")
    job_title = models.CharField(max_length=120, blank=True, help_text="Such as “Physical therapist”.")
    photo = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="authors",
        help_text="A portrait: beside the posts and on the author page.",
    )
    short_bio = models.TextField(blank=True, help_text="One or two sentences: sidebar and below posts.")
    long_bio = models.TextField(blank=True, help_text="The author page.")
    expertise = models.TextField(blank=True, help_text="What you know best, one topic a line.")
    position = models.PositiveSmallIntegerField(
        "order", default=0, help_text="The lowest number is introduced in the sidebar."
    )

    objects = AuthorQuerySet.as_manager()

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("blog:author", args=[self.slug])

    def save(self, **kwargs: Any) -> None:
        """Save it; readers of a former address are led to the new one."""
        with services.track_path_change(self):
            super().save(**kwargs)

    @property
    def name_with_credentials(self) -> str:
        """Such as “Sam Example, PT, DPT”."""
        return f"{self.name}, {self.credentials}" if self.credentials else self.name

    @property
    def expertise_list(self) -> list[str]:
        """The topics of `expertise`, without empty lines."""
        return [line.strip() for line in self.expertise.splitlines() if line.strip()]


class Qualification(models.Model):
    """A licence, degree or certificate of an author, shown on the author page."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="qualifications")
    name = models.CharField(max_length=160, help_text="Such as “Doctor of Physical Therapy”.")
    issuer = models.CharField(max_length=160, blank=True, help_text="The school or board that gave it.")
    year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="When you got it, four digits.")

    class Meta:
        ordering = ("-year", "name")

    def __str__(self) -> str:
        return self.name


class ProfileLink(models.Model):
    """A page elsewhere that is about this author: a register, a university, a social profile."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="links")
    label = models.CharField(max_length=80, help_text="The words of the link.")
    url = models.URLField("address", help_text="The full address, starting with https://")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.label
