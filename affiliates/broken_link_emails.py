"""The mail that tells the owner which links lead nowhere: one a day at most, and once for each time that one breaks."""

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

# So long a notice waits for others that break.
GATHERING = timedelta(hours=1)


class BrokenNotice(QueuedEmail):
    """The mail of a day. The links that it tells of are its own until they work again, so no other one does."""

    day = models.DateField(unique=True, editable=False)

    objects = QueuedEmailQuerySet["BrokenNotice"].as_manager()

    class Meta:
        indexes = [models.Index(fields=("next_attempt_at",), name="affiliates_notice_due")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(next_attempt_at__isnull=True),
                name="affiliates_notice_sent_once",
            )
        ]

    def __str__(self) -> str:
        return f"Notice of {self.day}"

    def build_email(self) -> EmailMessage | None:
        """The mail to those who may do everything; None once all of its links work again. ValueError if impossible."""
        links = list(_broken().filter(notice=self).order_by("name", "pk"))
        owners = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").values_list("email", flat=True)
        if not (links and owners):
            return None
        site = SiteInfo.load()
        desk = absolute_url(reverse("admin:affiliates_link_changelist", query={"show": "broken"}))
        subject = "A paid link leads nowhere" if len(links) == 1 else f"{len(links)} paid links lead nowhere"
        return EmailMessage(
            subject,
            render_to_string("affiliates/email/broken.txt", {"links": links, "desk": desk}),
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(owner) for owner in owners],
            headers=self.email_headers,
        )


def tell_of_broken() -> None:
    """Give the links that broke, and that no notice tells of, to today's notice, unless that is on its way already."""
    untold = _broken().filter(notice=None)
    if untold.exists():
        with invalidate_only(CacheScope.NONE), transaction.atomic():
            when = {"next_attempt_at": timezone.now() + GATHERING}
            # Locked, so that it is not sent in between.
            notices = BrokenNotice.objects.select_for_update()
            notice, _ = notices.get_or_create(day=timezone.localdate(), defaults=when)
            if not notice.attempts:
                untold.update(notice=notice)


def _broken() -> Any:
    link = apps.get_model("affiliates", "Link")
    return link.objects.live().filter(health=link.Health.BROKEN)
