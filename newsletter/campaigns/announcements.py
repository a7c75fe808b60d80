"""Tell authors which automatic emails a post sets off when it is published."""

from typing import Any

from django.utils import timezone

from blog.models import Post
from newsletter.campaigns.automation import GRACE_PERIOD
from newsletter.models import AnnouncedPost, Campaign, NewsletterSettings, Subscriber, Subscription
from newsletter.models.campaigns import MAX_DELAY
from siteinfo.local_time import format_appointment

_STATUS = Campaign.Status


def describe_emails(document: Any) -> list[str]:
    """Return who is emailed about `document`, and when. Only posts are emailed automatically."""
    if not isinstance(document, Post):
        return []
    campaigns = Campaign.objects.filter(post=document).exclude(status__in=(_STATUS.DRAFT, _STATUS.CANCELLED))
    campaign = campaigns.order_by("-pk").first()
    if campaign is not None:
        return [_describe_campaign(campaign)]
    if AnnouncedPost.objects.filter(post=document.pk).exists():
        return ["No email is sent: subscribers have been told about this post before."]
    settings = NewsletterSettings.load()
    if not settings.is_automation_enabled:
        return ["No email is sent automatically."]
    if document.published_at and document.published_at + GRACE_PERIOD + MAX_DELAY < timezone.now():
        return ["No email is sent, because the date is in the past."]
    return _describe_automatic(settings)


def _describe_campaign(campaign: Campaign) -> str:
    when = campaign.scheduled_at if campaign.status == _STATUS.SCHEDULED else None
    if when is None:
        return "Subscribers have already been emailed about this post."
    audience = _subscribers(campaign.audience().count())
    return (
        f"An email to {audience} about this post goes out on {format_appointment(when)}. You can cancel it until then."
    )


def _describe_automatic(settings: NewsletterSettings) -> list[str]:
    topic, cadence = settings.get_post_topic(), Subscription.Cadence
    immediate = Subscriber.objects.subscribed_to(topic, cadence.INSTANT).count()
    weekly = Subscriber.objects.subscribed_to(topic, cadence.WEEKLY).count()
    minutes = GRACE_PERIOD.seconds // 60
    sentences = [
        f"{_subscribers(immediate)} will be emailed {minutes} minutes after it is published. You can cancel the email "
        "until then."
    ]
    if weekly:
        weekday = settings.Weekday(settings.digest_weekday).label
        sentences.append(f"{_subscribers(weekly)} will find it in the next weekly email, on {weekday}.")
    return sentences


def _subscribers(count: int) -> str:
    return "1 subscriber" if count == 1 else f"{count:,} subscribers"
