"""From whom campaigns come, how fast they may go out, and what stops them."""

from datetime import timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from newsletter.models.announced_posts import AnnouncedPost
from newsletter.models.subscribers import Topic
from outbox.headers import validate_deliverable
from siteinfo.singletons import Singleton

# A worker that is there looks every few seconds.
WORKER_SILENT = timedelta(minutes=3)


class NewsletterSettings(Singleton):
    """One row. Campaigns under way heed changes with their next chunk."""

    class Uncertain(models.TextChoices):
        RESEND = "resend", "Send it again: somebody may get two"
        HOLD = "hold", "Hold it back: somebody may get none until you decide"

    class PostContent(models.TextChoices):
        FULL = "full", "The whole post"
        SUMMARY = "summary", "A short summary with a link to the post"

    class Weekday(models.IntegerChoices):
        """As `date.weekday()` counts."""

        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    from_name = models.CharField(
        "name", max_length=120, blank=True, help_text="Whom mails come from. Left empty, it is the site's name."
    )
    from_email = models.EmailField(
        "from",
        blank=True,
        validators=[validate_deliverable],
        help_text="An address at your own domain, which your mail provider has verified.",
    )
    reply_to = models.EmailField(
        "answers go to",
        blank=True,
        validators=[validate_deliverable],
        help_text="An address that you read. People do answer newsletters.",
    )
    postal_address = models.TextField(
        blank=True,
        max_length=400,
        help_text="Stands at the end of every mail, as the law in many countries demands. A post office box will do. "
        "Without it nothing is sent.",
    )
    list_id = models.CharField(
        "name of the list",
        max_length=120,
        blank=True,
        help_text="For mail programs that sort by list, such as newsletter.example.com. Choose it once, and leave it.",
    )
    imprint_url = models.URLField(
        "imprint",
        blank=True,
        help_text="The address of your imprint, where your country wants a link to one in every mail. Empty: no link.",
    )
    welcome = models.TextField(
        "words of welcome",
        blank=True,
        max_length=4000,
        help_text="What whoever has confirmed reads in the first mail; an empty line begins a new paragraph. "
        "Below it stands a button to choose what they get. Left empty, two friendly lines stand there.",
    )
    mails_new_posts = models.BooleanField(
        "mail new posts by themselves",
        default=False,
        help_text="Ten minutes after a post goes live for the first time, it goes out to those who want each post; "
        "until then you can cancel that mail among your campaigns. Who wants one mail a week gets the week's posts "
        "together. What is public already is not mailed.",
    )
    post_topic = models.ForeignKey(
        Topic,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="topic of new posts",
        help_text="Such mails go to those who want this topic. Left empty, it is the first one.",
    )
    posts_carry = models.CharField(
        "mails about posts carry",
        max_length=7,
        choices=PostContent,
        default=PostContent.FULL,
        help_text="The whole post is kinder to readers; a summary brings them to your site.",
    )
    digest_weekday = models.PositiveSmallIntegerField(
        "weekly mail goes out on",
        choices=Weekday,
        default=Weekday.SUNDAY,
        help_text="In a week without a new post there is none.",
    )
    digest_hour = models.PositiveSmallIntegerField(
        "at (hour)",
        default=9,
        validators=[MaxValueValidator(23)],
        help_text="From 0 to 23, by the site's clock.",
    )
    per_second = models.PositiveIntegerField(
        "mails a second", null=True, blank=True, help_text="The most that your provider takes. Empty: no limit."
    )
    per_hour = models.PositiveIntegerField(
        "mails an hour", null=True, blank=True, help_text="The most that your provider takes. Empty: no limit."
    )
    per_day = models.PositiveIntegerField(
        "mails a day", null=True, blank=True, help_text="The most that your provider takes. Empty: no limit."
    )
    connections = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="How many mails are under way at once, for each worker.",
    )
    chunk = models.PositiveSmallIntegerField(
        "mails taken at a time",
        default=250,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="A worker takes this many in one go. A pause is heeded after them at the latest.",
    )
    uncertain = models.CharField(
        "a mail that may or may not have gone out",
        max_length=8,
        choices=Uncertain,
        default=Uncertain.RESEND,
        help_text="After a crash there can be one such mail for each connection.",
    )
    pause_error_share = models.DecimalField(
        "pause at so many errors (%)",
        max_digits=4,
        decimal_places=1,
        default=10,
        validators=[MaxValueValidator(100)],
        help_text="A campaign stops by itself and waits for you when more mails than this are refused.",
    )
    pause_complaint_share = models.DecimalField(
        "pause at so many complaints (%)",
        max_digits=4,
        decimal_places=2,
        default=0.3,
        validators=[MaxValueValidator(99)],
        help_text="Mail providers block senders above 0.3 %. Well-kept lists stay below 0.1 %.",
    )
    joins_per_hour = models.PositiveIntegerField(
        "sign-ups an hour",
        default=200,
        validators=[MinValueValidator(1)],
        help_text="When more come than this, a robot is at work: sign-up rests until the next hour, and the desk's "
        "start page says so.",
    )

    # When a worker looked for something to send last, to about half a minute.
    worker_seen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "newsletter settings"

    def __str__(self) -> str:
        return "Newsletter settings"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it. When automatic mails are switched on, all posts that are public then are old news."""
        with transaction.atomic():
            if self.mails_new_posts and not NewsletterSettings.objects.filter(mails_new_posts=True).exists():
                AnnouncedPost.objects.note_old()
            super().save(*args, **kwargs)

    def topic_of_posts(self) -> Topic:
        """The topic whose readers get new posts; a site that has none gets its first one here."""
        return self.post_topic or Topic.objects.first() or Topic.objects.for_newcomers()[0]

    def note_worker(self) -> None:
        """Keep that a worker is there; rarely, so that workers without work write next to nothing."""
        now = timezone.now()
        if self.pk and (self.worker_seen_at is None or now - self.worker_seen_at > timedelta(seconds=30)):
            NewsletterSettings.objects.filter(pk=self.pk).update(worker_seen_at=now)

    def limits(self) -> dict[str, int]:
        """The limits that are set, by span."""
        limits: dict[str, Any] = {"second": self.per_second, "hour": self.per_hour, "day": self.per_day}
        return {span: most for span, most in limits.items() if most is not None}


class SendWindow(models.Model):
    """How many mails went out in a second, an hour or a day, so that limits outlive a restart."""

    class Span(models.TextChoices):
        SECOND = "second", "Second"
        HOUR = "hour", "Hour"
        DAY = "day", "Day"

    profile = models.ForeignKey(NewsletterSettings, on_delete=models.CASCADE, related_name="windows")
    span = models.CharField(max_length=6, choices=Span)
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("profile", "span", "starts_at"), name="newsletter_sendwindow_once"),
            models.CheckConstraint(condition=Q(span__in=("second", "hour", "day")), name="newsletter_sendwindow_span"),
        ]

    def __str__(self) -> str:
        return f"{self.span} from {self.starts_at}: {self.count}"
