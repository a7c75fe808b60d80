"""Convert WordPress [shortcodes] to HTML where possible, and remove and report the others.

Syntax: https://codex.wordpress.org/Shortcode_API. An export does not list the registered shortcodes, so only
brackets that look like one are converted. Brackets in the author's text must never be lost.
"""

import html
import re
from collections.abc import Callable
from typing import NamedTuple

from wordpress import amazon
from wordpress.page_builders import builder_html, is_from_builder
from wordpress.placeholders import BLOCK_END, Placeholders
from wordpress.replaced_elements import link_html

_CAPTIONS = frozenset({"caption", "wp_caption"})
_SETS = frozenset({"gallery", "playlist"})
_LINKS = frozenset(
    {
        "embed",
        "youtube",
        "vimeo",
        "audio",
        "video",
        "wpvideo",
        "dailymotion",
        "soundcloud",
        "tweet",
        "instagram",
    }
    | {
        "bandcamp",
        "codepen",
        "facebook",
        "flickr",
        "gist",
        "googleapps",
        "googlemaps",
        "mixcloud",
        "pinterest",
        "scribd",
    }
    | {"slideshare", "spotify", "ted", "twitch", "vine"}
)
_FORMS = frozenset({"contact-form", "contact-form-7", "wpforms", "gravityform", "formidable"})
_EDITORIAL = frozenset(
    {"sic", "etc", "edit", "edited", "update", "updated", "note", "notes", "redacted", "removed", "deleted"}
    | {"laughs", "laughter", "applause", "music", "silence", "pause", "inaudible", "crosstalk", "ellipsis"}
)
# Their text is a note, which the plugin showed at the end of the post.
_NOTES = frozenset({"footnote", "footnotes", "fn", "ref", "efn_note", "mfn", "modern_footnote", "sidenote"})
# Never words of the author, even without attributes and within a line.
_MARKS = frozenset(
    {
        "toc",
        "lwptoc",
        "ez-toc",
        "tabbyending",
        "hr",
        "divider",
        "clear",
        "clearboth",
        "spacer",
        "separator",
        "line",
        "br",
    }
    | {
        "pagebreak",
        "nextpage",
        "endif",
        "print_link",
        "post_title",
        "sharing",
        "addtoany",
        "ssba",
        "simple-social-share",
    }
)
# How the names of some plugins begin, such as [bbp-forum-index].
_PREFIXES = re.compile(
    r"(?:bbp|bp|buddypress|edd|give|jetpack|ld|mc4wp|mepr|pmpro|rcp|sfwd|tribe|um|wc|wpml|wpuf|yith)-[a-z]", re.I
)
# Followed by a number or name without a key, as in [singlepic=12].
_WITH_VALUE = frozenset(
    {"singlepic", "nggallery", "imagebrowser", "slideshow", "nggtags", "album", "googlemaps", "gmap"}
)
_SHORTCODE = re.compile(
    r"""\[(?P<escape>\[?)(?P<close>/?)(?P<name>[0-9]*[a-zA-Z][a-zA-Z0-9_-]*+)
    (?P<attributes>(?:[\s=:/](?:"[^"]*"|'[^']*'|[^\[\]"'])*+)?)\](?P<unescape>\]?)""",
    re.VERBOSE,
)
_CERTAIN = re.compile(r"""\[/([a-zA-Z][\w-]*)\s*\]|\[([a-zA-Z][\w-]*)\s[^\[\]]*?[\w-]\s*=\s*["'“”″]""")
_QUOTED = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|[“”″]([^“”″]*)[“”″])""")
_UNQUOTED = re.compile(r"([\w-]{2,})=([^\s\"'=]\S*)")
_WORD = re.compile(r"[\w-]+")
_URL = re.compile(r"https?://[^\s\"'|\x00-\x1f]+")
_REMOVED = "\x03"


class _Shortcode(NamedTuple):
    """A parsed shortcode. `inner` is the text up to its closing tag, or None without one."""

    name: str
    attributes: str
    inner: str | None
    has_close: bool
    is_own_block: bool
    touches_text: bool

    def attribute(self, name: str) -> str:
        for key, *values in _QUOTED.findall(self.attributes):
            if key.lower() == name:
                return "".join(values)
        return str(dict(_UNQUOTED.findall(_QUOTED.sub("", self.attributes))).get(name, ""))


class Shortcodes:
    """Expand the shortcodes of one body. `removed` collects the names of unsupported ones.

    `table` returns the HTML of the table of TablePress with an ID.
    """

    def __init__(self, placeholders: Placeholders, table: Callable[[str], str]) -> None:
        self.removed: set[str] = set()
        # Names that have a closing tag or quoted attributes somewhere in the text.
        self._certain: set[str] = set()
        self._placeholders = placeholders
        self._table = table
        self._depth = 0

    def expand(self, text: str, gap: str) -> str:
        """Return `text` with its shortcodes expanded or removed. Block-level results are surrounded by `gap`."""
        if self._depth > 30:
            return text
        if not self._depth:
            found = {closed or opened for closed, opened in _CERTAIN.findall(text)}
            self._certain = {name for name in found if len(name) > 2 and name.lower() not in _EDITORIAL}
        self._depth += 1
        out: list[str] = []
        at = last = 0
        while match := _SHORTCODE.search(text, at):
            out.append(text[at : match.start()])
            if match["escape"]:
                escaped, at = self._escaped(text, match)
                out.append(escaped)
                continue
            at = match.end("unescape") - len(match["unescape"])
            if match["close"]:
                is_shortcode = match["name"] in self.removed or (
                    match["name"] in self._certain and not match["attributes"].strip()
                )
                out.append(_REMOVED if is_shortcode else text[match.start() : at])
                self.removed |= {match["name"]} if is_shortcode else set()
                continue
            shortcode, end = _parse_shortcode(
                text, match, at, is_next=last > 0 and not text[last : match.start()].strip()
            )
            if _is_shortcode(shortcode) or (shortcode.name in self._certain and not shortcode.touches_text):
                out.append(self._render(shortcode, gap))
                at = last = end
            else:
                out.append(text[match.start() : at])
        self._depth -= 1
        out.append(text[at:])
        joined = re.sub(rf"{_REMOVED}(?:\s*{_REMOVED})+", gap or " ", "".join(out))
        return joined.replace(_REMOVED, "")

    def _escaped(self, text: str, match: re.Match[str]) -> tuple[str, int]:
        if match["unescape"]:
            return match[0][1:-1], match.end()
        close = f"[/{match['name']}]]"
        end = text.find(close, match.end())
        if end < 0:
            return "[", match.start() + 1
        return text[match.start() + 1 : end + len(close) - 1], end + len(close)

    def _render(self, shortcode: _Shortcode, gap: str) -> str:
        if shortcode.name in _SETS:
            around = gap if shortcode.is_own_block else ""
            return around + self._placeholders.inline(_gallery(shortcode), "img") + around
        if shortcode.name in _CAPTIONS and shortcode.inner is not None:
            return gap + self._placeholders.block(self._figure(shortcode)) + gap
        if shortcode.name in _LINKS and (url := _media_url(shortcode)):
            return gap + self._placeholders.inline(link(url), "a") + gap
        if shortcode.name == "table" and (table := self._table(shortcode.attribute("id"))):
            return gap + self._placeholders.block(table) + gap
        self.removed.add(shortcode.name)
        if shortcode.name in amazon.NAMES:
            return self._products(shortcode, gap)
        if is_from_builder(shortcode.name):
            return self._builder(shortcode, gap)
        inner = "" if shortcode.inner is None else self.expand(shortcode.inner, gap)
        is_note = shortcode.name in _NOTES or (shortcode.name == "note" and not shortcode.is_own_block)
        if is_note and inner.strip():
            return f" ({inner.strip()})"
        return _REMOVED + inner + _REMOVED if inner else _REMOVED

    def _products(self, shortcode: _Shortcode, gap: str) -> str:
        """Return links to products of Amazon, within a sentence if that is where they are."""
        inner = (shortcode.inner or "").strip()
        is_asin = amazon.is_asin(inner)
        urls = amazon.product_urls(shortcode.attribute, inner)
        text = self.expand(inner, "") if inner and not is_asin else html.escape(amazon.link_text(shortcode.attribute))
        if not urls:
            return text or _REMOVED
        closing = self._placeholders.inline("</a>", "a", is_closing=True)
        links = (self._placeholders.inline(f'<a href="{html.escape(url)}">', "a") for url in urls)
        between = gap if shortcode.is_own_block else " "
        return between.join(f"{opening}{text or 'View on Amazon'}{closing}" for opening in links)

    def _builder(self, shortcode: _Shortcode, gap: str) -> str:
        """Return what the shortcode of a page builder showed."""
        restore = self._placeholders.restore
        shown = builder_html(
            shortcode.name,
            lambda name: restore(shortcode.attribute(name)),
            None if shortcode.inner is None else restore(shortcode.inner),
        )
        block = self._placeholders.block
        inner = self.expand(shortcode.inner or "", gap) if shown.inner is None else shown.inner and block(shown.inner)
        if shown.link:
            opening = self._placeholders.inline(f'<a href="{html.escape(shown.link)}">', "a")
            inner = opening + inner + self._placeholders.inline("</a>", "a", is_closing=True)
        before, after = (gap + block(part) + gap if part else "" for part in (shown.before, shown.after))
        return _REMOVED + before + inner + after + _REMOVED

    def _figure(self, shortcode: _Shortcode) -> str:
        """Return a <figure>. Old captions are in an attribute, newer ones follow the image and its link."""
        inner = self._placeholders.restore(self.expand(shortcode.inner or "", "")).strip()
        media, caption = inner, shortcode.attribute("caption")
        if not caption:
            image = re.match(
                r"(?is)((?:<p\b[^>]*>\s*)?(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)(.*)|"
                r"(.*</(?:iframe|video|audio|object|embed)>)(.*)",
                inner,
            )
            parts = [part.strip() for part in image.groups() if part is not None] if image else ["", inner]
            media, caption = parts
        caption = re.sub(r"(?i)^(?:</?p\b[^>]*>|<br\b[^>]*>|\s)+|(?:</?p\b[^>]*>|<br\b[^>]*>|\s)+$", "", caption)
        media = re.sub(r"(?i)^<p\b[^>]*>\s*", "", media)
        shown = f"<figcaption>{caption}</figcaption>" if caption else ""
        alignment = html.escape(shortcode.attribute("align"))
        return (
            f'<figure class="{alignment}">{media}{shown}</figure>' if alignment else f"<figure>{media}{shown}</figure>"
        )


def _gallery(shortcode: _Shortcode) -> str:
    """Return an element that stands for the images, or the recordings of a playlist. `wordpress.media` replaces it."""
    names = ("ids", "include", "exclude", "id")
    playlist = ' data-playlist="1"' if shortcode.name == "playlist" else ""
    values = ((name, shortcode.attribute(name)) for name in names)
    attributes = "".join(f' data-{name}="{html.escape(value)}"' for name, value in values if value)
    return f'<img data-wp-gallery="1"{playlist}{attributes}>'


def link(url: str) -> str:
    """Return a link with its URL as text. `url` may contain HTML entities."""
    return link_html(html.unescape(url))


def _parse_shortcode(text: str, match: re.Match[str], end: int, is_next: bool) -> tuple[_Shortcode, int]:
    name, attributes = match["name"], match["attributes"]
    if "'" not in attributes and '"' not in attributes:
        # The visual editor stores typed quotation marks as entities.
        attributes = html.unescape(attributes)
    close = f"[/{name}]"
    is_empty = attributes == "/" or attributes.endswith(" /")
    found = -1 if is_empty else text.find(close, end)
    inner = text[end:found] if found >= 0 else None
    # After a second opening tag, the closing tag belongs to that one.
    if inner is not None and re.search(rf"\[{re.escape(name)}[\s\]=]", inner):
        inner = None
    after = text[found + len(close) if inner is not None else end :].lstrip(" \t")
    before = text[: match.start()].rstrip()
    is_parted = text.count("\n", len(before), match.start()) > 1
    is_first = is_next or is_parted or not before or before.endswith(BLOCK_END)
    is_last = bool(re.match(r"\Z|\n[ \t]*(?:\n|\Z)|\x01|\n?\[", after))
    touches_text = len(before) == match.start() and bool(re.match(r"[\w$)\]]", before[-1:])) and not is_next
    shortcode = _Shortcode(name, attributes, inner, found >= 0, is_first and is_last, touches_text or after[:1] == "(")
    return shortcode, (found + len(close) if inner is not None else end)


def _is_shortcode(shortcode: _Shortcode) -> bool:
    if shortcode.has_close or _QUOTED.search(shortcode.attributes) or _is_mark(shortcode):
        return True
    if re.match(r"[:=][^\s:=]", shortcode.attributes):
        return _has_value(shortcode)
    if len(shortcode.name) < 3:
        return False
    words = shortcode.attributes.removesuffix("/").split()
    is_only_pairs = all(_UNQUOTED.fullmatch(word) for word in words)
    if shortcode.name in _LINKS and _media_url(shortcode):
        return True
    if shortcode.touches_text:
        return False
    if words and is_only_pairs:
        return not shortcode.attributes.startswith(("=", ":"))
    if shortcode.name in _FORMS or shortcode.name in _SETS:
        return is_only_pairs or shortcode.name in _FORMS
    if "_" in shortcode.name:
        return True
    if not shortcode.is_own_block or not shortcode.name.islower() or shortcode.name in _EDITORIAL:
        return False
    # Names such as my-form2 are not written in prose.
    return not words or (bool(re.search(r"[-\d]", shortcode.name)) and all(map(_WORD.fullmatch, words)))


def _is_mark(shortcode: _Shortcode) -> bool:
    is_bare = not shortcode.attributes.strip(" /") and not shortcode.touches_text
    return is_bare and (shortcode.name.lower() in _MARKS or bool(_PREFIXES.match(shortcode.name)))


def _has_value(shortcode: _Shortcode) -> bool:
    """Return whether a name followed by a colon or equals sign, as in [tab:Title] or [singlepic=12], is a shortcode."""
    if shortcode.name in _WITH_VALUE or (shortcode.name in _LINKS and _media_url(shortcode)):
        return True
    if shortcode.touches_text or not shortcode.name.islower():
        return False
    return shortcode.attributes.startswith(":") or (shortcode.is_own_block and len(shortcode.name) > 3)


def _media_url(shortcode: _Shortcode) -> str:
    """Return the media URL of an embedding shortcode, or ""."""
    for text in (shortcode.inner or "", shortcode.attributes):
        if found := _URL.search(text):
            return found[0]
    identity = shortcode.attribute("id") or shortcode.attributes.strip(" =:/")
    if shortcode.name == "youtube" and re.fullmatch(r"(?=.*[\dA-Z_-])[\w-]{11}", identity):
        return f"https://www.youtube.com/watch?v={identity}"
    if shortcode.name == "wpvideo" and re.fullmatch(r"[\w-]{8}(?:\s.*)?", identity):
        return f"https://videopress.com/v/{identity[:8]}"
    if shortcode.name == "spotify" and (found := re.fullmatch(r"spotify:(\w+):(\w+)", identity)):
        return f"https://open.spotify.com/{found[1]}/{found[2]}"
    if shortcode.name == "vimeo" and re.fullmatch(r"\d{5,}", identity):
        return f"https://vimeo.com/{identity}"
    return ""
