"""Content that is stored apart from the text: footnotes, in a meta field, reusable blocks, and tables of TablePress."""

import html
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from wordpress.reader import Export, Item

# The types of items whose content is put into texts, each with a sentence for the report.
STORED_TYPES: Final = {
    "wp_block": "Its content is part of the texts that show it.",
    "tablepress_table": "It is part of the texts that show it.",
}
_TABLE_ID: Final = "_tablepress_export_table_id"


class StoredBlocks:
    """The blocks and tables that posts only refer to. The export is read for them when the first one is needed."""

    def __init__(self, export: Export) -> None:
        self._export = export

    def find(self, number: int) -> str:
        """Return the text of the block with a WordPress ID, or ""."""
        return self._by_id.get(number, "")

    def table(self, name: str) -> str:
        """Return the HTML of the table of TablePress with an ID, or ""."""
        return self._tables.get(name, "")

    @cached_property
    def _by_id(self) -> dict[int, str]:
        return {item.post_id: item.body for item in self._export.items_of_site("wp_block")}

    @cached_property
    def _tables(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for item in self._export.items_of_site("tablepress_table"):
            for name in dict(item.meta).get(_TABLE_ID, "").split(","):
                found.setdefault(name.strip(), _table_html(item))
        return found


def _table_html(item: Item) -> str:
    """Return the table that TablePress stores as JSON: a list of the cells of each row, which are HTML."""
    meta = dict(item.meta)
    rows = _json(item.body, list)
    visible = _json(meta.get("_tablepress_table_visibility", ""), dict)
    shown = [
        [str(cell) for cell in _visible(row, visible.get("columns"))]
        for row in _visible(rows, visible.get("rows"))
        if isinstance(row, list)
    ]
    has_head = _json(meta.get("_tablepress_table_options", ""), dict).get("table_head", True)
    lines = [
        "<tr>" + "".join(f"<{name}>{cell}</{name}>" for cell in cells) + "</tr>"
        for number, cells in enumerate(shown)
        for name in ["th" if has_head and not number else "td"]
    ]
    return f"<table>{''.join(lines)}</table>" if lines else ""


def _visible(values: Sequence[Any], flags: Any) -> list[Any]:
    """Return the values that are not switched off."""
    known = flags if isinstance(flags, list) else []
    return [value for number, value in enumerate(values) if number >= len(known) or known[number]]


def footnotes_html(item: Item) -> str:
    """Return the list of the item's footnotes, or "" if it has none. Their ids are those that the text links to."""
    notes = _parse(dict(item.meta).get("footnotes", ""))
    items = "".join(
        f'<li id="{html.escape(name)}">{content}</li>' for name, content in notes.items() if content.strip()
    )
    return f"<ol>{items}</ol>" if items else ""


def _parse(value: str) -> Mapping[str, str]:
    rows = _json(value, list)
    return {str(row.get("id", "")): str(row.get("content", "")) for row in rows if isinstance(row, dict)}


def _json[T: (list[Any], dict[str, Any])](value: str, kind: type[T]) -> T:
    """Return the parsed value, or an empty one if it is not of that kind."""
    try:
        found = json.loads(value) if value else None
    except ValueError:
        found = None
    return found if isinstance(found, kind) else kind()
