"""Changes of the order, one after the other: two windows that arrange at once neither lose nor double an item."""

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction

from layout.default_layout import usual
from layout.models import Item

GONE = "This is not there any more. Somebody has removed it, or brought the usual arrangement back."


def _wait() -> None:
    """Let nobody else arrange before this transaction ends. SQLite has one writer anyway."""
    kinds = ContentType.objects.select_for_update(no_key=True)
    list(kinds.filter(app_label=Item._meta.app_label, model=Item._meta.model_name))


@transaction.atomic
def take_over(area: str) -> None:
    """Keep the usual arrangement of `area` as the author's own; nothing if it is that already."""
    _wait()
    if Item.objects.filter(area=area).exists():
        return
    for position, (item, below) in enumerate(usual(area)):
        item.position = position
        item.save()
        for place, each in enumerate(below):
            each.parent, each.position = item, place
            each.save()


@transaction.atomic
def give_back(area: str) -> None:
    """Show the usual arrangement of `area` again; the author's own is deleted."""
    _wait()
    Item.objects.filter(area=area).delete()


@transaction.atomic
def add(item: Item) -> None:
    """Put the new `item` at the end of its list. Raise ValidationError where it cannot stand."""
    take_over(item.area)
    item.full_clean()
    item.save()
    _renumber([*_siblings(item), item])


@transaction.atomic
def fill_in(item: Item) -> None:
    """Save what stands in `item`, wherever it was moved meanwhile. Raise ValidationError if it is gone."""
    _wait()
    if not Item.objects.filter(pk=item.pk).exists():
        raise ValidationError(GONE)
    kept = {"id", "area", "parent", "kind", "position"}
    item.save(update_fields=[field.name for field in item._meta.concrete_fields if field.name not in kept])


@transaction.atomic
def move(key: int, under: int | None, before: int | None) -> Item:
    """Put the item `key` under the heading `under`, or under none, right before the item `before`, or at the end.

    Raise ValidationError where it cannot stand, and when it or the heading is gone. The item, as it is now.
    """
    _wait()
    item = Item.objects.filter(pk=key).first()
    heading = Item.objects.filter(pk=under).first() if under else None
    if item is None or (under and heading is None):
        raise ValidationError(GONE)
    item.parent = heading
    item.full_clean()
    siblings = _siblings(item)
    index = next((number for number, each in enumerate(siblings) if each.pk == before), len(siblings))
    _renumber([*siblings[:index], item, *siblings[index:]])
    return item


@transaction.atomic
def step(key: int, way: str) -> Item:
    """Move the item `key` one step: `up`, `down`, `in` under the heading right above it, or `out` behind its own.

    Nothing where there is no such step. Raise ValidationError as `move` does.
    """
    _wait()
    item = Item.objects.filter(pk=key).select_related("parent").first()
    if item is None:
        raise ValidationError(GONE)
    siblings = list(_siblings(item, with_itself=True))
    index = siblings.index(item)
    if way == "up" and index:
        return move(key, item.parent_id, siblings[index - 1].pk)
    if way == "down" and index + 1 < len(siblings):
        return move(key, item.parent_id, siblings[index + 2].pk if index + 2 < len(siblings) else None)
    if way == "in" and index and siblings[index - 1].kind == "heading":
        return move(key, siblings[index - 1].pk, None)
    if way == "out" and item.parent:
        above = _siblings(item.parent, with_itself=True)
        behind = above.index(item.parent) + 1
        return move(key, None, above[behind].pk if behind < len(above) else None)
    return item


def _siblings(item: Item, *, with_itself: bool = False) -> list[Item]:
    rows = Item.objects.filter(area=item.area, parent=item.parent_id)
    return list(rows if with_itself else rows.exclude(pk=item.pk))


def _renumber(items: list[Item]) -> None:
    for position, item in enumerate(items):
        item.position = position
    Item.objects.bulk_update(items, ["position", "parent"])
