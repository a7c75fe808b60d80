"""Renditions: the sizes and formats in which visitors get an image, created by the worker.

The URL of a rendition follows from the image's file name, its focal point and `rendition_formats`, so there is no table
of renditions.
"""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from images.models import Image
from images.rendition_formats import CARD, FORMATS, MODERN, WHOLE


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


def image_html(
    image: Image,
    *,
    shape: str = "whole",
    sizes: str = "100vw",
    alt: str | None = None,
    is_first: bool = False,
) -> SafeString:
    """Return the `<picture>` element of `image`: AVIF and WebP by width, and a JPEG as fallback.

    Until the renditions exist, return an `<img>` with the file. `shape` is "whole" or "card" (3:2 around the focal
    point), `alt` overrides the library's text, and `is_first` marks the image at the top of a page, which must not
    load lazily.
    """
    alt = image.alt if alt is None else alt
    priority = {"fetchpriority": "high"} if is_first else {"loading": "lazy", "decoding": "async"}
    extra = format_html_join("", ' {}="{}"', priority.items())
    css_class = f"{_card_classes(image) if shape == 'card' else _height_class(image)} {_ground_class(image)}".strip()
    if not image.has_renditions:
        return _img(image.file.url, image.width, image.height, alt, css_class, extra)
    widths = _widths(image, shape)
    width = widths[-1] if shape == "card" else image.width
    height = dict(CARD)[width] if shape == "card" else image.height
    fallback = getattr(image.file, "card640_jpg" if shape == "card" else "whole1200_jpg")
    sources = format_html_join(
        "",
        '<source type="image/{}" srcset="{}" sizes="{}">',
        ((kind, _srcset(image, shape, widths, kind), sizes) for kind in MODERN),
    )
    return format_html("<picture>{}{}</picture>", sources, _img(fallback, width, height, alt, css_class, extra))


def _card_classes(image: Image) -> str:
    """Return the classes of a card, with the side on which its focal point is, for style sheets that crop more."""
    x, y = map(float, image.focal_point.split("x"))
    # A card is cropped around the focal point as far as the image allows.
    x = _position_in_crop(x, min(1, 1.5 * image.height / image.width)) if image.has_renditions else x
    y = _position_in_crop(y, min(1, image.width / image.height / 1.5)) if image.has_renditions else y
    sides = {"left": x < 0.35, "right": x > 0.65, "top": y < 0.35, "bottom": y > 0.65}
    return " ".join(["image", *(f"image--{side}" for side, is_there in sides.items() if is_there)])


def _position_in_crop(position: float, part: float) -> float:
    """Return where a point is within a crop to `part` of the length that is centered on it as far as possible."""
    start = min(max(position - part / 2, 0), 1 - part)
    return (position - start) / part


def _height_class(image: Image) -> str:
    """Return the class of images that would be higher than a screen at the width of a text."""
    if image.height > 2 * image.width:
        return "image--narrow"
    return "image--tall" if image.height > 1.25 * image.width else ""


def _ground_class(image: Image) -> str:
    """Return the class of images that may be transparent. Photos are stored as JPEG and cover their ground."""
    return "" if image.file.name.endswith(".jpg") else "image--drawing"


def _srcset(image: Image, shape: str, widths: list[int], kind: str) -> str:
    return ", ".join(f"{getattr(image.file, f'{shape}{width}_{kind}')} {width}w" for width in widths)


def _img(src: str, width: int, height: int, alt: str, css_class: str, extra: SafeString) -> SafeString:
    class_attribute = format_html(' class="{}"', css_class) if css_class else SafeString("")
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="{}"{}{}>', src, width, height, alt, class_attribute, extra
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
