"""Emails to the owners about broken links."""

from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from outbox.headers import format_mailbox
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


class BrokenLinksEmail(QueuedEmail):
    """The email of a day. Its links stay assigned to it until they work again, so no other email reports them."""

    day = models.DateField(unique=True, editable=False)

    objects = QueuedEmailQuerySet["BrokenLinksEmail"].as_manager()

    class Meta:
        """The index of due emails, and the constraint on sent ones."""

        verbose_name = "broken links email"
        indexes = [models.Index(fields=("next_attempt_at",), name="affiliates_brokenlinks_due")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(next_attempt_at__isnull=True),
                name="affiliates_brokenlinks_sent_once",
            )
        ]

    def __str__(self) -> str:
        """Return the day."""
        return f"Broken links on {self.day}"

    def build_email(self) -> OutgoingEmail | None:
        """Return the email to the owners, or None once all its links work again."""
        links = list(self.links.broken().order_by("name", "pk"))
        owners = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").values_list("email", flat=True)
        if not (links and owners):
            return None
        site = SiteInfo.load()
        admin_list_url = absolute_url(reverse("admin:affiliates_link_changelist", query={"show": "broken"}))
        subject = "An affiliate link is broken" if len(links) == 1 else f"{len(links)} affiliate links are broken"
        return OutgoingEmail(
            subject,
            render_to_string("affiliates/email/broken.txt", {"links": links, "admin_list_url": admin_list_url}),
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(owner) for owner in owners],
            headers=self.email_headers,
        )
