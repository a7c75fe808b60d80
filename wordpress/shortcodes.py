"""WordPress's [shortcodes]: the few that say something are written out, the others go and are named.

Syntax: https://codex.wordpress.org/Shortcode_API. An export does not say which names were registered, so a
bracket counts only if it looks like a shortcode; the author's own brackets must never be lost.
"""

import html
import re
from typing import NamedTuple

from wordpress.placeholders import BLOCK_END, Shield

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
_GONE = "\x03"


class _Use(NamedTuple):
    """One shortcode met: its attributes as written, and the text up to its closing tag if it has one."""

    name: str
    attributes: str
    inner: str | None
    has_close: bool
    is_alone: bool
    is_glued: bool

    def attribute(self, name: str) -> str:
        for key, *values in _QUOTED.findall(self.attributes):
            if key.lower() == name:
                return "".join(values)
        return str(dict(_UNQUOTED.findall(_QUOTED.sub("", self.attributes))).get(name, ""))


class Shortcodes:
    """Works through the shortcodes of one body; `names` are those that could not be kept whole."""

    def __init__(self, shield: Shield) -> None:
        self.names: set[str] = set()
        self._shield = shield
        self._depth = 0

    def expand(self, text: str, gap: str) -> str:
        """Give hidden `text` (see Shield) without shortcodes; `gap` parts what stands on its own."""
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
                out.append(_GONE if match["name"] in self.names else text[match.start() : at])
                continue
            use, end = _use(text, match, at, is_next=last > 0 and not text[last : match.start()].strip())
            if _is_shortcode(use):
                out.append(self._written(use, gap))
                at = last = end
            else:
                out.append(text[match.start() : at])
        self._depth -= 1
        out.append(text[at:])
        joined = re.sub(rf"{_GONE}(?:\s*{_GONE})+", gap or " ", "".join(out))
        return joined.replace(_GONE, "")

    def _escaped(self, text: str, match: re.Match[str]) -> tuple[str, int]:
        if match["unescape"]:
            return match[0][1:-1], match.end()
        close = f"[/{match['name']}]]"
        end = text.find(close, match.end())
        if end < 0:
            return "[", match.start() + 1
        return text[match.start() + 1 : end + len(close) - 1], end + len(close)

    def _written(self, use: _Use, gap: str) -> str:
        if use.name in _CAPTIONS and use.inner is not None:
            return gap + self._shield.block(self._figure(use)) + gap
        if use.name in _LINKS and (url := _address(use)):
            return gap + self._shield.inline(link(url), "a") + gap
        self.names.add(use.name)
        inner = "" if use.inner is None or use.name in _SETS else self.expand(use.inner, gap)
        return _GONE + inner + _GONE if inner else _GONE

    def _figure(self, use: _Use) -> str:
        """Old captions stand in an attribute, newer ones behind the picture (and its link)."""
        inner = self._shield.restore(self.expand(use.inner or "", "")).strip()
        media, caption = inner, use.attribute("caption")
        if not caption:
            picture = re.match(
                r"(?is)((?:<p\b[^>]*>\s*)?(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)(.*)|"
                r"(.*</(?:iframe|video|audio|object|embed)>)(.*)",
                inner,
            )
            parts = [part.strip() for part in picture.groups() if part is not None] if picture else ["", inner]
            media, caption = parts
        caption = re.sub(r"(?i)^(?:</?p\b[^>]*>|<br\b[^>]*>|\s)+|(?:</?p\b[^>]*>|<br\b[^>]*>|\s)+$", "", caption)
        media = re.sub(r"(?i)^<p\b[^>]*>\s*", "", media)
        shown = f"<figcaption>{caption}</figcaption>" if caption else ""
        return f"<figure>{media}{shown}</figure>"


def link(url: str) -> str:
    """Give a link that shows its own address; `url` may be written with or without entities."""
    address = html.escape(html.unescape(url))
    return f'<a href="{address}">{address}</a>'


def _use(text: str, match: re.Match[str], end: int, is_next: bool) -> tuple[_Use, int]:
    name, attributes = match["name"], match["attributes"]
    close = f"[/{name}]"
    is_empty = attributes == "/" or attributes.endswith(" /")
    found = -1 if is_empty else text.find(close, end)
    inner = text[end:found] if found >= 0 else None
    # A second opening tag means that the closing tag is not this one's.
    if inner is not None and re.search(rf"\[{re.escape(name)}[\s\]=]", inner):
        inner = None
    after = text[found + len(close) if inner is not None else end :].lstrip(" \t")
    before = text[: match.start()].rstrip()
    is_parted = text.count("\n", len(before), match.start()) > 1
    is_first = is_next or is_parted or not before or before.endswith(BLOCK_END)
    is_last = bool(re.match(r"\Z|\n[ \t]*(?:\n|\Z)|\x01|\n?\[", after))
    is_glued = len(before) == match.start() and bool(re.match(r"[\w$)\]]", before[-1:])) and not is_next
    use = _Use(name, attributes, inner, found >= 0, is_first and is_last, is_glued or after[:1] == "(")
    return use, (found + len(close) if inner is not None else end)


def _is_shortcode(use: _Use) -> bool:
    if use.has_close or _QUOTED.search(use.attributes):
        return True
    words = use.attributes.removesuffix("/").split()
    is_only_pairs = all(_UNQUOTED.fullmatch(word) for word in words)
    if use.name in _LINKS and _address(use):
        return True
    if use.is_glued:
        return False
    if words and is_only_pairs:
        return not use.attributes.startswith(("=", ":"))
    if use.name in _FORMS or use.name in _SETS:
        return is_only_pairs or use.name in _FORMS
    if "_" in use.name:
        return True
    return use.is_alone and not words and use.name.islower() and use.name not in _EDITORIAL


def _address(use: _Use) -> str:
    """Give the web address that an embedding shortcode names in any of its forms, or nothing."""
    for text in (use.inner or "", use.attributes):
        if found := _URL.search(text):
            return found[0]
    identity = use.attribute("id") or use.attributes.strip(" =:/")
    if use.name == "youtube" and re.fullmatch(r"(?=.*[\dA-Z_-])[\w-]{11}", identity):
        return f"https://www.youtube.com/watch?v={identity}"
    if use.name == "vimeo" and re.fullmatch(r"\d{5,}", identity):
        return f"https://vimeo.com/{identity}"
    return ""
