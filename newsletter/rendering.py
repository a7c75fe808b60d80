"""What a campaign says, as HTML and as plain text, before it is anybody's own."""

from typing import NamedTuple

from django.template.loader import render_to_string

from newsletter.compiling import link
from newsletter.models import Campaign, SenderProfile
from newsletter.tokens import Purpose
from prose.embeds import Target
from prose.rendering import render as render_prose
from prose.structure import plain_text


class Rendered(NamedTuple):
    """The words of a mail."""

    subject: str
    html: str
    text: str


def render(campaign: Campaign, profile: SenderProfile) -> Rendered:
    """The mail of `campaign`; the links at its end hold markers for each reader's own tokens."""
    context = {
        "campaign": campaign,
        "profile": profile,
        "body": render_prose(campaign.body, Target.FEED),
        "words": plain_text(campaign.body),
        "unsubscribe": link(campaign, Purpose.UNSUBSCRIBE),
        "preferences": link(campaign, Purpose.PREFERENCES),
    }
    html, text = (render_to_string(f"newsletter/email/campaign/body.{kind}", context) for kind in ("html", "txt"))
    return Rendered(campaign.subject, html, text)
