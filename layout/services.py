"""Changes to the order of blocks. Each takes a lock, so concurrent changes neither lose nor duplicate a block."""

from collections.abc import Sequence

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction

from layout.default_layout import BlockNode, default_blocks
from layout.models import Block

BLOCK_GONE = "This block no longer exists. Someone has removed it or reset the area."
# Fields that say where a block is. Editing its content must not write them, since it may have moved since.
_PLACE_FIELDS = {"id", "area", "parent", "block_type", "position"}


@transaction.atomic
def customize_area(area: str) -> None:
    """Store the default blocks of `area` so that the author can change them; does nothing if it is customized."""
    _lock()
    if Block.objects.filter(area=area).exists():
        return
    for position, (block, children) in enumerate(default_blocks(area)):
        block.position = position
        block.save()
        for child_position, child in enumerate(children):
            child.parent, child.position = block, child_position
            child.save()


@transaction.atomic
def reset_area(area: str) -> None:
    """Delete the author's blocks of `area`, which restores the default ones."""
    _lock()
    Block.objects.filter(area=area).delete()


@transaction.atomic
def add_block(block: Block) -> None:
    """Save the new `block` at the end of its list. Raises ValidationError if it is not allowed there."""
    customize_area(block.area)
    block.full_clean()
    block.save()
    _renumber([*_other_blocks(block), block])


@transaction.atomic
def replace_links(area: str, nodes: Sequence[BlockNode]) -> None:
    """Replace the links and headings of the menu `area` with `nodes`, which come before its other blocks.

    Raises ValidationError if one of them is not allowed there.
    """
    customize_area(area)
    stored = list(Block.objects.filter(area=area, parent=None))
    others = [block for block in stored if block.type and not block.type.is_link and block.block_type != "heading"]
    Block.objects.filter(area=area, parent=None).exclude(pk__in=[block.pk for block in others]).delete()
    for node in nodes:
        for position, block in enumerate((node.block, *node.children)):
            block.area, block.position = area, position
            block.parent = None if block is node.block else node.block
            block.full_clean()
            block.save()
    _renumber([*(node.block for node in nodes), *others])


@transaction.atomic
def update_block(block: Block) -> None:
    """Save the content of `block` but not its place. Raises ValidationError if it no longer exists."""
    _lock()
    if not Block.objects.filter(pk=block.pk).exists():
        raise ValidationError(BLOCK_GONE)
    fields = [field.name for field in block._meta.concrete_fields if field.name not in _PLACE_FIELDS]
    block.save(update_fields=fields)


@transaction.atomic
def move_block(pk: int, parent_pk: int | None, before_pk: int | None) -> Block:
    """Move a block under a heading, or to the top level if `parent_pk` is None, and return it.

    It is placed before `before_pk`, or last. Raises ValidationError if it is not allowed there, or if the block or
    the heading no longer exists.
    """
    _lock()
    block = Block.objects.filter(pk=pk).first()
    heading = Block.objects.filter(pk=parent_pk).first() if parent_pk else None
    if block is None or (parent_pk and heading is None):
        raise ValidationError(BLOCK_GONE)
    block.parent = heading
    block.full_clean()
    others = _other_blocks(block)
    index = next((index for index, other in enumerate(others) if other.pk == before_pk), len(others))
    _renumber([*others[:index], block, *others[index:]])
    return block


@transaction.atomic
def step_block(pk: int, direction: str) -> Block:
    """Move a block one step and return it: "up", "down", "in" under the heading above it, or "out" after its heading.

    Does nothing if there is no such step. Raises ValidationError as `move_block` does.
    """
    _lock()
    block = Block.objects.filter(pk=pk).select_related("parent").first()
    if block is None:
        raise ValidationError(BLOCK_GONE)
    siblings = _siblings(block)
    index = siblings.index(block)
    previous = siblings[index - 1] if index else None
    if direction == "up" and previous:
        return move_block(pk, block.parent_id, previous.pk)
    if direction == "down" and index + 1 < len(siblings):
        return move_block(pk, block.parent_id, _pk_at(siblings, index + 2))
    if direction == "in" and previous and previous.block_type == "heading":
        return move_block(pk, previous.pk, None)
    if direction == "out" and block.parent:
        top_level = _siblings(block.parent)
        return move_block(pk, None, _pk_at(top_level, top_level.index(block.parent) + 1))
    return block


def _lock() -> None:
    """Block concurrent changes until the transaction ends. SQLite allows one writer at a time anyway."""
    content_type = ContentType.objects.select_for_update(no_key=True)
    list(content_type.filter(app_label=Block._meta.app_label, model=Block._meta.model_name))


def _siblings(block: Block) -> list[Block]:
    """Return the stored blocks of the same list in order, `block` included."""
    return list(Block.objects.filter(area=block.area, parent=block.parent_id))


def _other_blocks(block: Block) -> list[Block]:
    return [other for other in _siblings(block) if other.pk != block.pk]


def _pk_at(blocks: list[Block], index: int) -> int | None:
    return blocks[index].pk if index < len(blocks) else None


def _renumber(blocks: list[Block]) -> None:
    for position, block in enumerate(blocks):
        block.position = position
    Block.objects.bulk_update(blocks, ["position", "parent"])
