"""What an author needs to post about a post elsewhere: images in the shapes that networks show, and captions."""

from typing import NamedTuple

from blog.models import Post
from images import drawings
from images.og_images import og_image
from siteinfo.models import Appearance, SiteInfo
from siteinfo.seo import ShareImage
from siteinfo.urls import absolute_url

MAX_HASHTAGS = 8
_NAMES = {"Square": drawings.SQUARE, "Tall": drawings.TALL, "Wide": drawings.SHARE}


class ShareKit(NamedTuple):
    """Images and captions by what they are for."""

    images: dict[str, ShareImage]
    captions: dict[str, str]


def make_share_kit(post: Post, site: SiteInfo, appearance: Appearance) -> ShareKit:
    """Return the images and captions for `post`."""
    url = absolute_url(post.get_absolute_url())
    points = "\n".join(f"• {point}" for point in post.tldr_points)
    hashtags = " ".join(_hashtag(str(tag)) for tag in post.tags.all()[:MAX_HASHTAGS])
    long = (post.title, points or post.summary, f"Read it: {url}", hashtags)
    return ShareKit(
        images={name: og_image(post.title, site.name, appearance, kind) for name, kind in _NAMES.items()},
        captions={"Short caption": f"{post.title} {url}", "Long caption": "\n\n".join(part for part in long if part)},
    )


def _hashtag(name: str) -> str:
    """Return a tag as networks write it: the words joined, each with a capital."""
    return "#" + "".join(word[:1].upper() + word[1:] for word in name.replace("-", " ").split())
