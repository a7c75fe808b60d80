"""Read the tags of images, figures and links in converted HTML, without parsing the whole text."""

import html
import re
from dataclasses import dataclass
from typing import Final

_ATTRIBUTE = re.compile(r"""([a-zA-Z_:][\w:.-]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>`]+))?""")
_REST = r"""(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*+)?/?>"""
TAG: Final = re.compile(
    rf"(?P<tag><(?P<close>/?)(?P<name>img|figure|figcaption|a|noscript|p){_REST})"
    rf"|(?P<background><(?:div|section|span|header|figure)\b[^<>]*\bbackground(?:-image)?\s*:[^<>]*?url\([^<>]*>)",
    re.IGNORECASE,
)
_BACKGROUND_URL = re.compile(
    r"""background(?:-image)?\s*:[^;]*?url\(\s*(?:["']|&quot;|&\#0?39;)?(?P<url>.*?)(?:["']|&quot;|&\#0?39;)?\s*\)"""
)
_ALIGNMENTS = {"alignleft": "left", "alignright": "right", "alignwide": "wide", "alignfull": "wide"}
# Where plugins for lazy loading put the URL, the largest file first.
_SOURCES = ("data-orig-file", "data-large-file", "data-lazy-src", "data-src", "data-original", "src")
_SOURCE_SETS = ("data-lazy-srcset", "data-srcset", "srcset")


@dataclass(frozen=True, slots=True)
class Tag:
    """An opening tag with its attributes. Names are in lower case, entities are decoded."""

    attributes: dict[str, str]

    @classmethod
    def parse(cls, markup: str) -> "Tag":
        """Parse one opening tag."""
        _, _, rest = markup.strip("<>/ ").partition(" ") if " " in markup else ("", "", "")
        found = _ATTRIBUTE.findall(re.sub(r"\s+", " ", rest))
        pairs = ((name.lower(), html.unescape(value.strip("\"'"))) for name, value in reversed(found))
        return cls(dict(pairs))

    def get(self, name: str) -> str:
        """Return an attribute, or ""."""
        return self.attributes.get(name, "").strip()

    @property
    def classes(self) -> list[str]:
        """Return the classes."""
        return self.get("class").split()

    @property
    def alignment(self) -> str:
        """Return our alignment for the classes of WordPress, or ""."""
        return next((_ALIGNMENTS[name] for name in self.classes if name in _ALIGNMENTS), self.get("data-align"))

    @property
    def attachment_id(self) -> int:
        """Return the WordPress ID of an image, or 0."""
        numbers = [re.fullmatch(r"(?:wp-image|attachment)-(\d{1,12})", name) for name in self.classes]
        data = self.get("data-attachment-id") or self.get("data-id")
        return next(
            (int(number[1]) for number in numbers if number), int(data) if data.isascii() and data.isdecimal() else 0
        )

    @property
    def sources(self) -> list[str]:
        """Return the URLs of an image: the largest first, placeholders of lazy loading last."""
        urls = [self.get(name) for name in _SOURCES]
        for name in _SOURCE_SETS:
            urls += _from_source_set(self.get(name))
        found = list(dict.fromkeys(url for url in urls if url))
        return sorted(found, key=lambda url: url.startswith("data:"))

    @property
    def is_pixel(self) -> bool:
        """Return whether the image is too small to see, such as those that count visits."""
        sides = [self.get("width").removesuffix("px"), self.get("height").removesuffix("px")]
        return all(side in {"0", "1", "2"} for side in sides)


def background_url(markup: str) -> str:
    """Return the URL of the background image in the style of a tag, or ""."""
    found = _BACKGROUND_URL.search(html.unescape(markup))
    return found["url"].strip() if found else ""


def attribute_html(**attributes: str | int) -> str:
    """Return attributes as HTML. Names get hyphens for underscores."""
    return "".join(
        f' {name.strip("_").replace("_", "-")}="{html.escape(str(value))}"' for name, value in attributes.items()
    )


def _from_source_set(value: str) -> list[str]:
    """Return the URLs of a srcset, the largest first."""
    found = re.findall(r"([^\s,][^\s]*[^\s,])(?:\s+(\d+(?:\.\d+)?)[wx])?\s*(?:,|\Z)", value)
    return [url for url, _ in sorted(found, key=lambda each: -float(each[1] or 0))]
