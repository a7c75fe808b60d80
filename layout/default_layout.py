"""The blocks of each area until its author customizes it."""

from typing import NamedTuple

from django.urls import reverse

from layout.block_types import Area
from layout.models import Block


class BlockNode(NamedTuple):
    """A block with the blocks nested under it."""

    block: Block
    children: list[Block]


def default_blocks(area: str) -> list[BlockNode]:
    """Return the default blocks of `area`, which are not saved."""
    builders = {
        Area.TOP_BAR: _top_bar,
        Area.MAIN_MENU: _main_menu,
        Area.MOBILE_MENU: _mobile_menu,
        Area.HOME: _home,
        Area.SIDEBAR: _sidebar,
        Area.FOOTER: _footer,
    }
    nodes = builders[Area(area)]()
    for node in nodes:
        for block in (node.block, *node.children):
            block.area = area
    return nodes


def _top_bar() -> list[BlockNode]:
    return [_node(Block(block_type="main-categories", max_items=3)), _node("social-links")]


def _main_menu() -> list[BlockNode]:
    return [
        _node(_link("Home", "home")),
        _heading("Blog", _link("All posts", "blog:post_list"), "main-categories"),
        _node("finder-link"),
        _node("exercises"),
        _heading("About", "author-link", "pages", "shop", _link("Contact", "contact:contact")),
        _node("search"),
    ]


def _mobile_menu() -> list[BlockNode]:
    return [_node("search"), _node("main-menu"), _node("social-links")]


def _home() -> list[BlockNode]:
    names = ("hero", "help-line", "starting-points", "body-finder", "latest-posts", "about", "newsletter", "instagram")
    return [_node(name) for name in names]


def _sidebar() -> list[BlockNode]:
    names = (
        "author",
        "social-links",
        "newsletter",
        "search",
        "ad",
        "categories",
        "archives",
        "table-of-contents",
    )
    return [_node(name) for name in names]


def _footer() -> list[BlockNode]:
    return [
        _node("brand"),
        _heading("On the blog", _link("All posts", "blog:post_list"), "main-categories", "exercises"),
        _heading(
            "Info",
            Block(block_type="author-link", title="About"),
            "pages",
            "shop",
            "policies",
            _link("Contact", "contact:contact"),
            _link("RSS feed", "blog:feed"),
        ),
        _node("newsletter"),
    ]


def _link(title: str, url_name: str) -> Block:
    return Block(block_type="link", title=title, url=reverse(url_name))


def _heading(title: str, *children: Block | str) -> BlockNode:
    return BlockNode(Block(block_type="heading", title=title), [_block(child) for child in children])


def _node(block: Block | str) -> BlockNode:
    return BlockNode(_block(block), [])


def _block(block: Block | str) -> Block:
    return Block(block_type=block) if isinstance(block, str) else block
