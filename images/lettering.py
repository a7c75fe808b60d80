"""Fonts for images that the site draws, and how text fits into a box."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import ImageFont

# Complete fonts. The fonts for pages are split into subsets.
FONTS = Path(__file__).parent / "fonts"
SERIF, SANS = "newsreader-roman", "figtree-roman"
LINE = 1.12


@cache
def load_font(name: str, size: int) -> "ImageFont.FreeTypeFont":
    """Return a font whose letters are `size` pixels high."""
    font = ImageFont.truetype(FONTS / f"{name}.woff2", size)
    if name == SANS:
        font.set_variation_by_name("SemiBold")
    return font


def drawable(text: str, font_name: str) -> str:
    """Return `text` without characters the font lacks, or "" if more than a tenth of it would be lost."""
    found = "".join(character for character in text if character.isspace() or _has(font_name, character))
    return " ".join(found.split()) if len(found) >= 0.9 * len(text) else ""


def fit(text: str, sizes: Sequence[int], width: int, height: int) -> "tuple[ImageFont.FreeTypeFont, list[str]]":
    """Return the largest font in which `text` fits into the box, and its lines. Longer texts end in an ellipsis."""
    for size in sizes:
        font = load_font(SERIF, size)
        max_lines = int(height / (font.size * LINE))
        is_broken = any(font.getlength(word) > width for word in text.split())
        lines = _wrapped(text, font, width)
        if len(lines) <= max_lines and not is_broken:
            return font, lines
    if len(lines) > max_lines:
        lines = [*lines[: max_lines - 1], f"{lines[max_lines - 1][:-1].rstrip()}…"]
    return font, lines


def shorten(text: str, font: "ImageFont.FreeTypeFont", width: int) -> str:
    """Return `text` on one line of at most `width` pixels, with an ellipsis if it is longer."""
    while font.getlength(text) > width:
        text = f"{text[:-2].rstrip()}…"
    return text


def _wrapped(text: str, font: "ImageFont.FreeTypeFont", width: int) -> list[str]:
    """Wrap `text` to the width, breaking words that are longer than a line."""
    lines = [""]
    for word in text.split():
        candidate = f"{lines[-1]} {word}".strip()
        if font.getlength(candidate) <= width:
            lines[-1] = candidate
            continue
        lines.append("")
        for character in word:
            if font.getlength(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return [line for line in lines if line]


@cache
def _has(font_name: str, character: str) -> bool:
    """Return whether the font has a character: it differs from the glyph for unknown characters."""
    font = load_font(font_name, 80)
    unknown = font.getmask("\U0010fffe")
    mask = font.getmask(character)
    return (mask.size, bytes(mask)) != (unknown.size, bytes(unknown))
