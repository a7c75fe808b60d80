"""Open Graph images of pages without an image: the title beside a drawing.

The URL holds the title, signed, so that nobody can make the site render other texts. An image is drawn when it is
first requested, and stored.
"""

import hashlib
import math
from datetime import timedelta
from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from images.rendition_formats import OG_SIZE
from siteinfo.seo import ShareImage
from siteinfo.urls import absolute_url

# Increase this when the design changes, so that all images get new URLs.
DESIGN_VERSION = 2
FOLDER = "share"
# Drawn again on request.
MAX_AGE = timedelta(days=30)
BATCH = 500
# Complete fonts. The fonts for pages are split into subsets.
FONTS = Path(__file__).parent / "fonts"
PAPER, INK, SOFT, GREEN, CLAY = "#fbf7f0", "#22302b", "#55615b", "#2c6655", "#c4673f"
SUNS = ("#f4e3b2", "#f5dcc9", "#dbe6da")
# Draw larger and scale down, because Pillow does not anti-alias lines.
SCALE = 2
TEXT_WIDTH, TEXT_HEIGHT, LEFT, TOP = 640, 400, 72, 72
SIZES = range(96, 39, -4)
LINE = 1.12
CENTER, BESIDE, GROUND, RADIUS = 600, 985, 512, 268


def og_image(title: str, site_name: str) -> ShareImage:
    """Return the Open Graph image of a page with this title."""
    token = _signer().sign_object([title, site_name], compress=True)
    return ShareImage(absolute_url(reverse("og_image", args=[token])), *OG_SIZE, alt=title)


def stored_og_image(token: str) -> str:
    """Return the name of the stored image for `token`, drawn now if it is missing.

    Raises BadSignature for a token that this site did not sign.
    """
    title, site_name = _signer().unsign_object(token)
    name = f"{FOLDER}/{hashlib.sha256(token.encode()).hexdigest()[:32]}.png"
    if not default_storage.exists(name):
        file = BytesIO()
        drawing = draw(title, site_name).quantize(128, dither=Image.Dither.NONE)
        drawing.save(file, "PNG", optimize=True)
        # If two requests draw it at once, the second file gets another name and is never requested.
        name = default_storage.save(name, ContentFile(file.getvalue()))
    return name


def delete_old() -> int:
    """Delete a batch of images drawn a month ago, such as those of titles that changed. Return how many."""
    # Both storages of the project have this method.
    names = default_storage.names_before(FOLDER, timezone.now() - MAX_AGE)  # type: ignore[attr-defined]
    old = list(islice(names, BATCH))
    for path in old:
        default_storage.delete(path)
    return len(old)


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"images.og_images.{DESIGN_VERSION}")


def draw(title: str, site_name: str) -> Image.Image:
    """Draw the image. A title in a script that the font lacks is left out, and the drawing is centered."""
    image = Image.new("RGB", (OG_SIZE[0] * SCALE, OG_SIZE[1] * SCALE), PAPER)
    pen = ImageDraw.Draw(image)
    seed = hashlib.sha256(title.encode()).digest()[0]
    text = _drawable(title, "newsreader-roman")
    _draw_scale(pen, BESIDE if text else CENTER, SUNS[seed % len(SUNS)], angle=38 + seed % 30)
    if text:
        font, lines = _fitted(text)
        height = font.size * LINE
        top = (TOP + max(0, (TEXT_HEIGHT - len(lines) * height / SCALE) / 2)) * SCALE
        for number, line in enumerate(lines):
            pen.text((LEFT * SCALE, top + number * height), line, fill=INK, font=font)
    if name := _drawable(site_name, "figtree-roman"):
        font = _font("figtree-roman", 30)
        while font.getlength(name) > 820 * SCALE:
            name = f"{name[:-2].rstrip()}…"
        pen.text((LEFT * SCALE, 571 * SCALE), name, fill=GREEN, font=font, anchor="lm")
    return image.resize(OG_SIZE, Image.Resampling.LANCZOS)


def _draw_scale(pen: ImageDraw.ImageDraw, center: int, sun: str, angle: int) -> None:
    """Draw the semicircular scale on its base line, with the arm at `angle` degrees and the pivot."""
    x, y = center * SCALE, GROUND * SCALE

    def at(degrees: float, radius: float) -> tuple[float, float]:
        turn = math.radians(degrees)
        return x - radius * SCALE * math.cos(turn), y - radius * SCALE * math.sin(turn)

    def bounding_box(radius: float) -> tuple[float, float, float, float]:
        return x - radius * SCALE, y - radius * SCALE, x + radius * SCALE, y + radius * SCALE

    pen.pieslice(bounding_box(RADIUS - 58), 180, 360, fill=sun)
    pen.arc(bounding_box(RADIUS), 180, 360, fill=CLAY, width=2 * SCALE)
    for degrees in range(0, 181, 3):
        length = 22 if degrees % 15 == 0 else 10
        pen.line([at(degrees, RADIUS - 9), at(degrees, RADIUS - 9 - length)], fill=CLAY, width=2 * SCALE)
    pen.line([(0, y), (OG_SIZE[0] * SCALE, y)], fill=INK, width=3 * SCALE)
    # The arm is a leaf: two curves from the pivot to the tip.
    tip = 180 - angle
    curve = [(15 * math.sin(math.pi * step / 40) * (1 - step / 55), (RADIUS - 46) * step / 40) for step in range(41)]
    left, right = ([at(tip + side * turn, radius) for turn, radius in curve] for side in (1, -1))
    pen.polygon([*left, *reversed(right)], fill=GREEN)
    pen.line([at(tip, 20), at(tip, RADIUS - 88)], fill=PAPER, width=2 * SCALE)
    pen.ellipse((x - 15 * SCALE, y - 15 * SCALE, x + 15 * SCALE, y + 15 * SCALE), fill=CLAY)


def _fitted(text: str) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """Return the largest font in which `text` fits, and its lines. Longer texts end in an ellipsis."""
    for size in SIZES:
        font = _font("newsreader-roman", size)
        max_lines = int(TEXT_HEIGHT * SCALE / (font.size * LINE))
        is_broken = any(font.getlength(word) > TEXT_WIDTH * SCALE for word in text.split())
        lines = _wrapped(text, font)
        if len(lines) <= max_lines and not is_broken:
            return font, lines
    return font, lines if len(lines) <= max_lines else [
        *lines[: max_lines - 1],
        f"{lines[max_lines - 1][:-1].rstrip()}…",
    ]


def _wrapped(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Wrap `text` to the width, breaking words that are longer than a line."""
    lines = [""]
    for word in text.split():
        candidate = f"{lines[-1]} {word}".strip()
        if font.getlength(candidate) <= TEXT_WIDTH * SCALE:
            lines[-1] = candidate
            continue
        lines.append("")
        for character in word:
            if font.getlength(lines[-1] + character) > TEXT_WIDTH * SCALE:
                lines.append("")
            lines[-1] += character
    return [line for line in lines if line]


def _drawable(text: str, font_name: str) -> str:
    """Return `text` without characters the font lacks, or "" if more than a tenth of it would be lost."""
    drawable = "".join(character for character in text if character.isspace() or _has(font_name, character))
    return " ".join(drawable.split()) if len(drawable) >= 0.9 * len(text) else ""


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONTS / f"{name}.woff2", size * SCALE)
    if name.startswith("figtree"):
        font.set_variation_by_name("SemiBold")
    return font


@cache
def _has(font_name: str, character: str) -> bool:
    """Return whether the font has a character: it differs from the glyph for unknown characters."""
    font = _font(font_name, 40)
    unknown = font.getmask("\U0010fffe")
    mask = font.getmask(character)
    return (mask.size, bytes(mask)) != (unknown.size, bytes(unknown))
