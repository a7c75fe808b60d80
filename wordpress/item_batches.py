"""Read the items of an export in batches, and give each item its key."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from blog.models import Post
from wordpress.reader import Item
from wordpress.report import Report

# Limits of a batch. Its transaction takes a fraction of a second, so visitors can write to the database in between.
BATCH_ITEMS = 50
BATCH_CHARACTERS = 250_000


@dataclass
class Draft:
    """A new post and what to report once it is saved. Skipped items have no `post`."""

    item: Item
    key: str
    report: Report
    post: Post | None = None


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items in lists of limited length and size."""
    batch: list[Item] = []
    size = 0
    for item in items:
        if batch and (len(batch) == BATCH_ITEMS or size + len(item.body) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item.body)
    if batch:
        yield batch


def with_keys(items: Iterable[Item], counts: Counter[str] | None = None) -> Iterator[tuple[str, Item]]:
    """Yield each item with a unique key. Merged sites repeat IDs and GUIDs, so repeated keys get a number."""
    counts = Counter() if counts is None else counts
    for item in items:
        base = f"{item.post_type}:{item.post_id}:{item.guid}"[:690]
        counts[base] += 1
        yield (base if counts[base] == 1 else f"{base}#{counts[base]}"), item
