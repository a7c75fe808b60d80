"""Renditions: the sizes and formats in which visitors get an image, created by the worker.

The URL of a rendition follows from the image's file name, its focal point and the rules below, so there is no table of
renditions. `Image.rendition_rules` holds the hash of the rules it was made by; other rules mean new renditions.
"""

from __future__ import annotations

import hashlib
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

# Width by height of every crop; "whole" keeps the shape of the image and lists widths only.
WHOLE = (480, 800, 1200, 1600)
CARD = ((320, 213), (640, 427), (960, 640), (1280, 853))
OG_SIZE = (1200, 630)
# Pinterest shows tall images, two by three.
PINTEREST_SIZE = (800, 1200)
TYPES = {"avif": ("AVIF", 58), "webp": ("WEBP", 80), "jpg": ("JPEG", 82)}
MODERN = ("avif", "webp")


@register_pillow
def encode(get_image: Callable[..., Pillow.Image], kind: str) -> Callable[[Pillow.Image, Any], Pillow.Image]:
    """Return an imagefield processor that writes the image as `kind`, whatever the library stores."""
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
    "og_jpg": _format("jpg", ("crop", OG_SIZE)),
    "pinterest_jpg": _format("jpg", ("crop", PINTEREST_SIZE)),
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
RULES_HASH = hashlib.sha256(repr((WHOLE, CARD, OG_SIZE, PINTEREST_SIZE, TYPES, sorted(FORMATS))).encode()).hexdigest()[
    :16
]
FAILED = f"!{RULES_HASH}"


def _widths(image: Image, shape: str) -> list[int]:
    """Return the widths of `shape` that do not enlarge the image; at least the smallest."""
    if shape == "whole":
        return [width for width in WHOLE if width <= image.width] or [WHOLE[0]]
    widest = min(image.width, round(image.height * 1.5))
    return [width for width, _ in CARD if width <= widest] or [CARD[0][0]]


def _rendition_names(image: Image) -> list[str]:
    names = {f"{shape}{width}" for shape in ("whole", "card") for width in _widths(image, shape)}
    return [name for name in FORMATS if name.split("_")[0] in names or name.endswith("_jpg")]


def create_files(image: Image) -> None:
    """Store every rendition of `image` that is missing."""
    for name in _rendition_names(image):
        image.file.process(name)


def delete_files(file: Any) -> None:
    """Delete a stored file and every rendition of it, given as the value of an `Image.file`."""
    folder, stem = file._process_base(file.name)
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        names = []
    for name in names:
        if re.fullmatch(rf"{re.escape(stem)}[0-9a-f]{{12}}\.\w+", name):
            default_storage.delete(f"{folder}/{name}")
    default_storage.delete(file.name)


def image_html(
    image: Image,
    *,
    shape: str = "whole",
    sizes: str = "100vw",
    alt: str | None = None,
    is_first: bool = False,
) -> SafeString:
    """Return the `<picture>` element of `image`: AVIF and WebP by width, and a JPEG as fallback.

    Until the renditions exist it is an `<img>` with the file. `shape` is "whole" or "card" (3:2 around the focal
    point), `alt` overrides the library's text, and `is_first` marks the one image at the top of a page, which must
    not load lazily.
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


def og_image_url(image: Image) -> str:
    """Return the URL of the Open Graph image (1200 × 630), or of the file until that exists."""
    return image.file.og_jpg if image.has_renditions else image.file.url


def full_image_url(image: Image) -> str:
    """Return the URL of the whole image as a JPEG, or of the file until that exists."""
    return image.file.whole1200_jpg if image.has_renditions else image.file.url


def pinterest_image_url(image: Image) -> str:
    """Return the URL of the image in Pinterest's tall shape, or of the file until that exists."""
    return image.file.pinterest_jpg if image.has_renditions else image.file.url


def thumbnail_url(image: Image) -> str:
    """Return the URL of a small version for the admin, or of the file until that exists."""
    return image.file.card320_webp if image.has_renditions else image.file.url
