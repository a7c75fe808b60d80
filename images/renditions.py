"""The sizes and formats in which readers get a picture, made off the request by the worker.

A rendition's address follows from the picture's name, its focal point and the rules below, so no table of
files is kept: `Image.renditions` holds the rules it was made by, and other rules mean it is made again.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from imagefield.processing_pillow import register_pillow
from PIL import Image as Pillow

if TYPE_CHECKING:
    from images.models import Image

log = logging.getLogger(__name__)

# Width by height of every crop; "whole" keeps the picture's own shape and lists widths only.
WHOLE = (480, 800, 1200, 1600)
CARD = ((320, 213), (640, 427), (960, 640), (1280, 853))
SHARE = (1200, 630)
# Pinterest shows tall pictures, two by three.
PIN = (800, 1200)
TYPES = {"avif": ("AVIF", 58), "webp": ("WEBP", 80), "jpg": ("JPEG", 82)}
MODERN = ("avif", "webp")


@register_pillow
def encode(get_image: Callable[..., Pillow.Image], kind: str) -> Callable[[Pillow.Image, Any], Pillow.Image]:
    """An imagefield processor: write as `kind`, whatever the library keeps the picture as."""
    format_name, quality = TYPES[kind]

    def processor(image: Pillow.Image, context: Any) -> Pillow.Image:
        context.save_kwargs.update(format=format_name, quality=quality)
        if kind == "avif":
            context.save_kwargs["speed"] = 7
        image = get_image(image, context)
        if kind == "jpg" and image.mode != "RGB":
            ground = Pillow.new("RGB", image.size, "white")
            ground.paste(image, mask=image.getchannel("A") if "A" in image.getbands() else None)
            return ground
        return image

    return processor


def _format(kind: str, *processors: Any) -> Callable[[Any, Any], None]:
    def spec(fieldfile: Any, context: Any) -> None:
        context.extension = f".{kind}"
        context.processors = [("encode", kind), *processors]

    return spec


FORMATS: dict[str, Callable[[Any, Any], None]] = {
    "share_jpg": _format("jpg", ("crop", SHARE)),
    "pin_jpg": _format("jpg", ("crop", PIN)),
}
for _kind in TYPES:
    FORMATS |= {
        f"whole{width}_{_kind}": _format(_kind, ("thumbnail", (width, 100_000)))
        for width in WHOLE
        if _kind in MODERN or width == 1200
    }
    FORMATS |= {
        f"card{size[0]}_{_kind}": _format(_kind, ("crop", size)) for size in CARD if _kind in MODERN or size[0] == 640
    }
RULES = hashlib.sha256(repr((WHOLE, CARD, SHARE, PIN, TYPES, sorted(FORMATS))).encode()).hexdigest()[:16]
FAILED = f"!{RULES}"


def _widths(image: Image, shape: str) -> list[int]:
    """The widths of `shape` that do not blow the picture up; at least the smallest."""
    if shape == "whole":
        return [width for width in WHOLE if width <= image.width] or [WHOLE[0]]
    widest = min(image.width, round(image.height * 1.5))
    return [width for width, _ in CARD if width <= widest] or [CARD[0][0]]


def _wanted(image: Image) -> list[str]:
    names = {f"{shape}{width}" for shape in ("whole", "card") for width in _widths(image, shape)}
    return [name for name in FORMATS if name.split("_")[0] in names or name.endswith("_jpg")]


def make(image: Image) -> None:
    """Store every rendition of `image` that is missing, then say so on its row. Safe to run twice or at once."""
    for name in _wanted(image):
        image.file.process(name)
    # Only if nobody replaced the file or moved the focal point meanwhile.
    current = type(image).objects.filter(pk=image.pk, file=image.file.name, focal_point=image.focal_point)
    if current.update(renditions=RULES):
        image.renditions = RULES
    else:
        remove(image.file.name)


def remove(name: str) -> None:
    """Remove the stored file `name` and whatever was made of it, unless a picture of the library still is that file.

    Renditions of an earlier focal point stay until then, since feeds and other sites may show them.
    """
    from images.models import Image

    if not name or Image.objects.filter(file=name).exists():
        return
    folder, stem = Image(width=1, height=1, file=name).file._process_base(name)
    try:
        beside = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        beside = []
    for made in beside:
        if re.fullmatch(rf"{re.escape(stem)}[0-9a-f]{{12}}\.\w+", made):
            default_storage.delete(f"{folder}/{made}")
    default_storage.delete(name)


def make_missing(limit: int = 20) -> int:
    """Make the renditions of up to `limit` pictures that await them; how many were made. A bad file stops none."""
    from images.models import Image

    made = 0
    for image in Image.objects.awaiting_renditions().order_by("pk")[:limit]:
        try:
            make(image)
            made += 1
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) and not isinstance(error, FileNotFoundError):
                raise  # a full disk or a lost connection says nothing about the picture
            log.exception("Picture %s could not be rendered", image.pk)
            # Not tried again before the file or the rules change: it must not stand before the others for ever.
            Image.objects.filter(pk=image.pk, file=image.file.name).update(renditions=FAILED)
    return made


def picture(
    image: Image,
    *,
    shape: str = "whole",
    sizes: str = "100vw",
    alt: str | None = None,
    is_first: bool = False,
) -> SafeString:
    """The `<picture>` of `image`: AVIF and WebP by width, a JPEG for the rest, the file itself until they are made.

    `shape` is "whole" or "card" (3:2 round the focal point); `alt` overrides the library's text; `is_first`
    marks the one picture a page opens with, which must not be lazy.
    """
    alt = image.alt if alt is None else alt
    priority = {"fetchpriority": "high"} if is_first else {"loading": "lazy", "decoding": "async"}
    extra = format_html_join("", ' {}="{}"', priority.items())
    css = "image" if shape == "card" else ""
    if not image.has_renditions:
        return _img(image.file.url, image.width, image.height, alt, css, extra)
    widths = _widths(image, shape)
    width = widths[-1] if shape == "card" else image.width
    height = dict(CARD)[width] if shape == "card" else image.height
    fallback = getattr(image.file, "card640_jpg" if shape == "card" else "whole1200_jpg")
    sources = format_html_join(
        "",
        '<source type="image/{}" srcset="{}" sizes="{}">',
        (
            (kind, ", ".join(f"{getattr(image.file, f'{shape}{w}_{kind}')} {w}w" for w in widths), sizes)
            for kind in MODERN
        ),
    )
    return format_html("<picture>{}{}</picture>", sources, _img(fallback, width, height, alt, css, extra))


def _img(src: str, width: int, height: int, alt: str, css: str, extra: SafeString) -> SafeString:
    css_attribute = format_html(' class="{}"', css) if css else SafeString("")
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="{}"{}{}>', src, width, height, alt, css_attribute, extra
    )


def share_url(image: Image) -> str:
    """The address of the picture as other sites show it (1200 × 630), or of the file until that is made."""
    return image.file.share_jpg if image.has_renditions else image.file.url


def whole_url(image: Image) -> str:
    """The address of the whole picture in a form that everything can read."""
    return image.file.whole1200_jpg if image.has_renditions else image.file.url


def pin_url(image: Image) -> str:
    """The address of the picture in Pinterest's tall shape, or of the file until that is made."""
    return image.file.pin_jpg if image.has_renditions else image.file.url


def thumbnail(image: Image) -> str:
    """The address of a small version for the writing desk."""
    return image.file.card320_webp if image.has_renditions else image.file.url
