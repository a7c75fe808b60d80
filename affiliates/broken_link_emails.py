"""Email the owners about broken links: at most one email a day, and one per link until it works again."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from outbox.headers import format_mailbox
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from pagecache.invalidation import CacheScope, invalidate_only
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

# Wait for more broken links before sending.
COLLECTION_DELAY = timedelta(hours=1)


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
        return f"Broken links of {self.day}"

    def build_email(self) -> EmailMessage | None:
        """Return the email to the owners, or None once all its links work again."""
        links = list(_broken().filter(report=self).order_by("name", "pk"))
        owners = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").values_list("email", flat=True)
        if not (links and owners):
            return None
        site = SiteInfo.load()
        admin_list_url = absolute_url(reverse("admin:affiliates_link_changelist", query={"show": "broken"}))
        subject = "An affiliate link is broken" if len(links) == 1 else f"{len(links)} affiliate links are broken"
        return EmailMessage(
            subject,
            render_to_string("affiliates/email/broken.txt", {"links": links, "admin_list_url": admin_list_url}),
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(owner) for owner in owners],
            headers=self.email_headers,
        )


def queue_report() -> None:
    """Add newly broken links to today's email, unless it is already being sent."""
    unreported = _broken().filter(report=None)
    if unreported.exists():
        with invalidate_only(CacheScope.NONE), transaction.atomic():
            when = {"next_attempt_at": timezone.now() + COLLECTION_DELAY}
            # Locked, so that it cannot be sent before the links are added.
            emails = BrokenLinksEmail.objects.select_for_update()
            email, _ = emails.get_or_create(day=timezone.localdate(), defaults=when)
            if not email.attempts:
                unreported.update(report=email)


def _broken() -> Any:
    link = apps.get_model("affiliates", "Link")
    return link.objects.live().filter(health=link.Health.BROKEN)
