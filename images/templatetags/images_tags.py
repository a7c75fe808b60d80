"""Pictures of the library in templates. Without a picture every tag here gives nothing."""

from django import template
from django.utils.safestring import SafeString

from images import renditions
from images.models import Image
from siteinfo.urls import absolute_url

register = template.Library()


@register.simple_tag
def picture(
    image: Image | None,
    shape: str = "whole",
    sizes: str = "100vw",
    alt: str | None = None,
    is_first: bool = False,
) -> SafeString:
    """The markup of `image`; the options are those of `images.renditions.picture`."""
    if not image:
        return SafeString("")
    return renditions.picture(image, shape=shape, sizes=sizes, alt=alt, is_first=bool(is_first))


@register.simple_tag
def share_address(image: Image | None) -> str:
    """The absolute address of `image` as other sites show it."""
    return absolute_url(renditions.share_url(image)) if image else ""


@register.simple_tag
def pin_address(image: Image | None) -> str:
    """The absolute address of `image` in Pinterest's tall shape."""
    return absolute_url(renditions.pin_url(image)) if image else ""


@register.filter
def thumbnail(image: Image) -> str:
    """The address of a small version of `image`, for the writing desk."""
    return renditions.thumbnail(image)
