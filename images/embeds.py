"""How pictures of the library, and videos, appear in a text."""

from collections.abc import Collection

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from images.models import Image, Video
from images.renditions import picture, thumbnail, whole_url
from richtext import embeds
from richtext.embeds import Embed, RenderTarget
from siteinfo.urls import absolute_url

SIZES = "(min-width: 46rem) 43.5rem, 92vw"


def resolve(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Markup of each picture that still exists, in one query."""
    found = Image.objects.in_bulk({embed.id for embed in wanted})
    return {embed: _markup(found[embed.id], embed, target) for embed in wanted if embed.id in found}


def _markup(image: Image, embed: Embed, target: RenderTarget) -> str:
    alt = image.alt if embed.alt is None else embed.alt
    if target is RenderTarget.PAGE:
        return picture(image, sizes=SIZES, alt=alt)
    if target.is_external:
        return _still(image, alt)
    override = "" if embed.alt is None else format_html(' alt="{}"', embed.alt)
    return format_html('<img data-image="{}" src="{}"{}>', image.pk, image.file.url, override)


def _still(image: Image, alt: str) -> SafeString:
    """The picture for programs that know no `<picture>`."""
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="{}">',
        absolute_url(whole_url(image)),
        image.width,
        image.height,
        alt,
    )


def resolve_videos(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Markup of each known video, in one query."""
    found = Video.objects.select_related("thumbnail").in_bulk({embed.id for embed in wanted})
    return {embed: _video(found[embed.id], target) for embed in wanted if embed.id in found}


def _video(video: Video, target: RenderTarget) -> str:
    if target.is_external:
        site = video.get_provider_display()
        link = format_html('<p><a href="{}">{} (video on {})</a></p>', video.address, video, site)
        if target is RenderTarget.EMAIL and video.thumbnail:
            still = _still(video.thumbnail, "")
            return format_html('<figure><a href="{}">{}</a></figure>{}', video.address, still, link)
        return link
    if target is RenderTarget.EDITOR:
        source = thumbnail(video.thumbnail) if video.thumbnail else ""
        marks = '<div data-embed="video" data-id="{}" data-title="{}" data-thumb="{}"></div>'
        return format_html(marks, video.pk, video, source)
    # The script comes with the facade, so that only pages with a video load it; a browser runs a module once.
    return format_html(
        '<div class="video" data-video="{player}"><a href="{address}">{picture}'
        '<span class="video-title"><svg class="icon" aria-hidden="true"><use href="{sprite}#play"></use></svg>'
        "<span><b>{title}</b> <small>Video, plays from {site}</small></span></span></a>"
        '<script type="module" src="{script}"></script></div>',
        player=video.player,
        address=video.address,
        picture=picture(video.thumbnail, sizes=SIZES, alt="") if video.thumbnail else "",
        sprite=static("site/img/sprite.svg"),
        title=video,
        site=video.get_provider_display(),
        script=static("site/js/video.js"),
    )


def register() -> None:
    """Let prose fill the kinds "image" and "video" from the library."""
    embeds.register("image", Image, resolve)
    embeds.register("video", Video, resolve_videos)
