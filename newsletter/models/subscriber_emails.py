"""Emails to a single subscriber about the subscription itself, sent through the outbox."""

from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from blog.gifts import Gift, gift_of
from blog.models import Post
from newsletter.email_template import render_email
from newsletter.models.consent import ConsentEvent, Suppression
from newsletter.models.newsletter_settings import NewsletterSettings
from newsletter.models.subscribers import CONFIRMATION_LIFETIME, Subscriber
from newsletter.tokens import CONFIRMATION_DAYS, GIFT_DAYS, TokenPurpose
from outbox.headers import format_mailbox, one_line
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


class SubscriberEmailQuerySet(QueuedEmailQuerySet["SubscriberEmail"]):
    """Queue the emails that a subscriber asked for."""

    def queue_requested(self, subscriber: Subscriber, gift_post: Post | None, *, is_active: bool) -> None:
        """Queue the answer to a sign-up: the request to confirm, the gift, or that nothing has changed.

        A confirmed address gets the gift at once, and every other one after the confirmation.
        """
        given = self.filter(subscriber=subscriber, kind=SubscriberEmail.Kind.GIFT, gift_post=gift_post)
        was_given = gift_post is not None and given.exists()
        if not is_active:
            kind = SubscriberEmail.Kind.CONFIRM
        elif gift_post and not was_given:
            kind = SubscriberEmail.Kind.GIFT
        else:
            kind, gift_post = SubscriberEmail.Kind.MANAGE, None
        self.create(subscriber=subscriber, kind=kind, gift_post=gift_post)

    def queue_gifts(self, subscriber: Subscriber) -> None:
        """Queue the gifts that `subscriber`, who has just confirmed, asked for. A constraint allows each once."""
        posts = self._asking_for_gift().filter(subscriber=subscriber).order_by("gift_post")
        gifts = [
            SubscriberEmail(subscriber=subscriber, kind=SubscriberEmail.Kind.GIFT, gift_post_id=pk)
            for pk in posts.values_list("gift_post", flat=True).distinct()
        ]
        self.bulk_create(gifts, ignore_conflicts=True)

    def _asking_for_gift(self) -> Self:
        return self.filter(kind=SubscriberEmail.Kind.CONFIRM, gift_post__isnull=False)

    def promised_gifts(self) -> list[Gift]:
        """Return what the emails to confirm promise."""
        return _gifts(self._asking_for_gift())

    def unsent_gifts(self) -> list[Gift]:
        """Return the gifts that will be sent within moments."""
        return _gifts(self.filter(kind=SubscriberEmail.Kind.GIFT, sent_at=None, next_attempt_at__isnull=False))


class SubscriberEmail(QueuedEmail):
    """A transactional email that a subscriber's own action caused."""

    class Kind(models.TextChoices):
        """What the email is for. Also the name of its template folder."""

        CONFIRM = "confirm", "Confirmation request"
        MANAGE = "manage", "Link to preferences"
        WELCOME = "welcome", "Welcome"
        GIFT = "gift", "Gift for signing up"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="transactional_emails")
    kind = models.CharField(max_length=8, choices=Kind)
    # The post with the gift that was asked for, or that the email brings.
    gift_post = models.ForeignKey(Post, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SubscriberEmailQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=("next_attempt_at",), name="newsletter_subscriberemail_due")]
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber",), condition=Q(kind="welcome"), name="newsletter_subscriberemail_welcome_once"
            ),
            models.UniqueConstraint(
                fields=("subscriber", "gift_post"),
                condition=Q(kind="gift"),
                name="newsletter_subscriberemail_gift_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("confirm", "manage", "welcome", "gift")), name="newsletter_subscriberemail_kind"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_attempt_at__isnull=True),
                name="newsletter_subscriberemail_sent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_needed(self) -> bool:
        """Return True if the email still fits the subscriber's status and the owner has not blocked the address."""
        is_for_active = self.kind != self.Kind.CONFIRM
        is_active = self.subscriber.status == Subscriber.Status.ACTIVE
        is_expired = timezone.now() - self.created_at >= CONFIRMATION_LIFETIME
        if is_for_active != is_active or is_expired:
            return False
        blocked = Suppression.objects.filter(email_hash=self.subscriber.email_hash, reason=Suppression.Reason.MANUAL)
        return not blocked.exists()

    @property
    def gift(self) -> Gift | None:
        """What the email promises or brings; None if the post has no gift any more."""
        post = self.gift_post
        return gift_of(post) if post and post.is_published else None

    @property
    def gift_url(self) -> str:
        """The absolute URL of the page with the gift. It contains a token: send it to this subscriber only."""
        return TokenPurpose.GIFT.build_url(self.message_uuid, 0)

    def build_email(self) -> OutgoingEmail | None:
        """Build the email, or return None if it is no longer needed.

        Raise ValueError for an email address that cannot be sent to.
        """
        gift = self.gift
        if not self.is_needed or (self.kind == self.Kind.GIFT and gift is None):
            return None
        site, newsletter_settings = SiteInfo.load(), NewsletterSettings.load()
        context = self._template_context(site, newsletter_settings) | {"gift": gift}
        folder = f"newsletter/email/{self.kind}"
        rendered = render_email(f"{folder}/body.html", context)
        email = OutgoingEmail(
            one_line(render_to_string(f"{folder}/subject.txt", context)),
            rendered.text,
            format_mailbox(
                newsletter_settings.from_email or settings.DEFAULT_FROM_EMAIL,
                newsletter_settings.from_name or site.name,
            ),
            [format_mailbox(self.subscriber.email)],
            reply_to=[format_mailbox(newsletter_settings.reply_to)] if newsletter_settings.reply_to else None,
            headers=self.email_headers | {"Auto-Submitted": "auto-generated"},
        )
        email.attach_alternative(rendered.html, "text/html")
        if self.kind in (self.Kind.WELCOME, self.Kind.GIFT):
            # One-click unsubscribe (RFC 8058). The other emails go to people who may not be subscribed.
            email.extra_headers |= {
                "List-Unsubscribe": f"<{context['unsubscribe_url']}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        return email

    def _template_context(self, site: SiteInfo, newsletter_settings: NewsletterSettings) -> dict[str, Any]:
        # Contains nothing that was entered into the sign-up form, which accepts strangers' email addresses.
        post = self.gift_post
        return {
            "post": post,
            "post_url": absolute_url(post.get_absolute_url()) if post else "",
            "gift_url": self.gift_url if self.kind == self.Kind.GIFT else "",
            "gift_days": GIFT_DAYS,
            "site": site,
            "home_url": absolute_url("/"),
            "newsletter_settings": newsletter_settings,
            "days": CONFIRMATION_DAYS,
            "confirm_url": self.subscriber.build_url(TokenPurpose.CONFIRM),
            "preferences_url": self.subscriber.build_url(TokenPurpose.PREFERENCES),
            "unsubscribe_url": self.subscriber.build_url(TokenPurpose.UNSUBSCRIBE),
        }

    def mark_sent(self) -> None:
        """Record that the email was sent. For a confirmation email, the consent log records it too."""
        with transaction.atomic():
            super().mark_sent()
            # The subscriber may have been erased while the email was being sent.
            remains = Subscriber.objects.select_for_update().filter(pk=self.subscriber_id).exists()
            if remains and self.kind == self.Kind.CONFIRM:
                ConsentEvent.objects.record(ConsentEvent.Kind.EMAILED, self.subscriber)


def _gifts(emails: SubscriberEmailQuerySet) -> list[Gift]:
    gifts = [email.gift for email in emails.select_related("gift_post__gift_file").order_by("pk")]
    return list(dict.fromkeys(found for found in gifts if found))
