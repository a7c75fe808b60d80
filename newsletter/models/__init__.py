"""All tables of the newsletter: people, what they agreed to, campaigns, and each mail of one."""

from newsletter.models.announced_posts import PostNews
from newsletter.models.campaigns import Campaign, LinkCount
from newsletter.models.consent import ConsentEvent, ConsentText, Suppression
from newsletter.models.deliveries import Delivery, WebhookEvent
from newsletter.models.newsletter_settings import SenderProfile, SendWindow
from newsletter.models.subscriber_emails import ListMail
from newsletter.models.subscribers import Subscriber, Subscription, Topic
from newsletter.models.test_emails import TrialMail
from newsletter.models.transitions import ForbiddenMoveError

__all__ = (
    "Campaign",
    "ConsentEvent",
    "ConsentText",
    "Delivery",
    "ForbiddenMoveError",
    "LinkCount",
    "ListMail",
    "PostNews",
    "SendWindow",
    "SenderProfile",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Topic",
    "TrialMail",
    "WebhookEvent",
)
