"""Render campaigns as emails, with placeholders for personal links, and their texts for other render targets."""

import logging
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.utils.safestring import SafeString, mark_safe

from blog.disclaimers import disclaimer_of
from blog.models import Post
from evidence.disclaimers.models import default_text
from newsletter.email_template import EmailBody, render_email
from newsletter.models import Campaign, NewsletterSettings
from newsletter.rendering.email_html import adapt_html, render_cover
from newsletter.rendering.personal_links import placeholder_url
from newsletter.tokens import TokenPurpose
from richtext.analysis import plain_text
from richtext.embeds import RenderTarget
from richtext.rendering import render_all
from richtext.sanitizer import parse, serialize
from siteinfo.models import SiteInfo
from siteinfo.seo import truncate
from siteinfo.urls import absolute_url

log = logging.getLogger(__name__)

# Gmail clips emails at 102 kB, and with them the unsubscribe link at the end. Personal tokens add to this size.
MAX_HTML_BYTES = 98_000
_TEMPLATE = "newsletter/email/campaign/body.html"


class RenderedEmail(NamedTuple):
    """A rendered campaign."""

    subject: str
    html: str
    text: str


class RenderingError(Exception):
    """Raised for a campaign whose text cannot be rendered. The message is the name of the error that it caused."""


def render_campaign(campaign: Campaign, newsletter_settings: NewsletterSettings) -> RenderedEmail:
    """Render `campaign`, with placeholders for personal links. Raise RenderingError if its text cannot be rendered.

    If it exceeds MAX_HTML_BYTES and the full text is on the site, it is cut and links there.
    """
    try:
        return render_email_of(campaign, newsletter_settings)
    except (DatabaseError, ConnectionError):
        # No text causes these.
        raise
    except Exception as error:
        log.exception("Campaign %s cannot be rendered", campaign.pk)
        raise RenderingError(type(error).__name__) from error


def render_email_of(campaign: Campaign, newsletter_settings: NewsletterSettings) -> RenderedEmail:
    """Render `campaign` like `render_campaign`, but raise whatever its text causes."""
    is_of_post = campaign.kind == Campaign.Kind.POST
    post = _linked_post(campaign)
    post_url = absolute_url(post.get_absolute_url()) if post else ""
    archive_url = absolute_url(campaign.archive_path) if campaign.is_in_archive else ""
    # The page with the same full text. It replaces links that emails must not contain, such as Amazon's.
    web_url = post_url if is_of_post else archive_url
    opening, body = map(adapt_html, render_texts(campaign, RenderTarget.EMAIL, web_url or post_url))
    context = {
        "campaign": campaign,
        "newsletter_settings": newsletter_settings,
        "site": SiteInfo.load(),
        "home_url": absolute_url("/"),
        "preheader": campaign.preheader or truncate(post.summary if post else plain_text(campaign.body)),
        "opening": opening,
        "body": body,
        "post": post,
        "is_of_post": is_of_post,
        "disclaimer": disclaimer_of(post) if is_of_post and post else default_text(),
        "is_summary": is_of_post and newsletter_settings.post_content == NewsletterSettings.PostContent.SUMMARY,
        "cover": render_cover(post.featured_image) if post else "",
        "entries": [_digest_entry(digest_post) for digest_post in digest_posts(campaign)],
        "button_url": post_url,
        "button_label": "Read it on the website" if is_of_post else "Read the post",
        "web_url": web_url,
        "unsubscribe_url": placeholder_url(campaign, TokenPurpose.UNSUBSCRIBE),
        "preferences_url": placeholder_url(campaign, TokenPurpose.PREFERENCES),
    }
    email = render_email(_TEMPLATE, context)
    if web_url and _is_too_large(email):
        email = _render_cut(context | {"button_url": web_url, "button_label": "Read the rest on the website"})
    return RenderedEmail(campaign.subject, email.html, email.text)


def digest_posts(campaign: Campaign) -> list[Post]:
    """Return the public posts of a digest, newest first; [] for other kinds."""
    if campaign.kind != Campaign.Kind.DIGEST:
        return []
    return list(Post.objects.published().filter(announcement__digest=campaign).newest_first().for_cards())


def render_texts(campaign: Campaign, target: RenderTarget, fallback_url: str = "") -> list[SafeString]:
    """Return the opening of a campaign about posts ("" for other kinds) and the main text, rendered for `target`.

    `fallback_url` replaces links that `target` does not allow.
    """
    if campaign.kind in (Campaign.Kind.MANUAL, Campaign.Kind.SEQUENCE):
        texts = ["", campaign.body]
    else:
        texts = [campaign.body, campaign.post.body if campaign.post else ""]
    return render_all(texts, target, [fallback_url] * 2)


def _linked_post(campaign: Campaign) -> Post | None:
    """Return the post the email links to. A manual campaign may be about a draft, which has no public page."""
    post = campaign.post
    if post and campaign.kind != Campaign.Kind.POST and not post.is_published:
        return None
    return post


def _digest_entry(post: Post) -> dict[str, Any]:
    return {"post": post, "url": absolute_url(post.get_absolute_url()), "cover": render_cover(post.featured_image)}


def _is_too_large(email: EmailBody) -> bool:
    return len(email.html.encode()) > MAX_HTML_BYTES


def _render_cut(context: dict[str, Any]) -> EmailBody:
    """Render the email with as many top-level blocks of its body as fit, found by binary search."""
    blocks = list(parse(context["body"]))
    low, high = 0, len(blocks)
    while low < high:
        middle = (low + high + 1) // 2
        if _is_too_large(_render_blocks(blocks[:middle], context)):
            high = middle - 1
        else:
            low = middle
    while low and blocks[low - 1].tag in ("h2", "h3", "h4"):
        low -= 1
    return _render_blocks(blocks[:low], context)


def _render_blocks(blocks: list[Any], context: dict[str, Any]) -> EmailBody:
    root = parse("")
    root.extend(blocks)
    return render_email(_TEMPLATE, context | {"body": mark_safe(serialize(root))})  # noqa: S308 - safe when parsed
