"""The newsletter's models, one module per area."""

from newsletter.models.announced_posts import AnnouncedPost
from newsletter.models.campaigns import Campaign
from newsletter.models.consent import ConsentEvent, ConsentText, Suppression
from newsletter.models.deliveries import Delivery, WebhookEvent
from newsletter.models.newsletter_settings import NewsletterSettings, SendWindow
from newsletter.models.sequences import Enrollment, Sequence, SequenceEmail
from newsletter.models.subscriber_emails import SubscriberEmail
from newsletter.models.subscribers import Subscriber, Subscription, Topic
from newsletter.models.test_emails import TestEmail
from newsletter.models.transitions import InvalidTransition

__all__ = (
    "AnnouncedPost",
    "Campaign",
    "ConsentEvent",
    "ConsentText",
    "Delivery",
    "Enrollment",
    "InvalidTransition",
    "NewsletterSettings",
    "SendWindow",
    "Sequence",
    "SequenceEmail",
    "Subscriber",
    "SubscriberEmail",
    "Subscription",
    "Suppression",
    "TestEmail",
    "Topic",
    "WebhookEvent",
)
