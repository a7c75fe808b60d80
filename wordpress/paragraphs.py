"""WordPress's automatic paragraphs: blank lines part paragraphs, line ends are breaks, blocks stay.

Rules: https://developer.wordpress.org/reference/functions/wpautop/
"""

import re

from wordpress.placeholders import Kept, Shield

# Nothing but other elements belongs in these; what stands around their children is layout.
_STRUCTURE = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol", "dl", "menu", "map"})
_ONE_LINERS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "caption", "summary", "legend", "dt", "figcaption"})
_CELLS = frozenset({"li", "td", "th", "dd", "address"})
_SEEN = frozenset({"img", "iframe", "video", "audio", "object", "embed", "input", "svg", "math", "select", "code"})


def paragraphs(text: str, shield: Shield) -> str:
    """Give hidden `text` (see Shield) with <p> and <br /> where WordPress shows them; marks stay."""
    return _Paragraphs(text, shield).written()


class _Paragraphs:
    def __init__(self, text: str, shield: Shield) -> None:
        self.shield = shield
        self.pieces = re.split(r"(\x01\d+\x02)", text)
        self.open: list[str] = []
        self.out: list[str] = []

    def written(self) -> str:
        for index, piece in enumerate(self.pieces):
            if index % 2:
                self._mark(piece, self.shield.kept(piece))
            elif piece.strip():
                self._run(piece.strip(), is_sole=self._is_sole(index))
        self._end_paragraph()
        return "".join(self.out).strip()

    def _mark(self, mark: str, kept: Kept) -> None:
        if kept.is_closing:
            self._close(mark, kept.tag)
            return
        self._end_paragraph()
        self.out.append(mark)
        if not kept.tag or kept.tag in {"hr", "col", "area"}:
            self.out.append("\n")
        else:
            self.open.append(kept.tag)

    def _close(self, mark: str, tag: str) -> None:
        if tag != "p":
            self._end_paragraph()
        elif self.open[-1:] != ["p"]:
            # Nobody opened it, but to a browser it parts the words before it from those behind.
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

    def _is_sole(self, index: int) -> bool:
        """Whether a run is all that its element holds: such text in a <div> stays bare."""
        if not 0 < index < len(self.pieces) - 1:
            return False
        before, after = (self.shield.kept(self.pieces[i]) for i in (index - 1, index + 1))
        return before.tag == after.tag and after.is_closing and not before.is_closing

    def _run(self, run: str, is_sole: bool) -> None:
        inside = self.open[-1] if self.open else ""
        lines = [_with_breaks(part) for part in re.split(r"\n[ \t]*\n\s*", run)]
        if inside in _STRUCTURE or inside == "figure" or not self._is_seen(run):
            self.out.append(run)
        elif inside in _ONE_LINERS:
            self.out.append("<br />\n".join(lines))
        elif inside == "p":
            self.out.append("</p>\n<p>".join(lines))
        elif len(lines) == 1 and (inside in _CELLS or (is_sole and inside != "blockquote")):
            self.out.append(lines[0])
        else:
            self.out.extend(f"<p>{line}</p>\n" for line in lines)

    def _is_seen(self, run: str) -> bool:
        marks = re.findall(r"\x05\d+\x06", run)
        return bool(re.sub(r"\x05\d+\x06", "", run).strip()) or any(
            self.shield.kept(mark).tag in _SEEN for mark in marks
        )


def _with_breaks(lines: str) -> str:
    return re.sub(r"[ \t]*\n[ \t]*", "<br />\n", lines.strip())
