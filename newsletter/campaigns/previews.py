"""Previews of a campaign's email. A link to a sample page replaces the personal links."""

import re

from django.urls import reverse
from django.utils.html import format_html

from newsletter.models import Campaign, NewsletterSettings
from newsletter.rendering.messages import RenderedEmail, RenderingError, render_campaign
from newsletter.rendering.personal_links import placeholder_url
from newsletter.tokens import TokenPurpose
from siteinfo.urls import absolute_url

_COLOR_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")
_TEXT_STYLE = (
    "body{margin:0;padding:1.5rem;background:#fff;color:#222}pre{font:15px/1.5 monospace;white-space:pre-wrap}"
)


def preview_email(campaign: Campaign) -> RenderedEmail:
    """Return the email of `campaign`, as frozen or as it would be sent now, without personal links.

    Raise RenderingError if its text cannot be rendered.
    """
    if campaign.frozen_sha256:
        email = RenderedEmail(campaign.frozen_subject, campaign.frozen_html, campaign.frozen_text)
    else:
        email = render_campaign(campaign, NewsletterSettings.load())
    html, text = email.html, email.text
    sample_url = absolute_url(reverse("newsletter:sample_link"))
    for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES):
        url = placeholder_url(campaign, purpose)
        html, text = html.replace(url, sample_url), text.replace(url, sample_url)
    return RenderedEmail(email.subject, html, text)


def preview_page(campaign: Campaign, kind: str) -> str:
    """Return an HTML page showing the email as plain "text", or as in a "dark" or (by default) light mail client.

    The color scheme is chosen by rewriting the email's media queries, so it does not depend on the author's system.
    """
    try:
        email = preview_email(campaign)
    except RenderingError as error:
        page = '<!doctype html><meta charset="utf-8"><style>{}</style><p>{}</p>'
        problem = f"The text cannot be rendered ({error}). Simplify it, or write the part that causes it again."
        return format_html(page, _TEXT_STYLE, problem)
    if kind == "text":
        page = '<!doctype html><meta charset="utf-8"><style>{}</style><pre>{}</pre>'
        return format_html(page, _TEXT_STYLE, email.text)
    scheme = "dark" if kind == "dark" else "light"
    html = _COLOR_SCHEME.sub(lambda match: "(min-width: 0)" if match[1] == scheme else "(max-width: 0)", email.html)
    return html.replace("<head>", '<head><base target="_blank">', 1)
