"""A campaign's mail before it goes out: to look at, and as a test. Its links are nobody's own."""

import re

from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html

from newsletter.delivery.mime import link
from newsletter.models import Campaign, NewsletterSettings, TestEmail
from newsletter.rendering.messages import RenderedEmail, render_campaign
from newsletter.subscribers.tokens import TokenPurpose
from siteinfo.urls import absolute_url

_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")


def sample(campaign: Campaign) -> RenderedEmail:
    """The mail of `campaign`, as frozen or as it would be now. Links of each reader's own lead to a harmless page."""
    if campaign.frozen_sha256:
        mail = RenderedEmail(campaign.frozen_subject, campaign.frozen_html, campaign.frozen_text)
    else:
        mail = render_campaign(campaign, NewsletterSettings.load())
    html, text, place = mail.html, mail.text, absolute_url(reverse("newsletter:sample_link"))
    for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES):
        html, text = (part.replace(link(campaign, purpose), place) for part in (html, text))
    return RenderedEmail(mail.subject, html, text)


def shown(campaign: Campaign, kind: str) -> str:
    """A page that shows the mail: its plain `text`, or its HTML as in a light or `dark` mail program.

    Not as the looker's own system would have it: the choice is made in the mail's own rules.
    """
    mail = sample(campaign)
    if kind == "text":
        style = (
            "body{margin:0;padding:1.5rem;background:#fff;color:#222}pre{font:15px/1.5 monospace;white-space:pre-wrap}"
        )
        return format_html('<!doctype html><meta charset="utf-8"><style>{}</style><pre>{}</pre>', style, mail.text)
    wanted = "dark" if kind == "dark" else "light"
    html = _SCHEME.sub(lambda found: "(min-width: 0)" if found[1] == wanted else "(max-width: 0)", mail.html)
    return html.replace("<head>", '<head><base target="_blank">', 1)


def send(campaign: Campaign, address: str) -> TestEmail:
    """Let a test go to `address`, in the place of earlier ones; the worker mails it. It is no delivery."""
    mail = sample(campaign)
    with transaction.atomic():
        campaign.test_emails.filter(to_email=address).delete()
        return campaign.test_emails.create(to_email=address, subject=mail.subject, html=mail.html, text=mail.text)
