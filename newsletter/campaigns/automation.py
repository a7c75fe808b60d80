"""Mails that go out by themselves: about each new post, and once a week about all of them.

There is no list of things to do. What is to be done follows from what is public and from what was noted
(AnnouncedPost), so a worker that was killed, came late, or is one of many makes nothing twice and forgets nothing.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from blog.models import LARGE_FIELDS, Post
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Subscriber, Subscription
from newsletter.models.campaigns import STALE_AFTER
from siteinfo.seo import truncate

# In which the author can cancel the mail about a post, or take the post back.
GRACE = timedelta(minutes=10)
# A digest goes back so far, for weeks in which none went out.
REACH = timedelta(weeks=4)
_KIND, _STATUS = Campaign.Kind, Campaign.Status


def plan() -> int:
    """Make the campaigns that new posts call for; how many. None unless the owner has switched that on."""
    profile = NewsletterSettings.load()
    return _announce(profile) + _gather(profile) if profile.is_automation_enabled else 0


def withdraw() -> int:
    """Cancel what has not been written for the first reader yet, and is about posts that nobody may see any more."""
    idle = Campaign.objects.of_hidden().filter(frozen_sha256="")
    reason = "What it is about is no longer public."
    return sum(
        idle.transition(status, _STATUS.CANCELLED, pause_reason=reason)
        for status in (_STATUS.SCHEDULED, _STATUS.PREPARING)
    )


def slot(profile: NewsletterSettings, now: datetime) -> datetime:
    """When the latest digest was due at `now`, by the site's clock."""
    local = timezone.localtime(now)
    at = local.replace(hour=profile.digest_hour, minute=0, second=0, microsecond=0)
    at -= timedelta(days=(local.weekday() - profile.digest_weekday) % 7)
    return at if at <= local else at - timedelta(weeks=1)


def _announce(profile: NewsletterSettings) -> int:
    """Note each post that is public for the first time, and make the campaign about it, both or neither."""
    made = 0
    for post in Post.objects.published().filter(announcement=None).order_by("published_at", "pk").defer(*LARGE_FIELDS):
        with transaction.atomic():
            # Of any number of workers one finds the row new; the others wait for it.
            if not AnnouncedPost.objects.get_or_create(post=post)[1]:
                continue
            words = {
                "status": _STATUS.SCHEDULED,
                "topic": profile.get_post_topic(),
                "subject": truncate(post.title, 150),
                "preheader": truncate(post.summary, 150),
                "scheduled_at": timezone.now() + GRACE,
                # By its own time and not by ours: what a worker finds days later is news no longer.
                "not_after": (post.published_at or timezone.now()) + GRACE + STALE_AFTER,
            }
            # One that somebody let go by hand meanwhile is the one.
            by_hand = Campaign.objects.filter(kind=_KIND.MANUAL, post=post)
            if by_hand.exclude(status__in=(_STATUS.DRAFT, _STATUS.CANCELLED)).exists():
                continue
            made += Campaign.objects.get_or_create(kind=_KIND.POST, post=post, defaults=words)[1]
    return made


def _gather(profile: NewsletterSettings) -> int:
    """Make the digest that is due, if there is news for it and somebody who wants it."""
    now = timezone.now()
    due = slot(profile, now)
    day = due.date()
    if now > due + STALE_AFTER or Campaign.objects.filter(kind=_KIND.DIGEST, digest_on=day).exists():
        return 0
    topic, posts = profile.get_post_topic(), list(_fresh(due))
    if not posts or not Subscriber.objects.subscribed_to(topic, Subscription.Cadence.WEEKLY).exists():
        return 0
    more = f", and {len(posts) - 1} more" if len(posts) > 1 else ""
    words = {
        "status": _STATUS.SCHEDULED,
        "topic": topic,
        "subject": f"{truncate(posts[0].title, 130)}{more}",
        "preheader": truncate("; ".join(post.title for post in posts[1:]) or posts[0].summary, 150),
        "scheduled_at": now,
        "not_after": due + STALE_AFTER,
    }
    with transaction.atomic():
        # The day is taken once; whoever takes it marks the posts as well, or neither is done.
        digest, is_new = Campaign.objects.get_or_create(kind=_KIND.DIGEST, digest_on=day, defaults=words)
        if is_new:
            AnnouncedPost.objects.filter(post__in=posts, digested_at=None).update(digest=digest, digested_at=now)
    return int(is_new)


def _fresh(until: datetime) -> QuerySet[Post]:
    """What a digest of everything up to `until` holds: news in no other one, whose own mail nobody holds back."""
    news = AnnouncedPost.objects.filter(is_new=True, digested_at=None).values("post")
    # A draft with a reason only came too late for those who want each post at once.
    stopped = Q(status=_STATUS.CANCELLED) | Q(status=_STATUS.DRAFT, pause_reason="")
    held = Campaign.objects.filter(stopped, kind=_KIND.POST, post=OuterRef("pk"))
    public = Post.objects.published(until).filter(~Exists(held), pk__in=news, published_at__gt=until - REACH)
    return public.newest_first().defer(*LARGE_FIELDS)
