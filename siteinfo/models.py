"""Who this site is: one row of facts that the author edits, and the social profiles shown in its frame."""

from django.db import models
from solo.models import SingletonModel


class SiteInfo(SingletonModel):
    """The facts that every page shows."""

    class Publisher(models.TextChoices):
        PERSON = "person", "Me: the author whom the sidebar introduces"
        PRACTICE = "practice", "A practice or another organisation with the site's name"

    class FeedContent(models.TextChoices):
        FULL = "full", "The whole post"
        SUMMARY = "summary", "A short summary with a link to the post"

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
    help_line = models.TextField(
        "when to get help now",
        blank=True,
        help_text="One or two sentences near the top of the home page, for readers who should see somebody today "
        "instead of reading on. Your full disclaimers are linked behind it.",
    )
    disclaimer = models.TextField(
        blank=True,
        help_text="The short medical disclaimer shown at the top of every post. Edit it once, here.",
    )
    footer_note = models.TextField(blank=True, help_text="A small line at the very end of every page.")
    published_by = models.CharField(
        max_length=10,
        choices=Publisher,
        default=Publisher.PERSON,
        help_text="Whom search engines name as the one behind this site.",
    )
    feeds_carry = models.CharField(
        "feeds carry",
        max_length=10,
        choices=FeedContent,
        default=FeedContent.FULL,
        help_text="What people get who follow your posts in a feed reader. The whole post is kinder to them; "
        "a summary brings them to your site.",
    )
    hides_from_search = models.BooleanField(
        "ask search engines to stay away",
        default=False,
        help_text="For a site that is not ready. Everybody who knows the address can still read it. "
        "Untick it when you open: search engines take some days to come back.",
    )
    refuses_ai_training = models.BooleanField(
        "ask AI companies not to train on the site",
        default=False,
        help_text="Asks the collectors of training texts to leave your posts alone. Polite ones obey. "
        "Search results are not touched.",
    )
    refuses_ai_answers = models.BooleanField(
        "ask AI assistants not to read the site",
        default=False,
        help_text="Asks chat assistants and answer engines not to look your posts up for their users. "
        "They would then not name or link you either.",
    )

    # What others oblige the site to say at its foot, a sentence a line: kept by the rooms that know why.
    statements = models.TextField(blank=True, editable=False)
    has_shop = models.BooleanField(default=False, editable=False)

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
