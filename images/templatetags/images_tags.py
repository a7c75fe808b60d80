"""Template tags for images in the library. Without an image, they return an empty string."""

from django import template
from django.utils.safestring import SafeString

from images import renditions
from images.models import Image
from siteinfo.urls import absolute_url

register = template.Library()


@register.simple_tag(name="image")
def image_tag(
    image: Image | None,
    shape: str = "whole",
    sizes: str = "100vw",
    alt: str | None = None,
    is_first: bool = False,
) -> SafeString:
    """Render `image`. The options are those of `images.renditions.image_html()`."""
    if not image or image.is_missing:
        return SafeString("")
    return renditions.image_html(image, shape=shape, sizes=sizes, alt=alt, is_first=bool(is_first))


@register.simple_tag
def og_image_url(image: Image | None) -> str:
    """Return the absolute URL of the Open Graph rendition of `image`."""
    return absolute_url(renditions.og_image_url(image)) if image else ""


@register.simple_tag
def pinterest_image_url(image: Image | None) -> str:
    """Return the absolute URL of `image` in Pinterest's tall shape."""
    return absolute_url(renditions.pinterest_image_url(image)) if image else ""


@register.filter
def thumbnail_url(image: Image) -> str:
    """Return the URL of a small version of `image`, for the admin."""
    return renditions.thumbnail_url(image)
