"""Render the embeds of rich text that show images, videos and files."""

from collections.abc import Collection

from django.template.defaultfilters import linebreaks_filter
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from images.missing import missing_html, missing_text
from images.models import Image, MediaFile, Video
from images.renditions import full_image_url, image_html, thumbnail_url
from richtext import embeds
from richtext.embeds import Embed, RenderTarget
from siteinfo.urls import absolute_url

SIZES = "(min-width: 43rem) 40rem, 92vw"


def resolve_images(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Return the HTML of each image that still exists. One query."""
    images = Image.objects.in_bulk({embed.id for embed in wanted})
    return {embed: _image_html(images[embed.id], embed, target) for embed in wanted if embed.id in images}


def _image_html(image: Image, embed: Embed, target: RenderTarget) -> str:
    alt = image.alt if embed.alt is None else embed.alt
    if image.is_missing and target is not RenderTarget.EDITOR:
        return missing_text(alt) if target.is_external else missing_html(alt)
    if target is RenderTarget.PAGE:
        return image_html(image, sizes=SIZES, alt=alt)
    if target.is_external:
        return _plain_image(image, alt)
    override = "" if embed.alt is None else format_html(' alt="{}"', embed.alt)
    return format_html('<img data-image="{}" src="{}"{}>', image.pk, image.file.url, override)


def _plain_image(image: Image, alt: str) -> SafeString:
    """Return an `<img>` for feed readers and email programs, which do not support `<picture>`."""
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="{}">',
        absolute_url(full_image_url(image)),
        image.width,
        image.height,
        alt,
    )


def resolve_videos(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Return the HTML of each video that still exists. One query."""
    videos = Video.objects.select_related("thumbnail").in_bulk({embed.id for embed in wanted})
    return {embed: _video_html(videos[embed.id], embed.start, target) for embed in wanted if embed.id in videos}


def _video_html(video: Video, start: int, target: RenderTarget) -> str:
    url = video.url_at(start)
    if target.is_external:
        site = video.get_provider_display()
        link = format_html('<p><a href="{}">{} (video on {})</a></p>', url, video, site)
        if target is RenderTarget.EMAIL and video.thumbnail:
            image = _plain_image(video.thumbnail, "")
            return format_html('<figure><a href="{}">{}</a></figure>{}', url, image, link)
        return link
    if target is RenderTarget.EDITOR:
        source = thumbnail_url(video.thumbnail) if video.thumbnail else ""
        start_attribute = format_html(' data-start="{}"', start) if start else ""
        placeholder = '<div data-embed="video" data-id="{}"{} data-title="{}" data-thumb="{}"></div>'
        return format_html(placeholder, video.pk, start_attribute, video, source)
    # The script is part of the embed, so that only pages with a video load it. Browsers run a module once.
    return format_html(
        '<div class="video" data-video="{player}"><a href="{url}">{thumbnail}'
        '<span class="video-title"><svg class="icon" aria-hidden="true"><use href="{sprite}#play"></use></svg>'
        "<span><b>{title}</b> <small>Video, plays from {site}{captions}</small></span></span></a>"
        '<script type="module" src="{script}"></script></div>{transcript}',
        player=video.player_url(start),
        url=url,
        thumbnail=image_html(video.thumbnail, sizes=SIZES, alt="") if video.thumbnail else "",
        sprite=static("site/img/sprite.svg"),
        title=video,
        site=video.get_provider_display(),
        script=static("site/js/video.js"),
        captions=", with captions" if video.has_captions else "",
        transcript=_transcript(video),
    )


def _transcript(video: Video) -> SafeString:
    """Return the transcript below the video, closed until someone opens it, or ""."""
    if not video.transcript.strip():
        return SafeString("")
    # Documents may show a video twice, so the heading has no id.
    summary = '<details class="transcript"><summary>Transcript of “{}”</summary>{}</details>'
    return format_html(summary, video, linebreaks_filter(video.transcript))


def resolve_files(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Return the HTML of each file that still exists: a link with its type and size. One query."""
    files = MediaFile.objects.in_bulk({embed.id for embed in wanted})
    return {embed: _file_html(files[embed.id], target) for embed in wanted if embed.id in files}


def _file_html(file: MediaFile, target: RenderTarget) -> SafeString:
    if target is RenderTarget.EDITOR:
        return format_html('<div data-embed="file" data-id="{}" data-title="{}"></div>', file.pk, file)
    url = absolute_url(file.get_absolute_url()) if target.is_external else file.get_absolute_url()
    return format_html('<p class="file"><a href="{}">{}</a> <small>{}</small></p>', url, file, file.description)


def register() -> None:
    """Register the embeds "image", "video" and "file" with richtext."""
    embeds.register("image", Image, resolve_images)
    embeds.register("video", Video, resolve_videos)
    embeds.register("file", MediaFile, resolve_files)
