"""What a campaign begins with when it is not a blank page: a post, or all posts since the last mail."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join

from blog.models import Post
from newsletter.campaigns.preflight import PREHEADER_LENGTH
from newsletter.models import Campaign
from siteinfo.seo import truncate
from siteinfo.urls import absolute_url

# Without any mail so far, a digest looks back this long; and it is no longer than this.
FIRST_DIGEST = timedelta(days=30)
MOST_POSTS = 20
_LONGEST = 150


def from_post(post: Post, *, whole: bool = False) -> dict[str, Any]:
    """The fields of a campaign about `post`: its beginning with a link to the rest, or the `whole` text."""
    return {
        "subject": truncate(post.title, _LONGEST),
        "preheader": truncate(post.excerpt or post.summary, PREHEADER_LENGTH),
        "body": post.body if whole else _beginning(post),
        "post": post.pk,
    }


def from_new_posts() -> dict[str, Any]:
    """The fields of a campaign about what was published since the last mail; no text if nothing was."""
    posts = list(Post.objects.published().filter(published_at__gt=since()).newest_first()[:MOST_POSTS])
    if not posts:
        return {}
    rest = ", ".join(post.title for post in posts[1:])
    return {
        "subject": truncate(posts[0].title, _LONGEST),
        "preheader": truncate(f"And {rest}" if rest else posts[0].excerpt or posts[0].summary, PREHEADER_LENGTH),
        "body": format_html_join("", "<h2>{}</h2>{}", ((post.title, _beginning(post)) for post in posts)),
    }


def since() -> datetime:
    """When the last mail went out, or a month ago."""
    begun = Campaign.objects.filter(started_at__isnull=False).order_by("-started_at")
    return begun.values_list("started_at", flat=True).first() or timezone.now() - FIRST_DIGEST


def _beginning(post: Post) -> str:
    picture = (
        format_html('<figure><img data-image="{}"></figure>', post.featured_image_id) if post.featured_image_id else ""
    )
    return format_html(
        '{}<p>{}</p><p><a href="{}">Read “{}”</a></p>',
        picture,
        post.excerpt or post.summary,
        absolute_url(post.get_absolute_url()),
        post.title,
    )
