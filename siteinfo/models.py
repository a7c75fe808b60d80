"""The site information that the author edits, and the site's social profiles."""

from collections.abc import Collection
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.functional import cached_property

from siteinfo import colors
from siteinfo.singletons import Singleton

COLOR_FIELDS = ("main_color", "accent_color")
_validate_color = RegexValidator(r"^#[0-9a-f]{6}\Z", "Enter a color as # and six digits, such as #2c6655.")


def validate_time_zone(name: str) -> None:
    """Refuse the name of a time zone that this machine does not know."""
    if name not in available_timezones():
        raise ValidationError("Choose a time zone from the list, such as America/Chicago.")


class SiteInfo(Singleton):
    """Texts and choices that apply to the whole site."""

    class Publisher(models.TextChoices):
        """Who search engines should name as the site's publisher."""

        PERSON = "person", "Me: the author shown in the sidebar"
        PRACTICE = "practice", "A practice or organization with the site's name"

    class FeedContent(models.TextChoices):
        """How much of a post feed readers get."""

        FULL = "full", "The whole post"
        SUMMARY = "summary", "A summary with a link to the post"

    class DateFormat(models.TextChoices):
        """How dates look."""

        MONTH_FIRST = "month-first", "November 30, 2026"
        DAY_FIRST = "day-first", "30 November 2026"
        SHORT_DAY_FIRST = "short-day-first", "30 Nov 2026"
        ISO = "iso", "2026-11-30"

    name = models.CharField(
        "site name",
        max_length=80,
        default="My practice blog",
        help_text="Shown at the top of every page and in search results.",
    )
    tagline = models.CharField(max_length=160, blank=True, help_text="One line shown under the name.")
    description = models.CharField(
        max_length=160,
        blank=True,
        help_text="One sentence for search engines. Search results show it under the home page.",
    )
    email = models.EmailField("public email", blank=True, help_text="Shown to visitors as a contact link.")
    hero_title = models.CharField(
        "hero heading",
        max_length=120,
        blank=True,
        help_text="The large heading of the home page. Put *asterisks* around words to make them green.",
    )
    hero_text = models.TextField(blank=True, help_text="One or two sentences under the heading.")
    help_line = models.TextField(
        "when to get help now",
        blank=True,
        help_text="One or two sentences near the top of the home page for readers who need care today. "
        "A link to your full disclaimers follows.",
    )
    booking_url = models.URLField(
        "page to book a call",
        blank=True,
        validators=[RegexValidator("^https://", "Enter a URL that starts with https://.")],
        help_text="Your page at a booking service. The services and contact pages link to it, and search engines learn "
        "about it. Nothing is loaded from it before a visitor follows the link.",
    )
    signup_paragraph = models.PositiveSmallIntegerField(
        "sign-up form within posts",
        default=0,
        help_text="The newsletter's form is also shown after this paragraph of a post, such as 8, or at the next place "
        "between two paragraphs or before a heading. Posts that end before it show it at their end only. 0 for none.",
    )
    footer_note = models.TextField(blank=True, help_text="A line in small print at the end of every page.")
    published_by = models.CharField(
        max_length=10,
        choices=Publisher,
        default=Publisher.PERSON,
        help_text="The publisher that search engines see.",
    )
    feed_content = models.CharField(
        max_length=10,
        choices=FeedContent,
        default=FeedContent.FULL,
        help_text="What feed readers show to people who follow your posts. Readers prefer the whole post; a summary "
        "brings them to your site.",
    )
    hides_from_search = models.BooleanField(
        "hide the site from search engines",
        default=False,
        help_text="For a site that is not ready yet. Anyone with the URL can still read it. "
        "After you uncheck this, it may take search engines a few days to list the site.",
    )
    uses_indexnow = models.BooleanField(
        "tell search engines about changes",
        default=False,
        help_text="Sends the URLs of new, changed and withdrawn posts and pages to IndexNow, a service of Bing, "
        "Yandex and others, within minutes. Google does not take part. Nothing about visitors is sent.",
    )
    disallow_ai_training = models.BooleanField(
        "ask AI companies not to train on the site",
        default=False,
        help_text="Asks crawlers that collect training data to skip your site. Reputable ones comply. "
        "Search results are not affected.",
    )
    disallow_ai_answers = models.BooleanField(
        "ask AI assistants not to read the site",
        default=False,
        help_text="Asks chat assistants and answer engines not to read your posts for their users. "
        "They will not cite or link to you either.",
    )

    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text="Where you live or work. Days begin at its midnight, and times in the admin, on pages and in emails "
        "are those of its clocks. Posts that are scheduled keep their moment when you change it.",
    )
    date_format = models.CharField(
        max_length=20,
        blank=True,
        choices=DateFormat,
        help_text="How dates look on pages, in emails and in the admin.",
    )

    # Written by `affiliates.site_statements`, so that rendering a page needs no query for them.
    statements = models.TextField(blank=True, editable=False, help_text="Footer statements, one per line.")
    has_shop = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "site information"

    def __str__(self) -> str:
        return self.name

    @property
    def booking_host(self) -> str:
        """The host of the page to book a call, to tell visitors where the link leads."""
        return (urlsplit(self.booking_url).hostname or "").removeprefix("www.")

    @cached_property
    def profiles(self) -> list["SocialLink"]:
        """Return the site's social profiles in order, fetched once per instance."""
        return list(self.social_links.all()) if self.pk else []


class SocialLink(models.Model):
    """A social profile, shown in the top bar, the sidebar and the footer."""

    class Network(models.TextChoices):
        """Networks with an icon."""

        INSTAGRAM = "instagram", "Instagram"
        PINTEREST = "pinterest", "Pinterest"
        FACEBOOK = "facebook", "Facebook"
        X = "x", "X"
        LINKEDIN = "linkedin", "LinkedIn"
        OTHER = "link", "Other"

    site = models.ForeignKey(SiteInfo, on_delete=models.CASCADE, related_name="social_links")
    network = models.CharField(max_length=20, choices=Network, help_text="Determines the icon.")
    url = models.URLField("URL", help_text="The full URL of your profile, starting with https://")
    name = models.CharField(
        max_length=60,
        blank=True,
        help_text="What screen readers read, such as Podcast. Leave empty for the network's name.",
    )
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        # “Other” means nothing without the icon, which screen readers do not show.
        network = urlsplit(self.url).hostname if self.network == self.Network.OTHER else self.get_network_display()
        return self.name or str(network or self.get_network_display())


class Appearance(Singleton):
    """The colors and fonts of public pages."""

    class Fonts(models.TextChoices):
        """Pairs of the fonts that come with the product: one for titles, one for text."""

        BOTH = "both", "Newsreader for titles, Figtree for text"
        SANS = "sans", "Figtree for everything"
        SERIF = "serif", "Newsreader for everything"

    class Covers(models.TextChoices):
        """What lists show beside a post without an image."""

        NONE = "none", "Only its text"
        DRAWN = "drawn", "A cover drawn in the site's colors"

    main_color = models.CharField(
        max_length=7,
        blank=True,
        validators=[_validate_color],
        help_text="For links, buttons and the band at the top, such as #2c6655. Leave empty for the design's green. "
        "Dark mode shows a lighter shade of it.",
    )
    accent_color = models.CharField(
        max_length=7,
        blank=True,
        validators=[_validate_color],
        help_text="For small touches and the ring around what has the focus, such as #a34c29. Leave empty for the "
        "design's clay.",
    )
    fonts = models.CharField(
        max_length=10,
        choices=Fonts,
        default=Fonts.BOTH,
        help_text="All are stored on your site, so no other company learns who reads it.",
    )
    covers = models.CharField(
        "posts without an image",
        max_length=10,
        choices=Covers,
        default=Covers.NONE,
        help_text="What lists and cards show of them. A cover has the same colors for all posts of a category, and "
        "each post has its own shape.",
    )
    has_drawings = models.BooleanField(
        "drawings of the design",
        default=False,
        help_text="The mark beside the site's name, and the drawings on the home page, in the newsletter box and on "
        "missing pages. They show physical therapy.",
    )

    class Meta:
        verbose_name = "colors and fonts"

    def __str__(self) -> str:
        return "Colors and fonts"

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Accept capital letters in colors, and reject colors that are hard to read, with the nearest that passes."""
        self.main_color, self.accent_color = self.main_color.strip().lower(), self.accent_color.strip().lower()
        super().clean_fields(exclude)
        errors = {name: problem for name in COLOR_FIELDS if (problem := _problem(getattr(self, name)))}
        if errors:
            raise ValidationError(errors)

    def tokens(self) -> dict[str, tuple[str, str]]:
        """Return the colors that differ from the design, for light and dark mode, by the name of their token."""
        return colors.tokens(self.main_color, self.accent_color)

    def families(self) -> dict[str, str]:
        """Return the fonts that differ from the design, by the name of their token."""
        families = {self.Fonts.SANS.value: {"serif": "var(--sans)"}, self.Fonts.SERIF.value: {"sans": "var(--serif)"}}
        return families.get(self.fonts, {})

    def contrasts(self) -> dict[str, tuple[float, float]]:
        """Return the lowest contrast of each chosen color, in light and in dark mode."""
        return {name: colors.contrasts(color) for name in COLOR_FIELDS if (color := getattr(self, name))}

    def stylesheet(self) -> str:
        """Return the style sheet with what differs from the design."""
        return colors.stylesheet(self.tokens(), self.families())


def _problem(color: str) -> str:
    """Return why `color` cannot be read well, or ""."""
    if not color:
        return ""
    grounds = colors.light_grounds(color)
    ratio = colors.lowest_contrast(color, grounds)
    if ratio >= colors.MIN_CONTRAST:
        return ""
    nearest = colors.nearest_readable(color, grounds, "#000000")
    return (
        f"Text in {color} is hard to read: its contrast with the backgrounds is {ratio:.1f}, and 4.5 is the least. "
        f"The nearest shade that passes is {nearest}."
    )
