"""Convert a WordPress body, as the editor saved it, to the HTML visitors saw. The result is not sanitized."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.text import normalize_newlines

from plaintext.characters import strip_control_characters
from wordpress.paragraphs import paragraphs
from wordpress.placeholders import Placeholders
from wordpress.shortcodes import Shortcodes, link
from wordpress.stored_texts import block_text

_DELIMITER = re.compile(
    r"<!--\s+(?P<close>/)?wp:(?P<name>[a-z][a-z0-9_-]*(?:/[a-z][a-z0-9_-]*)?)\s+"
    r"(?P<settings>\{(?:(?!<!--|-->).)*\}\s+)?(?P<void>/)?-->",
    re.DOTALL,
)
# WordPress renders these blocks for each request. Their content in the body is a template, not the author's text.
_DYNAMIC_BLOCKS = frozenset(
    {"query", "post-template", "query-pagination", "query-no-results", "comments", "comment-template"}
    | {"comments-query-loop", "comments-pagination", "navigation", "navigation-submenu", "term-template"}
)
# These blocks may be empty, so nothing is lost without them.
_OPTIONAL_CONTENT = frozenset(
    {"paragraph", "heading", "list", "list-item", "image", "gallery", "quote", "group", "column", "columns"}
    | {"html", "shortcode", "freeform", "spacer", "separator", "more", "nextpage", "footnotes"}
)
_REFERENCE = re.compile(r'"ref":\s*(\d{1,18})\b')
_MAX_NESTED_BLOCKS = 5
# An image between two words, which are parted wherever it goes, and the button after the link to a file.
_IMAGE_BETWEEN_WORDS = re.compile(
    # Begins with a character that is rare in texts, so that the others are skipped quickly.
    r"<(?:(?<=\w<)(?:(?!/|img|br)\w[^<>]*><)*img\b[^<>]*>(?:</\w+>)*(?=(?:<(?!/)\w[^<>]*>)*\w)"
    r"|/a>(?=<a\b[^<>]*wp-block-file__button))"
)
_LINE_WITH_URL = re.compile(
    r"(?:^|(?<=[\n\x02]))[ \t]*(https?://[^\s<>\"\x00-\x1f]+)[ \t]*(?=\n|\x01|\Z)", re.IGNORECASE
)

# How plugins for YouTube mark URLs to embed, such as httpv://www.youtube.com/watch?v=1.
_VIDEO_URL = re.compile(r"\bhttpv[hpa]?://", re.IGNORECASE)


@dataclass(frozen=True)
class ConvertedBody:
    """The converted HTML, and what could not be converted."""

    html: str
    shortcodes: tuple[str, ...]
    blocks: tuple[str, ...]


def to_html(
    body: str,
    footnotes: str = "",
    reusable: Callable[[int], str] = lambda number: "",
    table: Callable[[str], str] = lambda name: "",
) -> ConvertedBody:
    """Convert a post's `content:encoded` to HTML, keeping every visible word in order.

    Classic bodies get WordPress's automatic paragraphs. Block bodies lose their comments and get paragraphs only
    between blocks. `shortcodes` and `blocks` of the result name those that were removed. Accepts any text and
    does not sanitize it. `footnotes` takes the place of the footnotes block, `reusable` returns the content of the
    reusable block with an ID, and `table` the HTML of the table with an ID. Block grammar:
    https://developer.wordpress.org/block-editor/reference-guides/data-format/
    """
    text = _VIDEO_URL.sub("https://", strip_control_characters(normalize_newlines(body)))
    converter = _Converter(footnotes, reusable, table)
    html = converter.convert_blocks(text) if "<!-- wp:" in text else converter.convert_classic(text)
    if "<img" in html or "wp-block-file__button" in html:
        html = _IMAGE_BETWEEN_WORDS.sub(r"\g<0> ", html)
    return ConvertedBody(
        html=html.strip(),
        shortcodes=tuple(sorted(converter.shortcodes.removed)),
        blocks=tuple(sorted(converter.skipped_blocks)),
    )


class _Converter:
    def __init__(self, footnotes: str, reusable: Callable[[int], str], table: Callable[[str], str]) -> None:
        self.footnotes = footnotes
        self.reusable = reusable
        self.depth = 0
        self.placeholders = Placeholders()
        self.shortcodes = Shortcodes(self.placeholders, table)
        self.skipped_blocks: set[str] = set()

    def convert_classic(self, text: str) -> str:
        text = self.shortcodes.expand(self.placeholders.hide_markup(text, keep_line_breaks=True), gap="\n\n")
        if "://" in text:
            text = _LINE_WITH_URL.sub(lambda line: f"\n\n{self.placeholders.inline(link(line[1]), 'a')}\n\n", text)
        return self.placeholders.restore(paragraphs(text, self.placeholders))

    def convert_blocks(self, text: str) -> str:
        out: list[str] = []
        inside: list[str] = []
        at = 0
        for delimiter in _DELIMITER.finditer(text):
            out.append(self._between(text[at : delimiter.start()], inside))
            at = delimiter.end()
            name = delimiter["name"].removeprefix("core/")
            if delimiter["close"]:
                if name in inside:
                    while inside.pop() != name:
                        pass
                continue
            if inserted := self._inserted(name, delimiter["settings"] or ""):
                out.append(inserted if _DYNAMIC_BLOCKS.isdisjoint(inside) else "")
                continue
            is_void = bool(delimiter["void"]) or (name in _DYNAMIC_BLOCKS and not _is_closed(text, name, at))
            if _DYNAMIC_BLOCKS.isdisjoint(inside):
                self.skipped_blocks |= {name} - _OPTIONAL_CONTENT if is_void else {name} & _DYNAMIC_BLOCKS
                out.append(self._block_text(name, delimiter["settings"] or "", is_void=is_void))
            if not is_void:
                inside.append(name)
        out.append(self._between(text[at:], []))
        hidden = self.placeholders.hide_markup("".join(out), keep_line_breaks=False)
        return self.placeholders.restore(self.shortcodes.expand(hidden, gap=""))

    def _inserted(self, name: str, settings: str) -> str:
        """Return the HTML of the footnotes or of a reusable block, whose content is stored elsewhere, or ""."""
        if name == "footnotes" and self.footnotes:
            return f"\n{self.placeholders.block(self.footnotes)}\n"
        reference = _REFERENCE.search(settings) if name == "block" else None
        text = self.reusable(int(reference[1])) if reference and self.depth < _MAX_NESTED_BLOCKS else ""
        if not text:
            return ""
        self.depth += 1
        converted = self.convert_blocks(text) if "<!-- wp:" in text else self.convert_classic(text)
        self.depth -= 1
        return f"\n{self.placeholders.block(converted)}\n"

    def _block_text(self, name: str, settings: str, *, is_void: bool) -> str:
        """Return the HTML of what a block of a plugin stores in its settings, or ""."""
        text = block_text(name, settings, is_void=is_void)
        return f"\n{self.placeholders.block(self.convert_classic(text))}\n" if text else ""

    def _between(self, text: str, inside: list[str]) -> str:
        if not text.strip() or not _DYNAMIC_BLOCKS.isdisjoint(inside):
            return "\n" if "\n" in text else ""
        if not inside or inside[-1] in {"freeform", "shortcode"}:
            return "\n" + self.placeholders.block(self.convert_classic(text)) + "\n"
        if inside[-1] == "embed" or inside[-1].startswith("core-embed/"):
            return self._embed(text)
        return text

    def _embed(self, text: str) -> str:
        """Convert an embed block, which contains a URL and an optional caption."""
        shown, *rest = re.split(r"<figcaption\b[^<>]*>", text, maxsplit=1)
        caption = "".join(rest).partition("</figcaption>")[0]
        url = re.sub(r"<[^<>]*>", "", shown).strip()
        if not re.fullmatch(r"https?://\S+", url):
            return text
        return f"<p>{link(url)}</p>" + (f"\n<p>{caption}</p>" if caption else "")


def _is_closed(text: str, name: str, at: int) -> bool:
    return bool(re.compile(rf"<!--\s+/wp:(?:core/)?{re.escape(name)}\s+-->").search(text, at))
