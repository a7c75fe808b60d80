"""Create automatic campaigns: one about each new post, and a weekly digest.

There is no queue: what to create follows from the public posts and from AnnouncedPost. So a worker that was killed, is
late, or runs next to others creates nothing twice and misses nothing.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from blog.models import LARGE_FIELDS, Post
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Subscriber, Subscription, Topic
from newsletter.models.campaigns import MAX_DELAY
from siteinfo.seo import truncate

# Time for the author to cancel the email about a post or to unpublish the post.
GRACE_PERIOD = timedelta(minutes=10)
# How far back a digest goes if no digest was sent for some weeks.
DIGEST_PERIOD = timedelta(weeks=4)
SUBJECT_LENGTH = PREHEADER_LENGTH = 150
# Leaves room for ", and 12 more" in the subject of a digest.
DIGEST_TITLE_LENGTH = 130
_KIND, _STATUS = Campaign.Kind, Campaign.Status


def plan_campaigns() -> int:
    """Create the automatic campaigns that are due and return their number. Does nothing unless turned on."""
    settings = NewsletterSettings.load()
    if not settings.is_automation_enabled:
        return 0
    return _announce_posts(settings) + _create_digest(settings)


def last_digest_time(settings: NewsletterSettings, now: datetime) -> datetime:
    """Return when the latest digest was due at `now`, in the site's time zone."""
    local = timezone.localtime(now)
    due = local.replace(hour=settings.digest_hour, minute=0, second=0, microsecond=0)
    due -= timedelta(days=(local.weekday() - settings.digest_weekday) % 7)
    return due if due <= local else due - timedelta(weeks=1)


def expects_digest(settings: NewsletterSettings, now: datetime) -> bool:
    """Return True if a digest with new posts is due later today, in the site's time zone."""
    due = timezone.localtime(now).replace(hour=settings.digest_hour, minute=0, second=0, microsecond=0)
    is_planned = settings.is_automation_enabled and due.weekday() == settings.digest_weekday and now < due
    return is_planned and _new_posts(due).exists()


def _announce_posts(settings: NewsletterSettings) -> int:
    """Create a campaign for each post that is public for the first time, and mark the post as announced."""
    posts = Post.objects.published().filter(announcement=None).order_by("published_at", "pk").defer(*LARGE_FIELDS)
    return sum(_announce_post(post, settings) for post in posts)


def _announce_post(post: Post, settings: NewsletterSettings) -> bool:
    """Announce `post`. Return True if that created a campaign."""
    now = timezone.now()
    with transaction.atomic():
        # Only one of several workers creates the row; the others wait for it.
        if not AnnouncedPost.objects.get_or_create(post=post)[1]:
            return False
        manual = Campaign.objects.filter(kind=_KIND.MANUAL, post=post)
        # The author has sent or scheduled an email about the post.
        if manual.exclude(status__in=(_STATUS.DRAFT, _STATUS.CANCELLED)).exists():
            return False
        fields = {
            "status": _STATUS.SCHEDULED,
            "topic": settings.get_post_topic(),
            "subject": truncate(post.title, SUBJECT_LENGTH),
            "preheader": truncate(post.summary, PREHEADER_LENGTH),
            "scheduled_at": now + GRACE_PERIOD,
            # Counted from publication: a post found days later is no longer new.
            "not_after": (post.published_at or now) + GRACE_PERIOD + MAX_DELAY,
        }
        return Campaign.objects.get_or_create(kind=_KIND.POST, post=post, defaults=fields)[1]


def _create_digest(settings: NewsletterSettings) -> int:
    """Create the digest that is due, if there are new posts and subscribers for it. Return 1 if it was created."""
    now = timezone.now()
    due = last_digest_time(settings, now)
    digests = Campaign.objects.filter(kind=_KIND.DIGEST, digest_on=due.date())
    if now > due + MAX_DELAY or digests.exists():
        return 0
    topic, posts = settings.get_post_topic(), list(_new_posts(due))
    if not posts or not Subscriber.objects.subscribed_to(topic, Subscription.Cadence.WEEKLY).exists():
        return 0
    fields = _digest_fields(posts, topic) | {"scheduled_at": now, "not_after": due + MAX_DELAY}
    with transaction.atomic():
        # There is one digest per day. The worker that creates it also marks its posts, or neither happens.
        digest, is_new = Campaign.objects.get_or_create(kind=_KIND.DIGEST, digest_on=due.date(), defaults=fields)
        if is_new:
            announced = AnnouncedPost.objects.filter(post__in=posts, digested_at=None)
            announced.update(digest=digest, digested_at=now)
    return int(is_new)


def _digest_fields(posts: list[Post], topic: Topic) -> dict[str, object]:
    more = f", and {len(posts) - 1} more" if len(posts) > 1 else ""
    other_titles = "; ".join(post.title for post in posts[1:])
    return {
        "status": _STATUS.SCHEDULED,
        "topic": topic,
        "subject": f"{truncate(posts[0].title, DIGEST_TITLE_LENGTH)}{more}",
        "preheader": truncate(other_titles or posts[0].summary, PREHEADER_LENGTH),
    }


def _new_posts(until: datetime) -> QuerySet[Post]:
    """Return the posts up to `until` that no digest contains and whose own email the author has not stopped."""
    new = AnnouncedPost.objects.filter(is_new=True, digested_at=None).values("post")
    # A draft with a pause reason was just too late to send immediately.
    stopped = Q(status=_STATUS.CANCELLED) | Q(status=_STATUS.DRAFT, pause_reason="")
    stopped_campaigns = Campaign.objects.filter(stopped, kind=_KIND.POST, post=OuterRef("pk"))
    recent = Post.objects.published(until).filter(published_at__gt=until - DIGEST_PERIOD, pk__in=new)
    return recent.filter(~Exists(stopped_campaigns)).newest_first().defer(*LARGE_FIELDS)
