"""The weekly email to the people who write: who gets it, and that each week's is sent once."""

from django.conf import settings
from django.db import models

from accounts.models import User
from outbox.headers import format_mailbox
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo


class WeeklyEmailSetting(models.Model):
    """Whether a user wants the weekly email. Without a row, a user who may see reports gets it."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="weekly_email_setting", help_text="Who the setting is about."
    )
    is_on = models.BooleanField(default=True, help_text="Whether the email is sent.")

    def __str__(self) -> str:
        return f"{self.user}: {'on' if self.is_on else 'off'}"


class WeeklyEmail(QueuedEmail):
    """The email of a week to a user. The row makes sure that there is only one."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="weekly_emails", help_text="Who gets the email."
    )
    monday = models.DateField(help_text="The first day of the week in which it is sent.")
    subject = models.CharField(max_length=200, blank=True, help_text="Its subject.")
    body = models.TextField(blank=True, help_text="Its text. Empty: there was nothing to say, so nothing was sent.")

    objects = QueuedEmailQuerySet["WeeklyEmail"].as_manager()

    class Meta:
        """One email per user and week."""

        verbose_name = "weekly email"
        indexes = [models.Index(fields=("next_attempt_at",), name="analytics_weeklyemail_due")]
        constraints = [
            models.UniqueConstraint("user", "monday", name="analytics_weeklyemail_once"),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(next_attempt_at__isnull=True),
                name="analytics_weeklyemail_sent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Weekly email of {self.monday}"

    def build_email(self) -> OutgoingEmail | None:
        """Return the email, or None if the user has turned it off or left since."""
        is_off = WeeklyEmailSetting.objects.filter(user=self.user, is_on=False).exists()
        if is_off or not self.body or not (self.user.is_active and self.user.is_staff):
            return None
        sender = format_mailbox(settings.DEFAULT_FROM_EMAIL, SiteInfo.load().name)
        recipient = format_mailbox(self.user.email)
        return OutgoingEmail(self.subject, self.body, sender, [recipient], headers=self.email_headers)
