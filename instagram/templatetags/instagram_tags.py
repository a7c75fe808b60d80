"""The follow-along strip in templates."""

from collections.abc import Iterable

from django import template

from instagram.models import Shot
from siteinfo.models import SocialLink

register = template.Library()


@register.simple_tag
def follow_strip() -> list[Shot]:
    """The squares of the strip, in order; none hides it. One query."""
    return Shot.objects.strip()


@register.filter
def instagram(links: Iterable[SocialLink]) -> str:
    """The address of the Instagram profile among the site's `links`, or nothing."""
    return next((link.url for link in links if link.network == SocialLink.Network.INSTAGRAM), "")
