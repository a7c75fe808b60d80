"""A WordPress body, as the editor saved it, to the HTML its readers saw. Nothing is made safe here."""

import re
from dataclasses import dataclass

from wordpress.paragraphs import paragraphs
from wordpress.placeholders import Shield
from wordpress.shortcodes import Shortcodes, link

_DELIMITER = re.compile(
    r"<!--\s+(?P<close>/)?wp:(?P<name>[a-z][a-z0-9_-]*(?:/[a-z][a-z0-9_-]*)?)\s+"
    r"(?:\{(?:(?!<!--|-->).)*\}\s+)?(?P<void>/)?-->",
    re.DOTALL,
)
# A site fills these when a page is asked for; what they hold in the body is a pattern, not the author's text.
_FILLED_LATER = frozenset(
    {"query", "post-template", "query-pagination", "query-no-results", "comments", "comment-template"}
    | {"comments-query-loop", "comments-pagination", "navigation", "navigation-submenu", "term-template"}
)
# An author can leave these empty; nothing is lost with them.
_MAY_BE_EMPTY = frozenset(
    {"paragraph", "heading", "list", "list-item", "image", "gallery", "quote", "group", "column", "columns"}
    | {"html", "shortcode", "freeform", "spacer", "separator", "more", "nextpage"}
)
_LINE_WITH_URL = re.compile(
    r"(?:^|(?<=[\n\x02]))[ \t]*(https?://[^\s<>\"\x00-\x1f]+)[ \t]*(?=\n|\x01|\Z)", re.IGNORECASE
)


@dataclass(frozen=True)
class Body:
    """HTML for readers, and what an author should know of what did not come along."""

    html: str
    shortcodes: tuple[str, ...]
    blocks: tuple[str, ...]
    pictures: int


def to_html(body: str) -> Body:
    """Take a post's `content:encoded` and give its HTML with every visible word, in order.

    Classic bodies get WordPress's paragraphs; block bodies lose their comments and get some only between
    blocks. `shortcodes` names those that went, [gallery] too; `blocks` the ones a site fills when asked.
    Never fails. The result is as unsafe as the input. Block grammar:
    https://developer.wordpress.org/block-editor/reference-guides/data-format/
    """
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", re.sub(r"\r\n?", "\n", body))
    writer = _Writer()
    html = writer.from_blocks(text) if "<!-- wp:" in text else writer.from_classic(text)
    return Body(
        html=html.strip(),
        shortcodes=tuple(sorted(writer.shortcodes.names)),
        blocks=tuple(sorted(writer.left_out)),
        pictures=len(re.findall(r"<img\b", html, re.IGNORECASE)),
    )


class _Writer:
    def __init__(self) -> None:
        self.shield = Shield()
        self.shortcodes = Shortcodes(self.shield)
        self.left_out: set[str] = set()

    def from_classic(self, text: str) -> str:
        text = self.shortcodes.expand(self.shield.hide(text, are_lines_meant=True), gap="\n\n")
        text = _LINE_WITH_URL.sub(lambda line: f"\n\n{self.shield.inline(link(line[1]), 'a')}\n\n", text)
        return self.shield.restore(paragraphs(text, self.shield))

    def from_blocks(self, text: str) -> str:
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
            is_void = bool(delimiter["void"]) or (name in _FILLED_LATER and not _is_closed(text, name, at))
            if _FILLED_LATER.isdisjoint(inside):
                self.left_out |= {name} - _MAY_BE_EMPTY if is_void else {name} & _FILLED_LATER
            if not is_void:
                inside.append(name)
        out.append(self._between(text[at:], []))
        hidden = self.shield.hide("".join(out), are_lines_meant=False)
        return self.shield.restore(self.shortcodes.expand(hidden, gap=""))

    def _between(self, text: str, inside: list[str]) -> str:
        if not text.strip() or not _FILLED_LATER.isdisjoint(inside):
            return "\n" if "\n" in text else ""
        if not inside or inside[-1] in {"freeform", "shortcode"}:
            return "\n" + self.shield.block(self.from_classic(text)) + "\n"
        if inside[-1] == "embed" or inside[-1].startswith("core-embed/"):
            return self._embed(text)
        return text

    def _embed(self, text: str) -> str:
        """An embed block holds a bare address, and perhaps a caption."""
        shown, *rest = re.split(r"<figcaption\b[^<>]*>", text, maxsplit=1)
        caption = "".join(rest).partition("</figcaption>")[0]
        url = re.sub(r"<[^<>]*>", "", shown).strip()
        if not re.fullmatch(r"https?://\S+", url):
            return text
        return f"<p>{link(url)}</p>" + (f"\n<p>{caption}</p>" if caption else "")


def _is_closed(text: str, name: str, at: int) -> bool:
    return bool(re.compile(rf"<!--\s+/wp:(?:core/)?{re.escape(name)}\s+-->").search(text, at))
