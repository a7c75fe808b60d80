"""Create posts and subscribers for automatic campaigns, and plan the campaigns as a worker does."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from blog.models import Post
from newsletter.campaigns import automation
from newsletter.delivery.materialize import prepare_due_campaigns
from newsletter.models import Campaign, NewsletterSettings, Subscriber
from tests.factories import make_post, make_subscriber


def subscribe(newsletter_settings: NewsletterSettings, cadence: str = "instant") -> Subscriber:
    """Create a subscriber of new posts."""
    subscriber = make_subscriber()
    subscriber.subscriptions.create(topic=newsletter_settings.get_post_topic(), cadence=cadence)
    return subscriber


def make_new_post(**overrides: Any) -> Post:
    """Create a post published just now."""
    return make_post(**{"published_at": timezone.now()} | overrides)


def plan_and_prepare() -> int:
    """Create automatic campaigns and prepare the due ones, as a worker does. Return the number prepared."""
    automation.plan_campaigns()
    return prepare_due_campaigns()


def end_grace_period() -> None:
    """Make all campaigns due."""
    Campaign.objects.update(scheduled_at=timezone.now())


def get_campaign(post: Post) -> Campaign:
    """Return the campaign about `post`."""
    return Campaign.objects.get(kind="post", post=post)


def get_digest() -> Campaign:
    """Return the only digest."""
    return Campaign.objects.get(kind="digest")


def hours_ago(hours: float = 2) -> datetime:
    """Return the time `hours` ago."""
    return timezone.now() - timedelta(hours=hours)


def start_preparing(campaign: Campaign) -> Campaign:
    """Move a scheduled campaign on to preparing."""
    Campaign.objects.filter(pk=campaign.pk).transition("scheduled", "preparing")
    campaign.refresh_from_db()
    return campaign
