"""A menu for tests of the area editor."""

import pytest

from layout.models import Block
from tests.layout.editor import NAMES


@pytest.fixture
def four_links(db: None) -> list[Block]:
    """Create a main menu of four links."""
    blocks = [Block(area="main-menu", block_type="link", title=name, url=f"https://{name}.example/") for name in NAMES]
    for position, block in enumerate(blocks):
        block.position = position
        block.save()
    return blocks
