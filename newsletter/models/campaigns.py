"""Campaigns: one email to many subscribers, edited as a draft, frozen before sending."""

from datetime import timedelta
from hashlib import sha256
from typing import Any, Self
from uuid import uuid4

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from blog.models import Post
from newsletter.models.subscribers import Subscriber, Subscription, Topic
from newsletter.models.transitions import TransitionTable, transition
from plaintext.slugs import slugify
from richtext.references import ReferenceSource

# A campaign that could not start within this time, because no worker was running, is not sent.
MAX_DELAY = timedelta(hours=24)
# Large columns that list pages never show.
LARGE_FIELDS = ("body", "frozen_html", "frozen_text")


def content_digest(subject: str, html: str, text: str) -> str:
    """Return the digest that identifies frozen content."""
    return sha256("\0".join((subject, html, text)).encode()).hexdigest()


class CampaignFrozenError(ValueError):
    """Raised when saving would change the content of a campaign that is being or was sent."""


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Select campaigns and change their status."""

    def transition(self, expected: str, to: str, **values: Any) -> int:
        """Change the status of rows from `expected` to `to` (see TRANSITIONS) and return their number.

        All status changes go through here.
        """
        now, status = timezone.now(), Campaign.Status
        if to == status.SENDING and expected == status.PREPARING:
            values |= {"started_at": now}
        if to == status.SENDING:
            values |= {"pause_reason": "", "finished_at": None}
        if to in (status.SENT, status.CANCELLED):
            values |= {"finished_at": now}
        return transition(self, TRANSITIONS, "status", expected, to, **values)

    def due(self) -> Self:
        """Return the scheduled campaigns that should start now and are not too late."""
        now = timezone.now()
        return self.filter(status=Campaign.Status.SCHEDULED, scheduled_at__lte=now, not_after__gt=now)

    def hidden(self) -> Self:
        """Return the automatic campaigns without any public post."""
        public, kind = Post.objects.published(), Campaign.Kind
        about_hidden_post = Q(~Exists(public.filter(pk=OuterRef("post"))), kind=kind.POST)
        without_posts = Q(~Exists(public.filter(announcement__digest=OuterRef("pk"))), kind=kind.DIGEST)
        return self.filter(about_hidden_post | without_posts)

    def cancel_hidden(self) -> int:
        """Cancel the automatic campaigns without any public post that are not frozen yet; return their number."""
        status = Campaign.Status
        unfrozen = self.hidden().filter(frozen_sha256="")
        reason = "The content it is about is no longer public."
        return sum(
            unfrozen.transition(expected, status.CANCELLED, pause_reason=reason)
            for expected in (status.SCHEDULED, status.PREPARING)
        )

    def in_archive(self) -> Self:
        """Return the campaigns with a public page: started, and not about a post that is no longer public."""
        has_public_post = Exists(Post.objects.published().filter(pk=OuterRef("post")))
        started = self.filter(is_in_archive=True, slug__isnull=False, started_at__isnull=False)
        return started.exclude(~has_public_post, kind=Campaign.Kind.POST)

    def freeze(self, *, slug: str, subject: str, html: str, text: str) -> int:
        """Store the content that all subscribers get. Return 0 if it is frozen already."""
        digest = content_digest(subject, html, text)
        unfrozen = self.filter(status=Campaign.Status.PREPARING, frozen_sha256="")
        return unfrozen.update(
            slug=slug, frozen_subject=subject, frozen_html=html, frozen_text=text, frozen_sha256=digest
        )


class Campaign(ReferenceSource):
    """An email to all subscribers of a topic. Automatic ones announce one post or the posts of a week.

    Of a sequence's email, each version that was sent is a campaign.
    """

    # Images stay in the library: sent emails load them from there.
    reference_fields = ("body",)
    is_content = False

    class Kind(models.TextChoices):
        """How the campaign was created."""

        MANUAL = "manual", "Manual"
        POST = "post", "New post"
        DIGEST = "digest", "Weekly digest"
        SEQUENCE = "sequence", "Sequence"

    class Status(models.TextChoices):
        """The steps from draft to sent; see TRANSITIONS."""

        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        PREPARING = "preparing", "Preparing"
        SENDING = "sending", "Sending"
        PAUSED = "paused", "Paused"
        SENT = "sent", "Sent"
        CANCELLED = "cancelled", "Cancelled"

    public_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.MANUAL, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    subject = models.CharField(max_length=150, help_text="Keep it under 60 characters, or phones will cut it off.")
    preheader = models.CharField(
        max_length=150, blank=True, help_text="Preview text that mail clients show after the subject."
    )
    post = models.ForeignKey(
        Post,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="The post this campaign is about, if any.",
    )
    topic = models.ForeignKey(
        Topic,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="Sent to subscribers of this topic. Leave empty to send to all subscribers.",
    )
    scheduled_at = models.DateTimeField(
        "send at", null=True, blank=True, help_text="You can change this until sending starts."
    )
    not_after = models.DateTimeField(
        "not after", null=True, blank=True, help_text="If sending can't start by then, the campaign is not sent."
    )
    sequence_email = models.ForeignKey(
        "newsletter.SequenceEmail", on_delete=models.PROTECT, null=True, editable=False, related_name="editions"
    )
    # Set when the content is frozen. Part of the URL of the public copy.
    slug = models.SlugField(max_length=160, unique=True, null=True, editable=False)
    is_in_archive = models.BooleanField(
        "show in the public archive", default=True, help_text="Anyone can read the copy on your site."
    )
    # The day of a digest; at most one per day.
    digest_on = models.DateField(null=True, editable=False)
    prepared_at = models.DateTimeField(null=True, editable=False)
    total = models.PositiveIntegerField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    pause_reason = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Raised on every save in the admin, so that exactly what was approved is sent.
    version = models.PositiveIntegerField(default=1, editable=False)
    frozen_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    frozen_subject = models.CharField(max_length=150, blank=True, editable=False)
    # Large columns last, which makes deferring them cheap.
    body = models.TextField("text", blank=True)
    frozen_html = models.TextField(blank=True, editable=False)
    frozen_text = models.TextField(blank=True, editable=False)

    autosaves = GenericRelation("publishing.Autosave")
    last_saves = GenericRelation("publishing.LastSave")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        permissions = [("send_campaign", "Can send campaigns")]
        indexes = [models.Index(fields=("status", "scheduled_at"), name="newsletter_campaign_due")]
        constraints = [
            # A post is announced once, even if it is unpublished and published again.
            models.UniqueConstraint(fields=("post",), condition=Q(kind="post"), name="newsletter_campaign_post_once"),
            models.UniqueConstraint(
                fields=("digest_on",), condition=Q(kind="digest"), name="newsletter_campaign_digest_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("manual", "post", "digest", "sequence")), name="newsletter_campaign_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind="sequence", sequence_email__isnull=False)
                | (~Q(kind="sequence") & Q(sequence_email__isnull=True)),
                name="newsletter_campaign_sequence_email",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "scheduled", "preparing", "sending", "paused", "sent", "cancelled")),
                name="newsletter_campaign_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | Q(scheduled_at__isnull=False, not_after__isnull=False),
                name="newsletter_campaign_scheduled_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("sending", "paused", "sent"))
                | Q(prepared_at__isnull=False, total__isnull=False, frozen_sha256__gt=""),
                name="newsletter_campaign_prepared",
            ),
        ]

    # Fields that must not change once sending has started.
    FROZEN_FIELDS = ("kind", "subject", "preheader", "body", "post_id", "topic_id")
    _EDITABLE = ("draft", "scheduled")

    def __str__(self) -> str:
        return self.subject

    def save(self, **kwargs: Any) -> None:
        """Save the campaign. Raise CampaignFrozenError if a frozen field changed after sending has started."""
        if self.scheduled_at and not self.not_after:
            self.not_after = self.scheduled_at + MAX_DELAY
        if not self._state.adding:
            self._check_frozen_fields()
        super().save(**kwargs)

    def _check_frozen_fields(self) -> None:
        started = Campaign.objects.filter(pk=self.pk).exclude(status__in=self._EDITABLE)
        saved = started.values(*self.FROZEN_FIELDS).first()
        if saved and saved != {name: getattr(self, name) for name in self.FROZEN_FIELDS}:
            raise CampaignFrozenError(f"Campaign {self.pk} can't be changed because sending has started.")

    @property
    def is_editable(self) -> bool:
        """True as long as the content can be changed."""
        return self.status in self._EDITABLE

    def build_slug(self) -> str:
        """Return the slug of the public copy. It contains the id, so that it is unique."""
        return f"{slugify(self.subject, 100, ascii_only=True) or 'email'}-{self.pk or 0}"

    @property
    def archive_path(self) -> str:
        """The path of the public copy, even before the copy exists."""
        return reverse("newsletter:archive_detail", args=[self.slug or self.build_slug()])

    @property
    def message_id_prefix(self) -> str:
        """The beginning of all Message-IDs of this campaign."""
        return self.public_id.hex

    def audience(self) -> models.QuerySet[Subscriber]:
        """Return the subscribers this campaign goes to, as of now.

        Posts go to subscribers at the cadence they chose: each post at once, or a weekly digest. Manual campaigns are
        not part of a digest, so they go to both.
        """
        if self.kind == self.Kind.SEQUENCE:
            return self._sequence_audience()
        if self.topic is None:
            return Subscriber.objects.subscribed_to_any()
        if self.kind == self.Kind.MANUAL:
            return Subscriber.objects.subscribed_to(self.topic)
        if self.kind == self.Kind.POST:
            return Subscriber.objects.subscribed_to(self.topic, Subscription.Cadence.INSTANT)
        # Leave out subscribers who already got every post of the digest, because they changed their cadence since.
        already_received = Campaign.objects.filter(
            kind=self.Kind.POST,
            post=OuterRef("post"),
            deliveries__subscriber=OuterRef(OuterRef("pk")),
            deliveries__status="sent",
        )
        has_new_post = Exists(self.announced_posts.exclude(Exists(already_received)))
        return Subscriber.objects.subscribed_to(self.topic, Subscription.Cadence.WEEKLY).filter(has_new_post)

    def _sequence_audience(self) -> models.QuerySet[Subscriber]:
        assert self.sequence_email  # a constraint of the database
        continuing = {"enrollments__status__in": ("running", "finished")}
        sequence = self.sequence_email.sequence
        return sequence.audience().filter(enrollments__sequence=sequence, **continuing)


_STATUS = Campaign.Status
TRANSITIONS: TransitionTable = {
    _STATUS.DRAFT: frozenset({_STATUS.SCHEDULED}),
    _STATUS.SCHEDULED: frozenset({_STATUS.DRAFT, _STATUS.PREPARING, _STATUS.CANCELLED}),
    _STATUS.PREPARING: frozenset({_STATUS.DRAFT, _STATUS.SENDING, _STATUS.CANCELLED}),
    _STATUS.SENDING: frozenset({_STATUS.PAUSED, _STATUS.SENT, _STATUS.CANCELLED}),
    _STATUS.PAUSED: frozenset({_STATUS.SENDING, _STATUS.CANCELLED}),
    # Resending failed deliveries.
    _STATUS.SENT: frozenset({_STATUS.SENDING}),
    _STATUS.CANCELLED: frozenset(),
}
