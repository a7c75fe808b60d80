"""Keeping the entries true to their documents: one, many, those that are missing, all."""

import re
from collections.abc import Callable, Collection, Iterable
from itertools import batched

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from blog.models import Post
from search.backends import backend
from search.models import Entry, Word
from search.sources import POSTS, SOURCES, Source, placed

BATCH = 100
# About 30,000 words. PostgreSQL refuses vectors of more than a megabyte, and with them the post.
LONGEST_TEXT = 200_000
# Marks are made of control characters, so no text may bring its own.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
_LETTERS = re.compile(rf"[^\W\d_]{{{Word.SHORTEST},{Word.LONGEST}}}")
_CONTENT = ("title", "keywords", "summary", "topics", "body")


def index(source: Source, keys: Iterable[int]) -> None:
    """Write the entries of the documents with these keys; they stay locked meanwhile, so no older text wins."""
    with transaction.atomic():
        entries = list(source.read(source.documents.filter(pk__in=list(keys)).select_for_update()))
        for entry in entries:
            entry.content_type = source.content_type
            for name in _CONTENT:
                setattr(entry, name, _tidy(getattr(entry, name)))
        Entry.objects.bulk_create(
            entries, update_conflicts=True, unique_fields=("content_type", "object_id"), update_fields=_CONTENT
        )
        _learn(f"{entry.title} {entry.keywords} {entry.summary} {entry.body}" for entry in entries)


def index_places(posts: Iterable[int]) -> None:
    """Write where the posts with these keys stand, without reading a text. `index_missing` makes missing entries."""
    with transaction.atomic():
        for batch in batched(posts, BATCH):
            locked = Post.objects.filter(pk__in=batch).select_for_update().only("pk")
            now = {post.pk: entry for post, entry in placed(locked)}
            moved: list[Entry] = []
            for entry in Entry.objects.filter(content_type=POSTS.content_type, object_id__in=now).defer("body"):
                new = now[entry.object_id]
                keywords, topics = _tidy(new.keywords), _tidy(new.topics)
                if (entry.keywords, entry.topics) != (keywords, topics):
                    entry.keywords, entry.topics = keywords, topics
                    moved.append(entry)
            Entry.objects.bulk_update(moved, ("keywords", "topics"))
            _learn(entry.keywords for entry in moved)


def _tidy(text: str) -> str:
    return _CONTROL.sub(" ", text[:LONGEST_TEXT])


def _learn(texts: Iterable[str]) -> None:
    words = {word for text in texts for word in _LETTERS.findall(text.lower())}
    # In one order everywhere: two writers that wait for each other's words would never end.
    Word.objects.bulk_create([Word(word=word) for word in sorted(words)], ignore_conflicts=True)


def forget(source: Source, keys: Collection[int]) -> None:
    """Remove the entries of documents that are gone."""
    Entry.objects.filter(content_type=source.content_type, object_id__in=keys).delete()


def index_missing(limit: int = BATCH) -> int:
    """Index at most `limit` documents that no entry was made for, as after a bulk load; how many that were."""
    for source in SOURCES:
        entries = Entry.objects.filter(content_type=source.content_type, object_id=OuterRef("pk"))
        keys = list(source.documents.filter(~Exists(entries)).order_by("pk").values_list("pk", flat=True)[:limit])
        if keys:
            index(source, keys)
            return len(keys)
    return 0


def rebuild(report: Callable[[int], None] = lambda done: None) -> int:
    """Make the index anew for the present language, then every entry; `report` hears the progress. How many.

    Each batch is a transaction of its own. Whoever stops it leaves a true index, perhaps with documents missing.
    """
    with transaction.atomic():
        Word.objects.all().delete()
        backend().create_index(connection)
    done = 0
    for source in SOURCES:
        keys = source.documents.order_by("pk").values_list("pk", flat=True)
        gone = Entry.objects.filter(content_type=source.content_type).exclude(object_id__in=keys.values("pk"))
        gone.delete()
        for batch in batched(list(keys), BATCH):
            index(source, batch)
            done += len(batch)
            report(done)
    return done
