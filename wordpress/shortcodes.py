"""Convert WordPress [shortcodes] to HTML where possible, and remove and report the others.

Syntax: https://codex.wordpress.org/Shortcode_API. An export does not list the registered shortcodes, so only
brackets that look like one are converted. Brackets in the author's text must never be lost.
"""

import html
import re
from typing import NamedTuple

from wordpress.placeholders import BLOCK_END, Placeholders

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
)
_FORMS = frozenset({"contact-form", "contact-form-7", "wpforms", "gravityform", "formidable"})
_EDITORIAL = frozenset(
    {"sic", "etc", "edit", "edited", "update", "updated", "note", "notes", "redacted", "removed", "deleted"}
    | {"laughs", "laughter", "applause", "music", "silence", "pause", "inaudible", "crosstalk", "ellipsis"}
)
_SHORTCODE = re.compile(
    r"""\[(?P<escape>\[?)(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9_-]{2,}+)
    (?P<attributes>(?:[\s=:/](?:"[^"]*"|'[^']*'|[^\[\]"'])*+)?)\](?P<unescape>\]?)""",
    re.VERBOSE,
)
_QUOTED = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|[“”″]([^“”″]*)[“”″])""")
_UNQUOTED = re.compile(r"([\w-]{2,})=([^\s\"'=]\S*)")
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
    """Expand the shortcodes of one body. `removed` collects the names of unsupported ones."""

    def __init__(self, placeholders: Placeholders) -> None:
        self.removed: set[str] = set()
        self._placeholders = placeholders
        self._depth = 0

    def expand(self, text: str, gap: str) -> str:
        """Return `text` with its shortcodes expanded or removed. Block-level results are surrounded by `gap`."""
        if self._depth > 30:
            return text
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
                out.append(_REMOVED if match["name"] in self.removed else text[match.start() : at])
                continue
            shortcode, end = _parse_shortcode(
                text, match, at, is_next=last > 0 and not text[last : match.start()].strip()
            )
            if _is_shortcode(shortcode):
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
        if shortcode.name in _CAPTIONS and shortcode.inner is not None:
            return gap + self._placeholders.block(self._figure(shortcode)) + gap
        if shortcode.name in _LINKS and (url := _media_url(shortcode)):
            return gap + self._placeholders.inline(link(url), "a") + gap
        self.removed.add(shortcode.name)
        inner = "" if shortcode.inner is None or shortcode.name in _SETS else self.expand(shortcode.inner, gap)
        return _REMOVED + inner + _REMOVED if inner else _REMOVED

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
        return f"<figure>{media}{shown}</figure>"


def link(url: str) -> str:
    """Return a link with its URL as text. `url` may contain HTML entities."""
    escaped = html.escape(html.unescape(url))
    return f'<a href="{escaped}">{escaped}</a>'


def _parse_shortcode(text: str, match: re.Match[str], end: int, is_next: bool) -> tuple[_Shortcode, int]:
    name, attributes = match["name"], match["attributes"]
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
    if shortcode.has_close or _QUOTED.search(shortcode.attributes):
        return True
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
    return shortcode.is_own_block and not words and shortcode.name.islower() and shortcode.name not in _EDITORIAL


def _media_url(shortcode: _Shortcode) -> str:
    """Return the media URL of an embedding shortcode, or ""."""
    for text in (shortcode.inner or "", shortcode.attributes):
        if found := _URL.search(text):
            return found[0]
    identity = shortcode.attribute("id") or shortcode.attributes.strip(" =:/")
    if shortcode.name == "youtube" and re.fullmatch(r"(?=.*[\dA-Z_-])[\w-]{11}", identity):
        return f"https://www.youtube.com/watch?v={identity}"
    if shortcode.name == "vimeo" and re.fullmatch(r"\d{5,}", identity):
        return f"https://vimeo.com/{identity}"
    return ""
