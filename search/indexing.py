"""Write index entries: for single documents, for documents without an entry, and for all."""

import logging
import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from itertools import batched
from typing import Any
from unicodedata import normalize

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef

from blog.models import Post
from plaintext.characters import strip_control_characters
from plaintext.folding import fold
from search.backends import get_backend
from search.models import IndexEntry, VocabularyWord
from search.sources import POSTS, SOURCES, Source, entries_with_taxonomy
from search.tokens import TEXT_FIELDS, make_tokens
from search.words import is_unspaced, split

log = logging.getLogger(__name__)

BATCH_SIZE = 100
# About 30,000 words.
MAX_TEXT_LENGTH = 200_000
_WORD = re.compile(rf"[^\W\d_]{{{VocabularyWord.MIN_LENGTH},{VocabularyWord.MAX_LENGTH}}}")
_ASCII_WORD = re.compile(rf"[a-z]{{{VocabularyWord.MIN_LENGTH},{VocabularyWord.MAX_LENGTH}}}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_TEXT_FIELDS = (*TEXT_FIELDS, "categories")
TOKEN_FIELDS = (*(f"{name}_tokens" for name in TEXT_FIELDS), "words", "keyword_words")


def index_documents(source: Source, pks: Iterable[int]) -> None:
    """Write the entries of the documents with these primary keys."""
    # No savepoint: an error fails the save that this is part of.
    with transaction.atomic(savepoint=False):
        # Locked until the entry is written, so that no concurrent save overwrites it with older text.
        index_rows(source, source.documents.filter(pk__in=list(pks)).select_for_update())


def index_rows(source: Source, documents: Any) -> None:
    """Write the entries of `documents`, which this transaction has locked or created."""
    entries = _entries_of(source, documents)
    IndexEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=("content_type", "object_id"),
        update_fields=(*_TEXT_FIELDS, *TOKEN_FIELDS, "problem"),
    )
    _add_words(f"{entry.title} {entry.keywords} {entry.summary} {entry.body}" for entry in entries)


def _entries_of(source: Source, documents: Any) -> list[IndexEntry]:
    """Return the entries of `documents`. One whose text raises an error gets an entry that names the error."""
    try:
        return _make_entries(source, documents)
    except DatabaseError:
        raise
    except Exception:
        log.exception("Not all texts of %s documents can be indexed", len(documents))
    entries = []
    for document in documents:
        try:
            entries += _make_entries(source, [document])
        except DatabaseError:
            raise
        except Exception as error:
            entry = IndexEntry(object_id=document.pk, title=_clean(str(document)), problem=type(error).__name__[:100])
            entry.content_type = source.content_type
            entries.append(entry)
    return entries


def _make_entries(source: Source, documents: Any) -> list[IndexEntry]:
    entries = list(source.build_entries(documents))
    for entry in entries:
        entry.content_type = source.content_type
        for name in _TEXT_FIELDS:
            setattr(entry, name, _clean(getattr(entry, name)))
        set_tokens(entry)
    return entries


def index_taxonomy(post_pks: Iterable[int]) -> None:
    """Update categories and tags in the existing entries of these posts, without reading their text."""
    for batch in batched(post_pks, BATCH_SIZE):
        with transaction.atomic(savepoint=False):
            locked = Post.objects.filter(pk__in=batch).select_for_update().only("pk")
            wanted = {post.pk: entry for post, entry in entries_with_taxonomy(locked)}
            changed: list[IndexEntry] = []
            entries = IndexEntry.objects.filter(content_type=POSTS.content_type, object_id__in=wanted)
            for entry in entries.only("keywords", "categories", "object_id"):
                keywords = _clean(wanted[entry.object_id].keywords)
                categories = _clean(wanted[entry.object_id].categories)
                if (entry.keywords, entry.categories) != (keywords, categories):
                    entry.keywords, entry.categories = keywords, categories
                    set_tokens(entry, ["keywords"])
                    changed.append(entry)
            IndexEntry.objects.bulk_update(changed, ("keywords", "categories", "keywords_tokens", "keyword_words"))
            _add_words(entry.keywords for entry in changed)


def set_tokens(entry: Any, names: Iterable[str] = TEXT_FIELDS) -> None:
    """Set the tokens of the texts with these names."""
    for name, tokens in make_tokens({name: getattr(entry, name) for name in names}).items():
        setattr(entry, name, tokens)


def _clean(text: str) -> str:
    # Excerpts mark matches with control characters, so indexed text must not contain any.
    return strip_control_characters(text[:MAX_TEXT_LENGTH])


def _add_words(texts: Iterable[str]) -> None:
    words = {word for text in texts for word in _words_of(text)}
    for known in batched(list(words), 5000):
        words.difference_update(VocabularyWord.objects.filter(word__in=known).values_list("word", flat=True))
    # Sorted, because two transactions that insert the same words in different orders would deadlock.
    rows = [VocabularyWord(word=word, form=form) for word in sorted(words) if (form := word_form(word))]
    VocabularyWord.objects.bulk_create(rows, ignore_conflicts=True)


def _words_of(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return _WORD.findall(_INVISIBLE.sub("", normalize("NFC", text)).lower())


def delete_unused_words() -> int:
    """Delete the words of the vocabulary that no document has any more, such as after an undone import."""
    used: set[str] = set()
    for texts in IndexEntry.objects.values_list(*TEXT_FIELDS).iterator(chunk_size=BATCH_SIZE):
        used.update(word for text in texts for word in _words_of(text))
    unused = [pk for pk, word in VocabularyWord.objects.values_list("pk", "word") if word not in used]
    for pks in batched(unused, 500):
        VocabularyWord.objects.filter(pk__in=pks).delete()
    return len(unused)


@lru_cache(maxsize=20_000)
def word_form(word: str) -> str:
    """Return how a word of the vocabulary is compared, or "" if no search would look for it."""
    form = fold(word)
    is_word = [found.text for found in split(form)] == [form] and not is_unspaced(form)
    return form if is_word and len(form) <= VocabularyWord.MAX_LENGTH else ""


def remove_entries(source: Source, pks: Collection[int]) -> None:
    """Delete the entries of documents with these primary keys."""
    IndexEntry.objects.filter(content_type=source.content_type, object_id__in=pks).delete()


def index_missing(limit: int = BATCH_SIZE) -> int:
    """Index up to `limit` documents without an entry, such as after a bulk insert. Return their number."""
    for source in SOURCES:
        entries = IndexEntry.objects.filter(content_type=source.content_type, object_id=OuterRef("pk"))
        missing = source.documents.filter(~Exists(entries)).order_by("pk")
        pks = list(missing.values_list("pk", flat=True)[:limit])
        if pks:
            index_documents(source, pks)
            return len(pks)
    return 0


def count_differences() -> tuple[int, int]:
    """Return the numbers of documents without an entry and of entries without a document."""
    missing = orphaned = 0
    for source in SOURCES:
        entries = IndexEntry.objects.filter(content_type=source.content_type)
        missing += source.documents.filter(~Exists(entries.filter(object_id=OuterRef("pk")))).count()
        orphaned += entries.filter(~Exists(source.documents.filter(pk=OuterRef("object_id")))).count()
    return missing, orphaned


def rebuild_index(report_progress: Callable[[int], None] = lambda done: None) -> int:
    """Recreate the index for the current language and rewrite every entry. Return the number of documents.

    Each batch is a transaction, so an interrupted rebuild leaves a consistent index with documents missing.
    """
    with transaction.atomic():
        VocabularyWord.objects.all().delete()
        get_backend().create_index(connection)
    done = 0
    for source in SOURCES:
        pks = source.documents.order_by("pk").values_list("pk", flat=True)
        IndexEntry.objects.filter(content_type=source.content_type).exclude(object_id__in=pks.values("pk")).delete()
        for batch in batched(list(pks), BATCH_SIZE):
            index_documents(source, batch)
            done += len(batch)
            report_progress(done)
    return done
