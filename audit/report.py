"""What was found and what was measured, as a table on the terminal and as a document."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Finding(NamedTuple):
    """Something that a reader could meet and should not."""

    check: str
    page: str
    what: str


class Table(NamedTuple):
    """Numbers under a title; each row starts with its name."""

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    def markdown(self) -> str:
        """The table in Markdown, columns as wide as their widest cell."""
        lines = [[str(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(len(line[number]) for line in lines) for number in range(len(self.columns))]
        lines.insert(1, ["-" * width for width in widths])
        padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
        return "\n".join([f"## {self.title}", "", self.note, "", *(f"| {' | '.join(line)} |" for line in padded), ""])


def document(tables: Iterable[Table], findings: Sequence[Finding], versions: dict[str, str], made: str) -> str:
    """The whole report."""
    head = [
        "# Quality, in numbers",
        "",
        f"Made by `make audit` on {made}; run it again rather than editing this.",
        "",
        f"With {', '.join(f'{name} {version}' for name, version in versions.items())}.",
        "",
        f"**{len(findings)} findings.**" if findings else "**Nothing was found that should not be.**",
        "",
    ]
    listed = [f"- {each.check}, {each.page}: {each.what}" for each in findings]
    return "\n".join([*head, *listed, *([""] if listed else []), *(table.markdown() for table in tables)])
