"""WordPress's automatic paragraphs: blank lines separate paragraphs, and line ends become line breaks.

Rules: https://developer.wordpress.org/reference/functions/wpautop/
"""

import re

from wordpress.placeholders import HiddenMarkup, Placeholders

# Text between the children of these elements is layout.
_STRUCTURE = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol", "dl", "menu", "map"})
_NO_PARAGRAPHS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "caption", "summary", "legend", "dt", "figcaption"})
_CELLS = frozenset({"li", "td", "th", "dd", "address"})
_VISIBLE = frozenset({"img", "iframe", "video", "audio", "object", "embed", "input", "svg", "math", "select", "code"})


def paragraphs(text: str, placeholders: Placeholders) -> str:
    """Return `text`, in which placeholders replace the markup, with the <p> and <br /> that WordPress adds."""
    return _Paragraphs(text, placeholders).render()


class _Paragraphs:
    def __init__(self, text: str, placeholders: Placeholders) -> None:
        self.placeholders = placeholders
        self.pieces = re.split(r"(\x01\d+\x02)", text)
        self.open: list[str] = []
        self.out: list[str] = []

    def render(self) -> str:
        for index, piece in enumerate(self.pieces):
            if index % 2:
                self._add_block(piece, self.placeholders.lookup(piece))
            elif piece.strip():
                self._add_text(piece.strip(), is_only_text=self._is_only_text(index))
        self._end_paragraph()
        return "".join(self.out).strip()

    def _add_block(self, mark: str, markup: HiddenMarkup) -> None:
        if markup.is_closing:
            self._close(mark, markup.tag)
            return
        self._end_paragraph()
        self.out.append(mark)
        if not markup.tag or markup.tag in {"hr", "col", "area"}:
            self.out.append("\n")
        else:
            self.open.append(markup.tag)

    def _close(self, mark: str, tag: str) -> None:
        if tag != "p":
            self._end_paragraph()
        elif self.open[-1:] != ["p"]:
            # A stray </p> still separates words in a browser.
            self.out.append("\n")
            return
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        self.out.append(mark + "\n")

    def _end_paragraph(self) -> None:
        if self.open[-1:] == ["p"]:
            self.open.pop()
            self.out.append("</p>\n")

    def _is_only_text(self, index: int) -> bool:
        """Return whether this text is all its element contains. Such text in a <div> gets no paragraph."""
        if not 0 < index < len(self.pieces) - 1:
            return False
        before, after = (self.placeholders.lookup(self.pieces[i]) for i in (index - 1, index + 1))
        return before.tag == after.tag and after.is_closing and not before.is_closing

    def _add_text(self, run: str, is_only_text: bool) -> None:
        inside = self.open[-1] if self.open else ""
        lines = [_with_breaks(part) for part in re.split(r"\n[ \t]*\n\s*", run)]
        if inside in _STRUCTURE or inside == "figure" or not self._is_visible(run):
            self.out.append(run)
        elif inside in _NO_PARAGRAPHS:
            self.out.append("<br />\n".join(lines))
        elif inside == "p":
            self.out.append("</p>\n<p>".join(lines))
        elif len(lines) == 1 and (inside in _CELLS or (is_only_text and inside != "blockquote")):
            self.out.append(lines[0])
        else:
            self.out.extend(f"<p>{line}</p>\n" for line in lines)

    def _is_visible(self, run: str) -> bool:
        marks = re.findall(r"\x05\d+\x06", run)
        return bool(re.sub(r"\x05\d+\x06", "", run).strip()) or any(
            self.placeholders.lookup(mark).tag in _VISIBLE for mark in marks
        )


def _with_breaks(lines: str) -> str:
    return re.sub(r"[ \t]*\n[ \t]*", "<br />\n", lines.strip())
