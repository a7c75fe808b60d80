"""Pictures as other sites and machines read them."""

from images import renditions
from images.models import Image
from siteinfo.seo import ShareImage
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url


def shared(image: Image | None) -> ShareImage | None:
    """`image` as other sites show it, with the size it has there."""
    if image is None:
        return None
    width, height = renditions.SHARE if image.has_renditions else (image.width, image.height)
    return ShareImage(absolute_url(renditions.share_url(image)), width, height, image.alt)


def image_object(image: Image) -> Node:
    """A picture with its size, words and maker."""
    url = absolute_url(renditions.whole_url(image))
    return node("ImageObject", id=url, url=url, caption=image.caption or image.alt, creditText=image.credit)


def picture_node(picture: ShareImage) -> Node:
    """A picture that stands for a page."""
    return node(
        "ImageObject",
        id=picture.url,
        url=picture.url,
        contentUrl=picture.url,
        width=picture.width,
        height=picture.height,
        caption=picture.alt,
    )
