"""The rows and choices that the admin page of an area shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from layout.block_types import BLOCK_TYPES, Area, BlockType
from layout.context import LayoutContext
from layout.default_layout import BlockNode
from layout.models import Block
from layout.providers import provide
from pages.link_search import LinkSuggestion, search_links

DESCRIPTIONS = {
    Area.TOP_BAR: "The narrow bar at the top of the page on wide screens.",
    Area.MAIN_MENU: "Next to your site's name on every page.",
    Area.MOBILE_MENU: "Opens with the “Menu” button on phones and small tablets.",
    Area.HOME: "The sections of the home page from top to bottom.",
    Area.SIDEBAR: "The widgets beside posts, lists and the services page.",
    Area.FOOTER: "The columns at the bottom of every page.",
}
DIRECTIONS = ("up", "down", "in", "out")
_URL_PREFIXES = ("/", "http://", "https://", "mailto:", "tel:")


class BlockRow(NamedTuple):
    """A block in the list of its area."""

    block: Block
    summary: str
    hidden_reason: str  # why visitors do not see it
    directions: list[str]
    heading_above: Block | None  # the heading that "in" would move it under
    children: list[BlockRow]


class BlockTypeChoice(NamedTuple):
    """A block type that can be added, unless the area already has its only one."""

    block_type: BlockType
    is_used: bool


def build_rows(context: LayoutContext, nodes: Sequence[BlockNode]) -> list[BlockRow]:
    """Return a row for each of the blocks in `nodes`, with rows for the blocks nested under it."""
    return [_row(context, nodes, index) for index in range(len(nodes))]


def block_type_choices(area: str, rows: Sequence[BlockRow], heading: Block | None) -> list[BlockTypeChoice]:
    """Return the block types that can be added to `area`, or under `heading`. Links are found by searching instead."""
    choices = [block_type for block_type in BLOCK_TYPES.values() if block_type.name != "link"]
    if heading:
        return [BlockTypeChoice(block_type, is_used=False) for block_type in choices if block_type.is_link]
    used = {row.block.block_type for row in rows}
    return [
        BlockTypeChoice(block_type, is_used=block_type.is_unique and block_type.name in used)
        for block_type in choices
        if area in block_type.areas
    ]


def search_link_targets(query: str, user: User | AnonymousUser) -> list[LinkSuggestion]:
    """Return what a link by `user` can point to: matches for the words of `query`, or `query` itself if it is a URL."""
    if query.startswith(_URL_PREFIXES):
        return [LinkSuggestion(query, query, "URL")]
    return search_links(query.split()[:8], user) if query else []


def focus_after_change(rows: Sequence[BlockRow], focus: str) -> dict[str, Any]:
    """Return which control gets the focus after a change, and an announcement of the block's new position.

    `focus` is the name of the control and the block's primary key, such as "up-12".
    """
    control, _, pk = focus.partition("-")
    for siblings in (rows, *(row.children for row in rows)):
        for number, row in enumerate(siblings, start=1):
            if str(row.block.pk) != pk:
                continue
            if control in DIRECTIONS and control not in row.directions:
                # The block reached the end: its button is disabled now and cannot take the focus.
                control = row.directions[0] if row.directions else "switch"
            announcement = f"“{row.block}” is number {number} of {len(siblings)}."
            return {"focused_control": control, "focused_block": row.block, "announcement": announcement}
    return {}


def _row(context: LayoutContext, siblings: Sequence[BlockNode], index: int) -> BlockRow:
    block, children = siblings[index]
    previous = siblings[index - 1].block if index else None
    heading_above = previous if _can_nest(block, previous) else None
    is_possible = {
        "up": previous is not None,
        "down": index + 1 < len(siblings),
        "in": heading_above is not None,
        "out": bool(block.parent_id and block.type and block.area in block.type.areas),
    }
    return BlockRow(
        block=block,
        summary=_summary(context, block),
        hidden_reason=_hidden_reason(context, block),
        directions=[direction for direction in DIRECTIONS if is_possible[direction]],
        heading_above=heading_above,
        children=build_rows(context, [BlockNode(child, []) for child in children]),
    )


def _can_nest(block: Block, previous: Block | None) -> bool:
    return bool(previous and previous.block_type == "heading" and block.type and block.type.is_link)


def _summary(context: LayoutContext, block: Block) -> str:
    """Describe what a block contains, beside its name."""
    if block.type is None:
        return ""
    if block.block_type == "link":
        kind = str(block.target._meta.verbose_name).capitalize() if block.target else "URL"
        return f"{kind} · {block.href}"
    if block.type.is_link:
        return ", ".join(link.title for link in provide(context, block))
    return block.type.label if block.name != block.type.label else ""


def _hidden_reason(context: LayoutContext, block: Block) -> str:
    """Return why visitors do not see a block, or "" if they do."""
    if block.type is None:
        return "This type of block is no longer available."
    if not block.is_shown:
        return "Hidden."
    if block.link_error:
        return block.link_error
    return "" if provide(context, block) else block.type.empty_reason
