"""All tables of the newsletter: people, what they agreed to, campaigns, and each mail of one."""

from newsletter.models.campaigns import Campaign, LinkCount
from newsletter.models.consent import ConsentEvent, ConsentText, Suppression
from newsletter.models.deliveries import Delivery, WebhookEvent
from newsletter.models.mails import ListMail
from newsletter.models.news import PostNews
from newsletter.models.people import Subscriber, Subscription, Topic
from newsletter.models.sender import SenderProfile, SendWindow
from newsletter.models.states import ForbiddenMoveError
from newsletter.models.trials import TrialMail

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
