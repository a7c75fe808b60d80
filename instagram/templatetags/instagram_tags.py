"""Template tags for the Instagram strip."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template

from instagram.models import InstagramPost, InstagramSettings
from siteinfo.models import SocialLink

register = template.Library()


class Strip(NamedTuple):
    """The heading and the posts of the strip."""

    title: str
    posts: list[InstagramPost]


@register.simple_tag
def instagram_strip() -> Strip:
    """Return the strip. It has no posts if none is visible."""
    settings = InstagramSettings.load()
    return Strip(settings.title, list(InstagramPost.objects.visible()[: settings.image_count]))


@register.filter
def instagram_url(links: Iterable[SocialLink]) -> str:
    """Return the URL of the Instagram profile among the site's social links, or an empty string."""
    return next((link.url for link in links if link.network == SocialLink.Network.INSTAGRAM), "")
