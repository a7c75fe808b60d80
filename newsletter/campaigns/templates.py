"""Initial content of a campaign: an existing post, or all posts since the last campaign."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join

from blog.models import Post
from newsletter.campaigns.preflight import PREHEADER_LENGTH
from newsletter.models import Campaign
from siteinfo.seo import truncate
from siteinfo.urls import absolute_url

# How far back a digest looks if no campaign has been sent yet, and how many posts it contains at most.
FIRST_DIGEST_PERIOD = timedelta(days=30)
MAX_POSTS = 20
_SUBJECT_LENGTH = 150


def from_post(post: Post, *, full_text: bool = False) -> dict[str, Any]:
    """Return the initial fields of a campaign about `post`: its title with its summary and a link, or its full text."""
    title = format_html('<h2><a href="{}">{}</a></h2>', absolute_url(post.get_absolute_url()), post.title)
    return {
        "subject": truncate(post.title, _SUBJECT_LENGTH),
        "preheader": truncate(post.excerpt or post.summary, PREHEADER_LENGTH),
        "body": title + (post.body if full_text else _teaser(post)),
        "post": post.pk,
    }


def from_new_posts() -> dict[str, Any]:
    """Return the initial fields of a campaign about the posts since the last one; {} if there are none."""
    posts = list(Post.objects.published().filter(published_at__gt=last_sent_at()).newest_first()[:MAX_POSTS])
    if not posts:
        return {}
    first, *others = posts
    other_titles = ", ".join(post.title for post in others)
    preheader = f"And {other_titles}" if others else first.excerpt or first.summary
    return {
        "subject": truncate(first.title, _SUBJECT_LENGTH),
        "preheader": truncate(preheader, PREHEADER_LENGTH),
        "body": format_html_join("", "<h2>{}</h2>{}", ((post.title, _teaser(post)) for post in posts)),
    }


def last_sent_at() -> datetime:
    """Return when the last campaign started; a month ago if there is none."""
    campaigns = Campaign.objects.exclude(kind=Campaign.Kind.SEQUENCE)
    started = campaigns.filter(started_at__isnull=False).order_by("-started_at")
    return started.values_list("started_at", flat=True).first() or timezone.now() - FIRST_DIGEST_PERIOD


def _teaser(post: Post) -> str:
    image = ""
    if post.featured_image_id:
        image = format_html('<figure><img data-image="{}"></figure>', post.featured_image_id)
    return format_html(
        '{}<p>{}</p><p><a href="{}">Read “{}”</a></p>',
        image,
        post.excerpt or post.summary,
        absolute_url(post.get_absolute_url()),
        post.title,
    )
