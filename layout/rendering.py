"""Turn the blocks of an area into what a page renders; blocks with nothing to show are left out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from layout.block_types import WIDGET_AREAS, Area
from layout.context import LayoutContext
from layout.models import Block
from layout.providers import Link, current_keys, provide

_WRAPPERS = {
    Area.SIDEBAR: "layout/_widget.html",
    Area.FOOTER: "layout/_column.html",
    Area.HOME: "layout/_section.html",
}
# On the home page, neighboring blocks of these types share a row.
_NARROW_TYPES = {"text", "image"}


class RenderedBlock(NamedTuple):
    """A block that has something to show: a link, a heading with its links, or a widget with its content."""

    block: Block
    links: list[Link] = []
    content: Any = None
    anchor: str = ""
    is_heading: bool = False
    current_keys: list[str] = []

    @property
    def block_type(self) -> str:
        """The name of the block's type."""
        return self.block.block_type

    @property
    def title(self) -> str:
        """The heading above the block."""
        return self.block.heading

    @property
    def template(self) -> str:
        """The template of the block's type."""
        return self.block.type.template if self.block.type else ""

    @property
    def varies_by_page(self) -> bool:
        """Whether the block shows something else on other pages."""
        return bool(self.block.type and self.block.type.varies_by_page)

    @property
    def is_narrow(self) -> bool:
        """Whether the block shares a row with its neighbors on the home page."""
        return self.block_type in _NARROW_TYPES

    @property
    def wrapper(self) -> str:
        """The template that the block's own template extends."""
        if self.block.area == Area.HOME and self.is_narrow:
            return _WRAPPERS[Area.FOOTER]
        return _WRAPPERS[Area(self.block.area)]


class Menu(NamedTuple):
    """The links of an area, and the widgets before and after them."""

    before: list[RenderedBlock]
    links: list[RenderedBlock]
    after: list[RenderedBlock]


class LayoutRenderer:
    """Render each area once: for one page, or without a page, what is the same on all pages."""

    def __init__(self, context: LayoutContext, *, has_page: bool = True) -> None:
        """Render nothing yet."""
        self.context = context
        self._has_page = has_page
        self._areas: dict[str, list[RenderedBlock]] = {}

    def blocks(self, area: str) -> list[RenderedBlock]:
        """Return the blocks that visitors see in `area`, in order."""
        if area not in self._areas:
            self._areas[area] = self.render(node.block for node in self.context.nodes(area) if node.block.is_shown)
        return self._areas[area]

    def render(self, blocks: Iterable[Block]) -> list[RenderedBlock]:
        """Return what visitors see of `blocks`, in order. Without a page, those that vary by page have no content."""
        return _with_anchors([rendered for block in blocks for rendered in self._render(block)])

    def menu(self, area: str) -> Menu:
        """Return `area` as a menu: the widgets before its first link, its links, and all other widgets."""
        blocks = self.blocks(area)
        first_link = next((index for index, rendered in enumerate(blocks) if rendered.links), 0)
        return Menu(
            before=blocks[:first_link],
            links=[rendered for rendered in blocks if rendered.links],
            after=[rendered for rendered in blocks[first_link:] if not rendered.links],
        )

    def rows(self, area: str) -> list[list[RenderedBlock]]:
        """Return the blocks of `area` in rows, with neighboring narrow blocks in one row."""
        rows: list[list[RenderedBlock]] = []
        for rendered in self.blocks(area):
            if rendered.is_narrow and rows and rows[-1][-1].is_narrow:
                rows[-1].append(rendered)
            else:
                rows.append([rendered])
        return rows

    def _render(self, block: Block) -> Iterator[RenderedBlock]:
        if block.block_type == "main-menu":
            yield from (rendered for rendered in self.blocks(Area.MAIN_MENU) if rendered.links)
            return
        if block.type and block.type.varies_by_page and block.area == Area.SIDEBAR and not self._has_page:
            yield RenderedBlock(block)
            return
        content = provide(self.context, block)
        if not content:
            return
        if block.type and block.type.is_link:
            yield from (RenderedBlock(block, links=[link]) for link in content)
        elif block.block_type != "heading":
            yield RenderedBlock(block, content=content)
        elif len(content) == 1 and block.area not in WIDGET_AREAS:
            # A dropdown with a single link becomes that link.
            yield RenderedBlock(block, links=content)
        else:
            keys = current_keys(self.context, block, content)
            yield RenderedBlock(block, links=content, is_heading=True, current_keys=keys)


def _with_anchors(blocks: list[RenderedBlock]) -> list[RenderedBlock]:
    """Return the blocks with unique ids such as sidebar-text-2, which are stable while the types stay the same."""
    counts = Counter[str]()
    result = []
    for rendered in blocks:
        name = f"{rendered.block.area}-{rendered.block_type}"
        counts[name] += 1
        result.append(rendered._replace(anchor=f"{name}-{counts[name]}" if counts[name] > 1 else name))
    return result
