"""Sender details, automation, rate limits and safety limits of the newsletter."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q

from newsletter.models.announced_posts import AnnouncedPost
from newsletter.models.subscribers import Topic
from outbox.headers import validate_deliverable
from siteinfo.singletons import Singleton


class NewsletterSettings(Singleton):
    """The newsletter's settings, a single row. Campaigns being sent apply changes with their next batch."""

    class UncertainPolicy(models.TextChoices):
        """What to do with an email that may or may not have been sent."""

        RESEND = "resend", "Send it again: a subscriber may get it twice"
        HOLD = "hold", "Wait for your decision: a subscriber may not get it until then"

    class PostContent(models.TextChoices):
        """How much of a post its email contains."""

        FULL = "full", "The whole post"
        SUMMARY = "summary", "A short summary with a link to the post"

    class Weekday(models.IntegerChoices):
        """The days of the week, numbered as in `date.weekday()`."""

        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    from_name = models.CharField(
        "from name", max_length=120, blank=True, help_text="The sender name subscribers see. Defaults to the site name."
    )
    from_email = models.EmailField(
        "from email address",
        blank=True,
        validators=[validate_deliverable],
        help_text="An email address at your own domain that your email provider has verified.",
    )
    reply_to = models.EmailField(
        "reply-to email address",
        blank=True,
        validators=[validate_deliverable],
        help_text="An email address you read. Subscribers do reply to newsletters.",
    )
    postal_address = models.TextField(
        blank=True,
        max_length=400,
        help_text="Shown at the end of every email, as the law requires in many countries. A PO box is fine. "
        "You cannot send campaigns without it.",
    )
    list_id = models.CharField(
        "list ID",
        max_length=120,
        blank=True,
        help_text="Lets mail clients filter your emails, such as newsletter.example.com. Don't change it later.",
    )
    imprint_url = models.URLField(
        "imprint URL",
        blank=True,
        help_text="Fill this in if your country requires a link to your imprint in every email.",
    )
    welcome_text = models.TextField(
        blank=True,
        max_length=4000,
        help_text="Text of the welcome email sent after someone confirms. Blank lines start new paragraphs. A button "
        "to the preferences page follows. Leave empty for a short default text.",
    )
    is_automation_enabled = models.BooleanField(
        "email every new post to the list",
        default=False,
        help_text="Ten minutes after a post is first published, it goes out to everyone who wants each post. Until "
        "then you can cancel the email under Campaigns. Subscribers who chose a weekly email get the week's posts "
        "together. Posts that are already public are not sent.",
    )
    post_topic = models.ForeignKey(
        Topic,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="topic of new posts",
        help_text="Emails about new posts go to subscribers of this topic. Defaults to the first topic.",
    )
    post_content = models.CharField(
        "emails about posts contain",
        max_length=7,
        choices=PostContent,
        default=PostContent.FULL,
        help_text="The whole post is more convenient for readers. A summary brings them to your site.",
    )
    digest_weekday = models.PositiveSmallIntegerField(
        "day of the weekly email",
        choices=Weekday,
        default=Weekday.SUNDAY,
        help_text="Weeks without a new post are skipped.",
    )
    digest_hour = models.PositiveSmallIntegerField(
        "hour of the weekly email",
        default=9,
        validators=[MaxValueValidator(23)],
        help_text="From 0 to 23, in the site's time zone.",
    )
    max_per_second = models.PositiveIntegerField(
        "emails per second", null=True, blank=True, help_text="Your email provider's limit. Leave empty for no limit."
    )
    max_per_hour = models.PositiveIntegerField(
        "emails per hour", null=True, blank=True, help_text="Your email provider's limit. Leave empty for no limit."
    )
    max_per_day = models.PositiveIntegerField(
        "emails per day", null=True, blank=True, help_text="Your email provider's limit. Leave empty for no limit."
    )
    connections = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="Number of emails each worker sends at the same time.",
    )
    batch_size = models.PositiveSmallIntegerField(
        default=1000,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Emails per batch. Pausing takes effect after the current batch.",
    )
    uncertain_policy = models.CharField(
        "if an email may or may not have been sent",
        max_length=8,
        choices=UncertainPolicy,
        default=UncertainPolicy.RESEND,
        help_text="After a crash this can affect one email per connection.",
    )
    pause_error_percent = models.DecimalField(
        "pause at this error rate (%)",
        max_digits=4,
        decimal_places=1,
        default=10,
        validators=[MaxValueValidator(100)],
        help_text="A campaign pauses when more of its emails than this are rejected.",
    )
    pause_complaint_percent = models.DecimalField(
        "pause at this complaint rate (%)",
        max_digits=4,
        decimal_places=2,
        default=0.3,
        validators=[MaxValueValidator(99)],
        help_text="Email providers block senders above 0.3%. Well-maintained lists stay below 0.1%.",
    )
    max_signups_per_hour = models.PositiveIntegerField(
        "sign-ups per hour",
        default=200,
        validators=[MinValueValidator(1)],
        help_text="More than this usually means a bot. Sign-up then pauses until the next hour, and the dashboard "
        "shows a notice.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "newsletter settings"

    def __str__(self) -> str:
        return "Newsletter settings"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the settings. Turning automation on excludes the posts that are already public."""
        with transaction.atomic():
            if self.is_automation_enabled and not self._is_automation_saved():
                AnnouncedPost.objects.skip_existing()
            super().save(*args, **kwargs)

    def _is_automation_saved(self) -> bool:
        return NewsletterSettings.objects.filter(is_automation_enabled=True).exists()

    def get_post_topic(self) -> Topic:
        """Return the topic whose subscribers get new posts. Create the site's first topic if there is none."""
        return self.post_topic or Topic.objects.first() or Topic.objects.for_new_subscribers()[0]

    def rate_limits(self) -> dict[str, int]:
        """Return the maximum number of emails for each period ("second", "hour", "day") that has a limit."""
        limits = {"second": self.max_per_second, "hour": self.max_per_hour, "day": self.max_per_day}
        return {period: limit for period, limit in limits.items() if limit is not None}


class SendWindow(models.Model):
    """Number of emails sent in one second, hour or day. Stored, so that limits survive a restart."""

    class Period(models.TextChoices):
        """The length of a window."""

        SECOND = "second", "Second"
        HOUR = "hour", "Hour"
        DAY = "day", "Day"

    newsletter_settings = models.ForeignKey(NewsletterSettings, on_delete=models.CASCADE, related_name="send_windows")
    period = models.CharField(max_length=6, choices=Period)
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("newsletter_settings", "period", "starts_at"), name="newsletter_sendwindow_once"
            ),
            models.CheckConstraint(
                condition=Q(period__in=("second", "hour", "day")), name="newsletter_sendwindow_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} from {self.starts_at}: {self.count}"
