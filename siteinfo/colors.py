"""Colors of the site that the owner chose: their contrast in light and dark mode, and the style sheet with them."""

import hashlib
from collections.abc import Iterable, Mapping

MIN_CONTRAST = 4.5  # WCAG 2.2, level AA, for text
# What text of a brand color is read on. The values are those of static/site/css/tokens.css.
LIGHT_GROUNDS = ("#fbf7f0", "#fffdf9", "#f3ecdf", "#e3ece2", "#f8e6d9")
DARK_GROUNDS = ("#161e1b", "#1e2824", "#111815", "#22352e", "#35271f")
_LIGHT, _DARK = LIGHT_GROUNDS[1], DARK_GROUNDS[0]
_BLACK, _WHITE, _ON_DEEP = "#000000", "#ffffff", "#f6f1e6"


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colors such as "#2c6655", from 1 to 21."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def lowest_contrast(color: str, grounds: Iterable[str]) -> float:
    """Return the contrast of `color` with the ground on which it is hardest to read."""
    return min(contrast(color, ground) for ground in grounds)


def nearest_readable(color: str, grounds: Iterable[str], toward: str, ratio: float = MIN_CONTRAST) -> str:
    """Return the shade of `color` that is nearest to it and readable on `grounds`, mixed with black or white."""
    grounds = tuple(grounds)
    shades = (mix(color, toward, percent) for percent in range(101))
    return next((shade for shade in shades if lowest_contrast(shade, grounds) >= ratio), toward)


def light_grounds(color: str) -> tuple[str, ...]:
    """Return what text in `color` is read on in light mode, its own tint included."""
    return (*LIGHT_GROUNDS, mix(_LIGHT, color, 10))


def contrasts(color: str) -> tuple[float, float]:
    """Return the lowest contrast of `color` in light mode, and of its lighter shade in dark mode."""
    dark = _dark_shade(color)
    return lowest_contrast(color, light_grounds(color)), lowest_contrast(dark, (*DARK_GROUNDS, mix(_DARK, color, 18)))


def tokens(main: str, accent: str) -> dict[str, tuple[str, str]]:
    """Return the values for light and dark mode of the tokens that follow the chosen colors; "" keeps the design's."""
    found: dict[str, tuple[str, str]] = {}
    if main:
        dark = _dark_shade(main)
        deep = nearest_readable(main, (_ON_DEEP,), _BLACK, 9)
        found |= {
            "green": (main, dark),
            "green-hover": (mix(main, _BLACK, 30), mix(dark, _WHITE, 40)),
            "green-tint": (mix(_LIGHT, main, 10), mix(_DARK, main, 18)),
            "deep": (deep, mix(deep, _BLACK, 25)),
        }
    if accent:
        dark = _dark_shade(accent)
        found |= {
            "clay": (accent, dark),
            "clay-fill": (accent, dark),
            "clay-tint": (mix(_LIGHT, accent, 10), mix(_DARK, accent, 18)),
        }
    return found


def stylesheet(values: Mapping[str, tuple[str, str]], fonts: Mapping[str, str]) -> str:
    """Return the style sheet that sets the tokens, or "" if none differs.

    Visitors who ask their system for more contrast keep the colors of the design.
    """
    css = ""
    if values:
        lines = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in values.items())
        css += f"@media not (prefers-contrast:more){{:root{{{lines}}}}}\n"
    if fonts:
        css += f":root{{{''.join(f'--{name}:{family};' for name, family in fonts.items())}}}\n"
    return css


def fingerprint(css: str) -> str:
    """Return the part of the URL that changes with the style sheet."""
    return hashlib.sha256(css.encode()).hexdigest()[:12]


def _dark_shade(color: str) -> str:
    return nearest_readable(color, (*DARK_GROUNDS, mix(_DARK, color, 18)), _WHITE, 5.5)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mix(color: str, other: str, percent: int) -> str:
    """Return `color` with `percent` of `other`."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * percent / 100):02x}" for one, two in pairs)


def _luminance(color: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (value / 255 for value in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
