"""Who this site is: one row of facts that the author edits, and the social profiles shown in its frame."""

from django.db import models
from solo.models import SingletonModel


class SiteInfo(SingletonModel):
    """The facts that every page shows. HTML fields hold prose's strict subset."""

    name = models.CharField(
        "site name",
        max_length=80,
        default="My practice blog",
        help_text="At the top of every page and in search results.",
    )
    tagline = models.CharField(max_length=160, blank=True, help_text="One line under the name.")
    description = models.CharField(
        max_length=160, blank=True, help_text="One sentence for search engines, shown for the home page."
    )
    email = models.EmailField("public e-mail address", blank=True, help_text="Shown as a contact link.")
    hero_title = models.CharField(
        max_length=120,
        blank=True,
        help_text="The large words of the home page. Put *stars* round words in green.",
    )
    hero_text = models.TextField(blank=True, help_text="One or two sentences under the large words.")
    disclaimer = models.TextField(
        blank=True,
        help_text="The short medical disclaimer shown at the top of every post. Edit it once, here.",
    )
    disclaimer_long = models.TextField("disclaimers in full", blank=True, help_text="The page behind the short one.")
    privacy = models.TextField("privacy policy", blank=True, help_text="What you keep about readers, and why.")
    terms = models.TextField("terms of use", blank=True, help_text="What readers may do with your texts and pictures.")
    editorial_policy = models.TextField(blank=True, help_text="How posts are written, sourced, reviewed and corrected.")
    footer_note = models.TextField(blank=True, help_text="A small line at the very end of every page.")

    class Meta:
        verbose_name = "site information"

    def __str__(self) -> str:
        return self.name


class SocialLink(models.Model):
    """A profile elsewhere: shown in the top bar, the sidebar and the footer."""

    class Network(models.TextChoices):
        INSTAGRAM = "instagram", "Instagram"
        PINTEREST = "pinterest", "Pinterest"
        FACEBOOK = "facebook", "Facebook"
        X = "x", "X"
        LINKEDIN = "linkedin", "LinkedIn"
        OTHER = "link", "Other"

    site = models.ForeignKey(SiteInfo, on_delete=models.CASCADE, related_name="social_links")
    network = models.CharField(max_length=20, choices=Network, help_text="Decides which sign is shown.")
    url = models.URLField("address", help_text="The full address of the profile, starting with https://")
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.get_network_display()
