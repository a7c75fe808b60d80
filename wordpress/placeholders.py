"""Keeps markup out of the way: tags, code and finished HTML become short marks while the text is worked on.

A mark is a number between control characters, which XML cannot contain: a block-level one is a paragraph's
border, an inline one is part of a line.
"""

import html
import re
from typing import NamedTuple

BLOCK_START, BLOCK_END, INLINE_START, INLINE_END = "\x01", "\x02", "\x05", "\x06"
BLOCK_TAGS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "details",
        "div",
        "dir",
        "fieldset",
        "footer",
        "form",
    }
    | {
        "header",
        "hgroup",
        "hr",
        "main",
        "menu",
        "nav",
        "p",
        "section",
        "summary",
        "figure",
        "figcaption",
        "legend",
    }
    | {"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "area", "map"}
    | {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"}
)
_OPAQUE = "pre|code|script|style|textarea|svg|math|object|video|audio|select|iframe"
_CODE = "code|sourcecode|source|bash|css|html|java|javascript|js|php|python|ruby|shell|sql|xml"
_MARKUP = re.compile(
    rf"""(?P<comment><!--)
    | <(?P<opaque>{_OPAQUE})(?:\s[^<>]*)?>
    | (?<!\[)\[(?P<language>{_CODE})(?:[\s=][^\[\]]*)?\]
    | <br\b[^<>]*>(?P<break>[ \t]*\n?)
    | <(?P<close>/?)(?P<tag>[a-z][\w:-]*+)(?:(?:[^<>"']|"[^"]*"|'[^']*')*+>|[^<>]*>)""",
    re.VERBOSE | re.IGNORECASE,
)
_TAG = re.compile(r"<(?P<close>/?)(?P<tag>[a-z][\w:-]*)", re.IGNORECASE)


class Kept(NamedTuple):
    """What a mark stands for; `tag` is "" for a finished piece, which opens and closes nothing."""

    markup: str
    tag: str = ""
    is_closing: bool = False


class Shield:
    """The marks of one body."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []

    def block(self, markup: str, tag: str = "", is_closing: bool = False) -> str:
        """Give a block-level mark that stands for `markup`."""
        self._kept.append(Kept(markup, tag, is_closing))
        return f"{BLOCK_START}{len(self._kept) - 1}{BLOCK_END}"

    def inline(self, markup: str, tag: str = "", is_closing: bool = False) -> str:
        """Give an inline mark that stands for `markup`."""
        self._kept.append(Kept(markup, tag, is_closing))
        return f"{INLINE_START}{len(self._kept) - 1}{INLINE_END}"

    def kept(self, mark: str) -> Kept:
        """Give what `mark` stands for."""
        return self._kept[int(mark[1:-1])]

    def hide(self, text: str, are_lines_meant: bool) -> str:
        """Replace all markup by marks. Comments go; code in [code] shortcodes becomes <pre><code>.

        `are_lines_meant`: line ends in the text are the author's, so <br> is written as one.
        """

        out: list[str] = []
        at = 0
        missing: set[str] = set()
        while match := _MARKUP.search(text, at):
            out.append(text[at : match.start()])
            end = _end_of(match, missing)
            if end > match.end():
                out.append(self._whole(match, text[match.start() : end]))
            elif match["break"] is not None:
                out.append("\n" if are_lines_meant else self.inline(match[0], "br"))
            elif tag := _TAG.match(match[0]):
                is_block = tag["tag"].lower() in BLOCK_TAGS
                keep = self.block if is_block else self.inline
                out.append(keep(match[0], tag["tag"].lower(), bool(tag["close"])))
            else:
                out.append(match[0])
            at = max(end, match.end())
        return "".join(out) + text[at:]

    def _whole(self, opening: re.Match[str], markup: str) -> str:
        if opening["comment"]:
            return _in_place_of(opening, markup)
        if opening["language"]:
            source = markup[len(opening[0]) : markup.rindex("[")]
            return self.block(f"<pre><code>{_code(source)}</code></pre>")
        tag = opening["opaque"].lower()
        return self.block(markup) if tag in {"pre", "script", "style"} else self.inline(markup, tag)

    def restore(self, text: str) -> str:
        """Give the text with every mark replaced by what it stands for."""
        while (found := re.sub(r"[\x01\x05]\d+[\x02\x06]", lambda mark: self.kept(mark[0]).markup, text)) != text:
            text = found
        return text


def _end_of(opening: re.Match[str], missing: set[str]) -> int:
    """Give where the comment, element or code ends that `opening` begins; -1 if it never does."""
    if opening["comment"]:
        close = "-->"
    elif opening["opaque"]:
        close = rf"</{opening['opaque'].lower()}\s*>"
    elif opening["language"]:
        close = rf"\[/{opening['language'].lower()}\]"
    else:
        return -1
    # What was missing once is missing from there on: looking again each time would take for ever.
    found = None if close in missing else re.compile(close, re.IGNORECASE).search(opening.string, opening.end())
    if not found:
        missing.add(close)
    return found.end() if found else -1


def _in_place_of(opening: re.Match[str], comment: str) -> str:
    start, text = opening.start(), opening.string
    end = start + len(comment)
    before, after = text[max(start - 99, 0) : start], text[end : end + 99]
    is_alone = before.rstrip(" \t")[-1:] in {"", "\n"} and after.lstrip(" \t")[:1] in {"", "\n"}
    return "\n\n" if "nextpage" in comment or ("more" in comment and is_alone) else ""


def _code(source: str) -> str:
    """Give code as it shall be seen: raw tags mean it was typed as text, else it is escaped already."""
    source = source.strip("\n")
    if re.search(r"[<>]", source):
        return html.escape(source, quote=False)
    return re.sub(r"&(?!#?\w+;)", "&amp;", source)
