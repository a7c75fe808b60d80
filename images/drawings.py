"""Drawings made from a title, a category and the site's colors: share images, and covers of posts without an image."""

import hashlib
import math
from typing import NamedTuple

from PIL import Image, ImageDraw

from images import lettering
from images.rendition_formats import OG_SIZE
from siteinfo.colors import mix

PAPER, INK, GREEN, CLAY = "#fbf7f0", "#22302b", "#2c6655", "#c4673f"
SUNS = ("#f4e3b2", "#f5dcc9", "#dbe6da")
# Draw larger and scale down, because Pillow does not anti-alias lines.
SCALE = 2
SHARE, COVER, SQUARE, TALL = "share", "cover", "square", "tall"
# The square and the tall image are those of Instagram and Pinterest.
SIZES = {SHARE: OG_SIZE, COVER: (960, 640), SQUARE: (1080, 1080), TALL: (1000, 1500)}


class Drawing(NamedTuple):
    """What a drawing is made from. Colors are those of the owner, or "" for those of the design."""

    kind: str
    title: str
    site_name: str = ""
    category: str = ""
    main: str = ""
    accent: str = ""
    has_mark: bool = False  # the scale of the design's mark instead of plain arcs

    @property
    def size(self) -> tuple[int, int]:
        """The width and height in pixels."""
        return SIZES[self.kind]


class _Layout(NamedTuple):
    """Where text and sun are, in pixels: the box of the title, the sun's center and radius, and the site's name."""

    text: tuple[int, int, int, int]  # left, top, width, height
    font_sizes: range
    sun: tuple[int, int, int]  # x, y and radius
    name_y: int


_LAYOUTS = {
    SHARE: _Layout((72, 72, 640, 400), range(96, 39, -4), (985, 512, 268), 571),
    SQUARE: _Layout((84, 96, 912, 470), range(124, 47, -4), (700, 930, 330), 1005),
    TALL: _Layout((84, 110, 832, 700), range(136, 51, -4), (620, 1330, 420), 1415),
}


def draw(drawing: Drawing) -> "Image.Image":
    """Draw the image. A title in a script that the fonts lack is left out, and the sun is centered."""
    width, height = drawing.size
    image = Image.new("RGB", (width * SCALE, height * SCALE), PAPER)
    if drawing.kind == COVER:
        _draw_cover(image, drawing)
    else:
        _draw_share_image(ImageDraw.Draw(image), drawing)
    return image.resize(drawing.size, Image.Resampling.LANCZOS)


def _draw_share_image(pen: "ImageDraw.ImageDraw", drawing: Drawing) -> None:
    layout = _LAYOUTS[drawing.kind]
    left, top, width, height = (value * SCALE for value in layout.text)
    seed = _seed(drawing.title)
    text = lettering.drawable(drawing.title, lettering.SERIF)
    x, y, radius = layout.sun
    main, accent = drawing.main or GREEN, drawing.accent or CLAY
    sun = SUNS[seed % len(SUNS)] if not drawing.main else mix(PAPER, main, 22)
    shape = _Sun(x if text else drawing.size[0] // 2, y, radius, 38 + seed % 30)
    (_draw_scale if drawing.has_mark else _draw_arcs)(pen, shape, sun, main, accent)
    pen.line([(0, y * SCALE), (drawing.size[0] * SCALE, y * SCALE)], fill=INK, width=3 * SCALE)
    pen.ellipse(shape.box(15, shape.pivot(has_mark=drawing.has_mark)), fill=accent)
    if text:
        font, lines = lettering.fit(text, [size * SCALE for size in layout.font_sizes], width, height)
        line_height = font.size * lettering.LINE
        if drawing.kind == SHARE:
            top += max(0, round((height - len(lines) * line_height) / 2))
        for number, line in enumerate(lines):
            pen.text((left, top + number * line_height), line, fill=INK, font=font)
    if name := lettering.drawable(drawing.site_name, lettering.SANS):
        font = lettering.load_font(lettering.SANS, 30 * SCALE)
        name = lettering.shorten(name, font, (drawing.size[0] - 2 * layout.text[0]) * SCALE)
        pen.text((left, layout.name_y * SCALE), name, fill=main, font=font, anchor="lm")


def _draw_cover(image: "Image.Image", drawing: Drawing) -> None:
    """Draw a cover without words: the ground follows the category, the shape the title."""
    main, accent = drawing.main or GREEN, drawing.accent or CLAY
    grounds = (mix(PAPER, main, 16), mix(PAPER, accent, 20), mix(PAPER, main, 34), mix(PAPER, accent, 36), "#f4e6c0")
    ground = grounds[_seed(drawing.category) % len(grounds)]
    sun = mix(ground, PAPER, 55)
    width, height = drawing.size
    seed = _seed(drawing.title)
    image.paste(ground, (0, 0, *image.size))
    pen = ImageDraw.Draw(image)
    # The shape stays within the square in the middle, to which small cards crop the cover.
    shape = _Sun(width // 2 + (seed % 5 - 2) * 28, height - 96, 250 + seed % 3 * 30, 28 + seed * 7 % 124)
    (_draw_scale if drawing.has_mark else _draw_arcs)(pen, shape, sun, main, accent)
    pen.rectangle((0, shape.y * SCALE, width * SCALE, height * SCALE), fill=mix(ground, main, 22))
    pen.ellipse(shape.box(24, shape.pivot(has_mark=drawing.has_mark)), fill=accent)


class _Sun(NamedTuple):
    """A half circle on its base line, and an angle from the right in degrees."""

    x: int
    y: int
    radius: int
    angle: int

    def at(self, degrees: float, radius: float) -> tuple[float, float]:
        """Return the point at an angle from the left and a distance from the center, in drawn pixels."""
        turn = math.radians(degrees)
        return self.x * SCALE - radius * SCALE * math.cos(turn), self.y * SCALE - radius * SCALE * math.sin(turn)

    def box(self, radius: float, center: tuple[float, float] | None = None) -> tuple[float, float, float, float]:
        """Return the box of a circle around `center`, or around the sun's center."""
        x, y = center or (self.x * SCALE, self.y * SCALE)
        return x - radius * SCALE, y - radius * SCALE, x + radius * SCALE, y + radius * SCALE

    def pivot(self, *, has_mark: bool) -> tuple[float, float]:
        """Return where the dot is: the center of the scale, or a point of the outer arc."""
        return self.at(180, 0) if has_mark else self.at(self.angle, self.radius)


def _draw_arcs(pen: "ImageDraw.ImageDraw", shape: _Sun, sun: str, main: str, accent: str) -> None:
    """Draw a half circle with two arcs around it."""
    pen.pieslice(shape.box(shape.radius * 0.62), 180, 360, fill=sun)
    pen.arc(shape.box(shape.radius * 0.81), 180, 360, fill=mix(sun, main, 55), width=2 * SCALE)
    pen.arc(shape.box(shape.radius), 180, 360, fill=main, width=3 * SCALE)


def _draw_scale(pen: "ImageDraw.ImageDraw", shape: _Sun, sun: str, main: str, accent: str) -> None:
    """Draw the scale of the design's mark: a half circle with a line every three degrees, and a leaf as its arm."""
    radius = shape.radius
    pen.pieslice(shape.box(radius - 58), 180, 360, fill=sun)
    pen.arc(shape.box(radius), 180, 360, fill=accent, width=2 * SCALE)
    for degrees in range(0, 181, 3):
        length = 22 if degrees % 15 == 0 else 10
        pen.line([shape.at(degrees, radius - 9), shape.at(degrees, radius - 9 - length)], fill=accent, width=2 * SCALE)
    # The leaf is two curves from the pivot to the tip.
    tip = 180 - shape.angle
    curve = [(15 * math.sin(math.pi * step / 40) * (1 - step / 55), (radius - 46) * step / 40) for step in range(41)]
    left, right = ([shape.at(tip + side * turn, distance) for turn, distance in curve] for side in (1, -1))
    pen.polygon([*left, *reversed(right)], fill=main)
    pen.line([shape.at(tip, 20), shape.at(tip, radius - 88)], fill=PAPER, width=2 * SCALE)


def _seed(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0]
