"""Replace tags, code and finished HTML with placeholders while the text is converted.

A placeholder is a number between control characters, which XML cannot contain. Block-level placeholders separate
paragraphs, inline placeholders are part of a line.
"""

import re
from typing import NamedTuple

from wordpress.code_languages import CODE_SHORTCODES
from wordpress.replaced_elements import (
    choices_html,
    drawing_html,
    escape_code,
    input_html,
    player_html,
    preformatted_html,
)

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
_CODE = "|".join(sorted(CODE_SHORTCODES))
# Elements that are replaced with what visitors saw of them, as a block or within a line.
_BLOCKS = {"pre": preformatted_html, "select": choices_html, "textarea": input_html}
_INLINE = {"svg": drawing_html, "audio": player_html, "video": player_html, "object": player_html}
_MARKUP = re.compile(
    # Each begins with a character that is rare in texts, so that the others are skipped quickly.
    rf"""<(?:(?P<comment>!--)
      | (?P<opaque>{_OPAQUE})(?:\s[^<>]*)?>
      | br\b[^<>]*>(?P<break>[ \t]*\n?)
      | (?P<close>/?)(?P<tag>[a-z][\w:-]*+)(?:(?:[^<>"']|"[^"]*"|'[^']*')*+>|[^<>]*>))
    | \[(?<!\[\[)(?P<language>{_CODE})(?:[\s=][^\[\]]*)?\]""",
    re.VERBOSE | re.IGNORECASE,
)
_TAG = re.compile(r"<(?P<close>/?)(?P<tag>[a-z][\w:-]*)", re.IGNORECASE)


class HiddenMarkup(NamedTuple):
    """The markup behind a placeholder. `tag` is "" for finished HTML, which opens and closes no element."""

    markup: str
    tag: str = ""
    is_closing: bool = False


class Placeholders:
    """The placeholders of one body."""

    def __init__(self) -> None:
        self._hidden: list[HiddenMarkup] = []

    def block(self, markup: str, tag: str = "", is_closing: bool = False) -> str:
        """Return a new block-level placeholder for `markup`."""
        self._hidden.append(HiddenMarkup(markup, tag, is_closing))
        return f"{BLOCK_START}{len(self._hidden) - 1}{BLOCK_END}"

    def inline(self, markup: str, tag: str = "", is_closing: bool = False) -> str:
        """Return a new inline placeholder for `markup`."""
        self._hidden.append(HiddenMarkup(markup, tag, is_closing))
        return f"{INLINE_START}{len(self._hidden) - 1}{INLINE_END}"

    def lookup(self, placeholder: str) -> HiddenMarkup:
        """Return the markup behind a placeholder."""
        return self._hidden[int(placeholder[1:-1])]

    def hide_markup(self, text: str, keep_line_breaks: bool) -> str:
        """Replace all markup with placeholders, drop comments, and turn [code] shortcodes into <pre><code>.

        With `keep_line_breaks`, line ends in the text are line breaks, so <br> becomes one.
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
                out.append("\n" if keep_line_breaks else self.inline(match[0], "br"))
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
            return self.block(f"<pre><code>{escape_code(source)}</code></pre>")
        tag = opening["opaque"].lower()
        if convert := _BLOCKS.get(tag):
            found = convert(markup)
            return self.block(found) if found else ""
        if convert := _INLINE.get(tag):
            return self.inline(convert(markup), tag)
        return self.block(markup) if tag in {"script", "style"} else self.inline(markup, tag)

    def restore(self, text: str) -> str:
        """Return `text` with every placeholder replaced by its markup."""
        while (found := re.sub(r"[\x01\x05]\d+[\x02\x06]", lambda mark: self.lookup(mark[0]).markup, text)) != text:
            text = found
        return text


def _end_of(opening: re.Match[str], missing: set[str]) -> int:
    """Return the end of the comment, element or code that `opening` starts, or -1 if it is never closed."""
    if opening["comment"]:
        close = "-->"
    elif opening["opaque"]:
        close = rf"</{opening['opaque'].lower()}\s*>"
    elif opening["language"]:
        close = rf"\[/{opening['language'].lower()}\]"
    else:
        return -1
    # A missing end tag stays missing. Searching for it again would take quadratic time.
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
