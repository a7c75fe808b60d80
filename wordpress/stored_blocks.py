"""Blocks whose content is stored apart from the text: footnotes, in a meta field, and reusable blocks."""

import html
import json
from collections.abc import Mapping
from functools import cached_property

from wordpress.reader import Export, Item


class ReusableBlocks:
    """The texts of the blocks that posts only refer to. The export is read for them when the first one is needed."""

    def __init__(self, export: Export) -> None:
        self._export = export

    def find(self, number: int) -> str:
        """Return the text of the block with a WordPress ID, or ""."""
        return self._by_id.get(number, "")

    @cached_property
    def _by_id(self) -> dict[int, str]:
        return {item.post_id: item.body for item in self._export.items("wp_block")}


def footnotes_html(item: Item) -> str:
    """Return the list of the item's footnotes, or "" if it has none. Their ids are those that the text links to."""
    notes = _parse(dict(item.meta).get("footnotes", ""))
    items = "".join(
        f'<li id="{html.escape(name)}">{content}</li>' for name, content in notes.items() if content.strip()
    )
    return f"<ol>{items}</ol>" if items else ""


def _parse(value: str) -> Mapping[str, str]:
    try:
        rows = json.loads(value) if value else []
    except ValueError:
        return {}
    if not isinstance(rows, list):
        return {}
    return {str(row.get("id", "")): str(row.get("content", "")) for row in rows if isinstance(row, dict)}
