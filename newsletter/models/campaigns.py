"""What is sent to many: written, frozen, sent once."""

from datetime import timedelta
from hashlib import sha256
from typing import Any, Self
from uuid import uuid4

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from blog.models import Post
from newsletter.models.subscribers import Subscriber, Subscription, Topic
from newsletter.models.transitions import TransitionTable, transition
from richtext.references import ReferenceSource

# A campaign whose time came while no worker ran is news no longer.
STALE_AFTER = timedelta(hours=24)


class FrozenError(ValueError):
    """Somebody wanted to change what is being sent, or was."""


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Campaigns and their states."""

    def transition(self, expected: str, to: str, **values: Any) -> int:
        """Bring those that are `expected` to `to` (see TRANSITIONS); how many. The only way a status changes."""
        now, status = timezone.now(), Campaign.Status
        if to == status.SENDING and expected == status.PREPARING:
            values |= {"started_at": now}
        if to == status.SENDING:
            values |= {"pause_reason": "", "finished_at": None}
        if to in (status.SENT, status.CANCELLED):
            values |= {"finished_at": now}
        return transition(self, TRANSITIONS, "status", expected, to, **values)

    def due(self) -> Self:
        """Those whose time has come and has not passed for good."""
        now = timezone.now()
        return self.filter(status=Campaign.Status.SCHEDULED, scheduled_at__lte=now, not_after__gt=now)

    def of_hidden(self) -> Self:
        """Automatic ones about posts that readers may not see: about the one, or about each of a digest."""
        public, kind = Post.objects.published(), Campaign.Kind
        of_post = Q(~Exists(public.filter(pk=OuterRef("post"))), kind=kind.POST)
        of_posts = Q(~Exists(public.filter(announcement__digest=OuterRef("pk"))), kind=kind.DIGEST)
        return self.filter(of_post | of_posts)

    def in_archive(self) -> Self:
        """Those that have a copy on the site: begun, and of a post that readers may still see if they are of one."""
        public = Exists(Post.objects.published().filter(pk=OuterRef("post")))
        readable = Q(is_in_archive=True, slug__isnull=False, started_at__isnull=False)
        return self.filter(readable).exclude(~public, kind=Campaign.Kind.POST)

    def freeze(self, *, slug: str, subject: str, html: str, text: str) -> int:
        """Keep what every subscriber gets, before the first mail; 0 if that is done already."""
        digest = sha256("\0".join((subject, html, text)).encode()).hexdigest()
        unfrozen = self.filter(status=Campaign.Status.PREPARING, frozen_sha256="")
        return unfrozen.update(
            slug=slug, frozen_subject=subject, frozen_html=html, frozen_text=text, frozen_sha256=digest
        )


class Campaign(ReferenceSource):
    """A mail to all who want it. Automatic ones belong to a post, once ever, or gather a week."""

    # Images stay in the library: sent emails load them from there.
    reference_fields = ("body",)
    is_content = False

    class Kind(models.TextChoices):
        MANUAL = "manual", "Written by hand"
        POST = "post", "A new post"
        DIGEST = "digest", "The posts of a week"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        PREPARING = "preparing", "Being prepared"
        SENDING = "sending", "Being sent"
        PAUSED = "paused", "Paused"
        SENT = "sent", "Sent"
        CANCELLED = "cancelled", "Cancelled"

    public_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.MANUAL, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    subject = models.CharField(max_length=150, help_text="Under 60 characters, so that phones show all of it.")
    preheader = models.CharField(
        max_length=150, blank=True, help_text="The words that mail programs show after the subject."
    )
    post = models.ForeignKey(
        Post,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="The post that it is about, if any.",
    )
    topic = models.ForeignKey(
        Topic,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="Goes to those who want this topic. Empty: to all who are on the list.",
    )
    scheduled_at = models.DateTimeField(
        "goes out at", null=True, blank=True, help_text="When to begin. Can be changed until it begins."
    )
    not_after = models.DateTimeField(
        "not after", null=True, blank=True, help_text="If it could not begin by then, it is not sent at all."
    )
    # The address of its copy on the site, given when it is frozen.
    slug = models.SlugField(max_length=160, unique=True, null=True, editable=False)
    is_in_archive = models.BooleanField("copy on the site", default=True, help_text="Anybody can read the copy.")
    # The day of a digest: there is one a day at most.
    digest_on = models.DateField(null=True, editable=False)
    prepared_at = models.DateTimeField(null=True, editable=False)
    total = models.PositiveIntegerField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    pause_reason = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Raised by every save at the desk: what somebody agreed to send is what is sent.
    version = models.PositiveIntegerField(default=1, editable=False)
    frozen_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    frozen_subject = models.CharField(max_length=150, blank=True, editable=False)
    # The big ones come last, so that lists can leave them out cheaply.
    body = models.TextField("text", blank=True)
    frozen_html = models.TextField(blank=True, editable=False)
    frozen_text = models.TextField(blank=True, editable=False)

    autosaves = GenericRelation("publishing.Autosave")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        permissions = [("send_campaign", "Can send campaigns")]
        indexes = [models.Index(fields=("status", "scheduled_at"), name="newsletter_campaign_due")]
        constraints = [
            # Automatic mail about a post goes out once ever, however often it is published again.
            models.UniqueConstraint(fields=("post",), condition=Q(kind="post"), name="newsletter_campaign_post_once"),
            models.UniqueConstraint(
                fields=("digest_on",), condition=Q(kind="digest"), name="newsletter_campaign_digest_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=("manual", "post", "digest")), name="newsletter_campaign_kind"),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "scheduled", "preparing", "sending", "paused", "sent", "cancelled")),
                name="newsletter_campaign_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | Q(scheduled_at__isnull=False, not_after__isnull=False),
                name="newsletter_campaign_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("sending", "paused", "sent"))
                | Q(prepared_at__isnull=False, total__isnull=False, frozen_sha256__gt=""),
                name="newsletter_campaign_prepared",
            ),
        ]

    # What must not change once mails go out.
    FROZEN = ("kind", "subject", "preheader", "body", "post_id", "topic_id")
    _EDITABLE = ("draft", "scheduled")

    def __str__(self) -> str:
        return self.subject

    def save(self, **kwargs: Any) -> None:
        """Save it; FrozenError if that would change what is being sent, or was."""
        if self.scheduled_at and not self.not_after:
            self.not_after = self.scheduled_at + STALE_AFTER
        if not self._state.adding:
            begun = Campaign.objects.filter(pk=self.pk).exclude(status__in=self._EDITABLE)
            was = begun.values(*self.FROZEN).first()
            if was and was != {name: getattr(self, name) for name in self.FROZEN}:
                raise FrozenError(f"Campaign {self.pk} is on its way: its words stay as they are.")
        super().save(**kwargs)

    @property
    def is_editable(self) -> bool:
        """Whether its words can still be changed."""
        return self.status in self._EDITABLE

    @property
    def copy_slug(self) -> str:
        """The last part of its copy's address, known before the first mail: no two campaigns have the same."""
        return f"{slugify(self.subject)[:100].strip('-') or 'letter'}-{self.pk or 0}"

    @property
    def copy_path(self) -> str:
        """Where its copy on the site is, or will be."""
        return reverse("newsletter:archive_detail", args=[self.slug or self.copy_slug])

    @property
    def message_id_stem(self) -> str:
        """What all Message-IDs of this campaign begin with."""
        return self.public_id.hex

    def audience(self) -> models.QuerySet[Subscriber]:
        """Whom it goes to, asked now: those who want its topic, or all who want anything.

        Mails about posts go out at the pace that each chose: one at once or all in a week. What is written by hand is
        in no digest, so it goes to both.
        """
        if self.topic is None:
            return Subscriber.objects.subscribed_to_any()
        if self.kind == self.Kind.MANUAL:
            return Subscriber.objects.subscribed_to(self.topic)
        if self.kind == self.Kind.POST:
            return Subscriber.objects.subscribed_to(self.topic, Subscription.Cadence.INSTANT)
        # Whoever got each of its posts at once, and chose another pace since, would get nothing new.
        got = Campaign.objects.filter(
            kind=self.Kind.POST,
            post=OuterRef("post"),
            deliveries__subscriber=OuterRef(OuterRef("pk")),
            deliveries__status="sent",
        )
        is_new = Exists(self.announced_posts.exclude(Exists(got)))
        return Subscriber.objects.subscribed_to(self.topic, Subscription.Cadence.WEEKLY).filter(is_new)


_STATUS = Campaign.Status
TRANSITIONS: TransitionTable = {
    _STATUS.DRAFT: frozenset({_STATUS.SCHEDULED}),
    _STATUS.SCHEDULED: frozenset({_STATUS.DRAFT, _STATUS.PREPARING, _STATUS.CANCELLED}),
    _STATUS.PREPARING: frozenset({_STATUS.SENDING, _STATUS.CANCELLED}),
    _STATUS.SENDING: frozenset({_STATUS.PAUSED, _STATUS.SENT, _STATUS.CANCELLED}),
    _STATUS.PAUSED: frozenset({_STATUS.SENDING, _STATUS.CANCELLED}),
    # Somebody sends again to those whose mail failed.
    _STATUS.SENT: frozenset({_STATUS.SENDING}),
    _STATUS.CANCELLED: frozenset(),
}


class LinkCount(models.Model):
    """How often a link of a campaign was followed, by everybody together."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="link_counts")
    url = models.TextField()
    url_hash = models.CharField(max_length=64)
    clicks = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("campaign", "url_hash"), name="newsletter_linkcount_once")]

    def __str__(self) -> str:
        return f"{self.url}: {self.clicks}"
