"""The public profiles of people who write and review texts."""

from typing import Any

from django.db import models
from django.urls import reverse

from accounts.models.users import User
from images.models import Image
from plaintext.slugs import UnicodeSlugField, slugify, unused_slug
from redirects import services
from richtext.references import ReferenceSource


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
    """A public profile of someone who writes or reviews texts. Guests have no user."""

    reference_fields = ("long_bio", "portrait")

    name = models.CharField(max_length=120, help_text="As visitors should see it.")
    slug = UnicodeSlugField(max_length=120, unique=True, help_text="The last part of the URL: /author/…/")
    user = models.OneToOneField(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        help_text="The user who writes or reviews under this name. Guests need none.",
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
    competing_interests = models.CharField(
        max_length=300,
        blank=True,
        help_text="Shown next to the name in posts, such as “Gives paid talks for a maker of running shoes.” "
        "Write “None” if there are none. Leave empty to say nothing.",
    )
    position = models.PositiveSmallIntegerField(
        "order", default=0, help_text="The author with the lowest number is shown in the sidebar."
    )

    objects = AuthorQuerySet.as_manager()

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "authors and reviewers"

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
        names = ("credentials", "job_title", "short_bio", "long_bio", "expertise", "competing_interests")
        blank = dict.fromkeys(names, "")
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
    def declares_no_interests(self) -> bool:
        """Whether the profile says that there are no competing interests."""
        return self.competing_interests.strip().rstrip(".").casefold() in {"none", "none declared", "no", "n/a"}

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
