"""The icons of the site in tabs, bookmarks and on home screens, made from the image that the author chose.

Browsers request some of them by fixed paths, so the URLs do not change with the image.
"""

import io
import logging
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import default_storage
from PIL import Image as Pillow
from PIL import ImageDraw, ImageOps

from images import lettering
from images.drawings import GREEN
from images.models import SiteImages
from siteinfo.models import Appearance, SiteInfo

log = logging.getLogger(__name__)

# The mark of the design, for sites that use its drawings and have no icon.
_MARK = Path(__file__).parent / "mark.png"
ICO_SIZES = (16, 32, 48)
# The sizes that phones and tablets of Apple, and browsers and search engines, scale down from.
APPLE_SIZE = 180
PNG_SIZE = 192


def favicon_ico() -> bytes:
    """Return the icon as ICO, with the sizes of tabs, task bars and bookmarks."""
    return _icon("ico")


def icon_png() -> bytes:
    """Return the icon as PNG. What is transparent in the image stays so."""
    return _icon("png")


def apple_touch_icon() -> bytes:
    """Return the icon as an opaque PNG: home screens show transparent parts in black."""
    return _icon("apple")


def _icon(kind: str) -> bytes:
    icon = SiteImages.load().icon
    if icon:
        try:
            return _encoded(icon.file.name, icon.focal_point, kind)
        except (FileNotFoundError, Pillow.UnidentifiedImageError, Pillow.DecompressionBombError, ValueError):
            log.exception("The site icon cannot be made from image %s", icon.pk)
    appearance = Appearance.load()
    if appearance.has_drawings:
        return _encoded("", "0.5x0.5", kind)
    return _encoded_initial(SiteInfo.load().name[:1].upper(), appearance.main_color or GREEN, kind)


@lru_cache(maxsize=12)
def _encoded(name: str, focal_point: str, kind: str) -> bytes:
    """Return the icon made from the stored file `name`, or from the mark. A stored file's name is never reused."""
    with default_storage.open(name) if name else _MARK.open("rb") as file:
        square = _square(io.BytesIO(file.read()), *map(float, focal_point.split("x")))
    return _encode(square, kind)


@lru_cache(maxsize=12)
def _encoded_initial(initial: str, color: str, kind: str) -> bytes:
    """Return the icon with the first letter of the site's name on a rounded square; without one in other scripts."""
    side = 2 * PNG_SIZE
    icon = Pillow.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(icon)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), side // 5, fill=color)
    if glyph := lettering.drawable(initial, lettering.SERIF):
        font = lettering.load_font(lettering.SERIF, round(side * 0.72))
        left, top, right, bottom = font.getbbox(glyph)
        pen.text(((side - left - right) / 2, (side - top - bottom) / 2), glyph, fill="#fffdf9", font=font)
    return _encode(icon, kind)


def _encode(square: "Pillow.Image", kind: str) -> bytes:
    output = io.BytesIO()
    if kind == "ico":
        largest = square.resize((ICO_SIZES[-1],) * 2, Pillow.Resampling.LANCZOS)
        smaller = [square.resize((size, size), Pillow.Resampling.LANCZOS) for size in ICO_SIZES[:-1]]
        largest.save(output, "ICO", sizes=[(size, size) for size in ICO_SIZES], append_images=smaller)
    else:
        size = APPLE_SIZE if kind == "apple" else PNG_SIZE
        icon = square.resize((size, size), Pillow.Resampling.LANCZOS)
        if kind == "apple":
            icon = Pillow.alpha_composite(Pillow.new("RGBA", icon.size, "white"), icon).convert("RGB")
        icon.save(output, "PNG", optimize=True)
    return output.getvalue()


def _square(file: BinaryIO, x: float, y: float) -> "Pillow.Image":
    """Return the image as a square: a logo on a transparent ground whole, a photo cropped around its focal point."""
    with Pillow.open(file) as opened:
        opened.draft("RGB", (2 * PNG_SIZE, 2 * PNG_SIZE))
        image = opened.convert("RGBA")
    if image.getchannel("A").getextrema() == (255, 255):
        side = (min(image.size),) * 2
        return ImageOps.fit(image, side, Pillow.Resampling.LANCZOS, centering=(x, y))
    image.thumbnail((2 * PNG_SIZE, 2 * PNG_SIZE), Pillow.Resampling.LANCZOS)
    return ImageOps.pad(image, (max(image.size),) * 2, Pillow.Resampling.LANCZOS, color=(0, 0, 0, 0))
