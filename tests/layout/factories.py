"""Create blocks and read menus and widgets from pages."""

from typing import Any

from django.test import Client
from lxml import html

from layout.block_types import BLOCK_TYPES, Area
from layout.models import Block
from tests.factories import make_image

LINKS = {
    "top-bar": "//div[@class='topbar']//nav//a",
    "main-menu": "//ul[@class='menu']//a",
    "mobile-menu": "//details[@class='mobile-menu']//nav//a",
    "footer": "//div[@class='footer-cols']//h2/following-sibling::ul//a",
}


def make_block(area: str, block_type: str = "link", **fields: Any) -> Block:
    """Create a block at the end of `area`."""
    return Block.objects.create(area=area, block_type=block_type, position=1 + Block.objects.count(), **fields)


def fill_every_area() -> None:
    """Add a block of each type to each area that takes it."""
    content: dict[str, dict[str, Any]] = {
        "link": {"title": "Away", "url": "https://example.com/"},
        "heading": {"title": "Heading"},
        "text": {"title": "Words", "text": "<p>Some <strong>words</strong>.</p>"},
        "image": {"image": make_image(), "url": "https://example.com/"},
    }
    for area in Area:
        for block_type in BLOCK_TYPES.values():
            if area in block_type.areas:
                block = make_block(area, block_type.name, **content.get(block_type.name, {}))
                if block_type.name == "heading":
                    make_block(area, "link", parent=block, **content["link"])


def load_page(client: Client, path: str = "/") -> Any:
    """Return the page at `path`."""
    return html.fromstring(client.get(path).content)


def link_titles(client: Client, area: str, path: str = "/") -> list[str]:
    """Return the texts of the links in an area, in order."""
    return [
        link.text_content().strip() or link.get("aria-label") for link in load_page(client, path).xpath(LINKS[area])
    ]


def widget_titles(client: Client, path: str = "/blog/") -> list[str]:
    """Return the headings in the sidebar, in order."""
    return [each.text for each in load_page(client, path).xpath("//aside[@id='sidebar']//h2")]
