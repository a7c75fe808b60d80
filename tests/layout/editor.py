"""Open the area editor and read the order of its blocks."""

from typing import Any

from django.urls import reverse
from lxml import html

from layout.models import Block

NAMES = ("one", "two", "three", "four")


def area_url(area: str) -> str:
    """Return the URL of the editor of `area`."""
    return reverse("admin:layout_block_area", args=[area])


def parse(response: Any) -> Any:
    """Return the page of a response."""
    return html.fromstring(response.content.decode())


def order(area: str, parent: Block | None = None) -> list[str]:
    """Return the names of the blocks in a list, in order. No two may have the same position."""
    blocks = Block.objects.filter(area=area, parent=parent)
    assert len({block.position for block in blocks}) == len(blocks)
    return [block.name for block in blocks]
