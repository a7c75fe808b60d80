"""Images in SEO metadata and structured data."""

from images import renditions
from images.models import Image
from images.rendition_formats import OG_SIZE
from siteinfo.seo import ShareImage
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url


def share_image(image: Image | None) -> ShareImage | None:
    """Return `image` for Open Graph tags, with the size it has there."""
    if image is None or image.is_missing:
        return None
    width, height = OG_SIZE if image.has_renditions else (image.width, image.height)
    return ShareImage(absolute_url(renditions.og_image_url(image)), width, height, image.alt)


def image_object(image: Image) -> Node:
    """Return an ImageObject with caption and credit."""
    url = absolute_url(renditions.full_image_url(image))
    return node("ImageObject", id=url, url=url, caption=image.caption or image.alt, creditText=image.credit)


def share_image_node(image: ShareImage) -> Node:
    """Return the ImageObject that represents a page."""
    return node(
        "ImageObject",
        id=image.url,
        url=image.url,
        contentUrl=image.url,
        width=image.width,
        height=image.height,
        caption=image.alt,
    )
