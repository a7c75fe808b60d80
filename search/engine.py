"""From a query to one page of public documents, best first, in one query for the hits and one for each kind of them."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.db import connection
from django.db.models import F, Model
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search.backends import ELLIPSIS, MARKS, MOST, Sql, backend
from search.models import Word
from search.queries import Query
from search.sources import SOURCES

PER_PAGE = 10
CANDIDATES = 25
WORDS_TO_CORRECT = 4
# How alike two spellings must be (difflib's ratio): "kne" and "knee" are, "nail" and "knee" are not.
LIKENESS = 0.7
LOOKED_INTO = 20


@dataclass(frozen=True)
class Hit:
    """A document found: the words around what was found, and the template of its kind."""

    document: Model
    snippet: SafeString
    template: str


@dataclass(frozen=True)
class Result:
    """A page of hits. `total` counts those of the chosen topic; `categories` counts all, by main category's path.

    `is_loose` says that nothing has every word, and so these have some.
    """

    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    page: int = 1
    categories: dict[str, int] = field(default_factory=dict)
    everywhere: int = 0
    is_loose: bool = False

    @property
    def is_many(self) -> bool:
        """Whether there may be more than were ranked and counted."""
        return self.everywhere >= MOST


def find(query: Query, topic: str = "", page: int = 1) -> Result:
    """The public documents for `query`, in the main category with the slug `topic` if it is given.

    A page behind the last one gives the last one.
    """
    if not query.wanted:
        return Result()
    rows = _rows(query, topic, page)
    by_topics = {topics: (count, loose) for kind, topics, count, loose, _, _ in rows if kind is None}
    categories: Counter[str] = Counter()
    for topics, (count, _) in by_topics.items():
        categories.update({f"{path}/": count for path in topics.split("/") if path})
    everywhere = sum(count for count, _ in by_topics.values())
    total = sum(count for topics, (count, _) in by_topics.items() if _within(topic) in topics)
    last = max(1, -(-total // PER_PAGE))
    if page > last:
        return find(query, topic, last)
    hits = _hits([row for row in rows if row[0] is not None])
    return Result(hits, total, page, dict(categories), everywhere, any(loose for _, loose in by_topics.values()))


def _rows(query: Query, topic: str, page: int) -> list[Any]:
    """One row for each set of topics with its count, then the page's hits, best and newest first."""
    public, public_params = _public("entry")
    every, every_params = backend().matching(query.wanted, query.unwanted, every=True, condition="1 = 1")
    nothing = "NOT EXISTS (SELECT 1 FROM strict)"
    some, some_params = backend().matching(query.single_words, query.unwanted, every=False, condition=nothing)
    exact, exact_params = backend().snippet(query.wanted)
    loose, loose_params = backend().snippet(query.single_words)
    # CROSS JOIN: SQLite shall go from the hits to the entries, and not ask the index anew for each entry.
    shown = f"""SELECT entry.id, entry.topics, hit.score, {{}} AS is_loose
        FROM {{}} hit CROSS JOIN search_entry entry WHERE entry.id = hit.id AND {public}"""
    sql = f"""
        WITH every_word AS MATERIALIZED ({every}),
        strict AS MATERIALIZED ({shown.format(0, "every_word")}),
        some_words AS MATERIALIZED ({some}),
        found AS MATERIALIZED (SELECT * FROM strict UNION ALL {shown.format(1, "some_words")}),
        page AS MATERIALIZED (
            SELECT id, score, is_loose FROM found WHERE replace(topics, %s, '') <> topics OR %s = ''
            ORDER BY score DESC, id DESC LIMIT {PER_PAGE} OFFSET %s
        )
        SELECT NULL AS kind, topics, count(*) AS count, max(is_loose) AS is_loose, NULL AS snippet, 0 AS score
        FROM found GROUP BY topics
        UNION ALL
        SELECT entry.content_type_id, entry.topics, entry.object_id, entry.id,
            CASE page.is_loose WHEN 0 THEN {exact} ELSE {loose} END, page.score
        FROM page CROSS JOIN search_entry entry WHERE entry.id = page.id
    """
    params = [*every_params, *public_params, *some_params, *public_params]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, _within(topic), topic, (page - 1) * PER_PAGE, *exact_params, *loose_params])
        rows = cursor.fetchall()
    # UNION promises no order.
    return sorted(rows, key=lambda row: (-row[5], -row[3]))


def _within(topic: str) -> str:
    """What the topics of an entry hold when it is in the main category with the slug `topic`."""
    return f"/{topic}/" if topic else "/"


def _hits(rows: Sequence[Any]) -> list[Hit]:
    documents: dict[tuple[int, int], tuple[Model, str]] = {}
    for source in SOURCES:
        keys = [key for kind, _, key, _, _, _ in rows if kind == source.content_type.pk]
        if keys:
            found = source.cards(keys)
            documents |= {(source.content_type.pk, document.pk): (document, source.template) for document in found}
    hits = []
    for kind, _, key, _, snippet, _ in rows:
        if (kind, key) in documents:
            document, template = documents[kind, key]
            hits.append(Hit(document, marked(snippet), template))
    return hits


def marked(snippet: str) -> SafeString:
    """A database's snippet as markup: what was found in <mark>; nothing when nothing in it was found."""
    if MARKS[0] not in snippet:
        return SafeString("")
    # A heading ends without a mark of its own.
    text = re.sub(r"(?<=[\w\x03])\n", " · ", snippet.strip().strip(ELLIPSIS).strip())
    safe = escape(f"{ELLIPSIS} {text} {ELLIPSIS}").replace(MARKS[0], "<mark>").replace(MARKS[1], "</mark>")
    return mark_safe(safe)  # noqa: S308 - escaped; the marks cannot be part of a text


def suggest(query: Query) -> str:
    """The query with its misspelt words put right, or nothing. Made of words in public documents only."""
    words = tuple(word.lower() for word in query.single_words)
    unsure = [word for word in words if Word.SHORTEST <= len(word) <= Word.LONGEST][:WORDS_TO_CORRECT]
    if query.unwanted or not unsure:
        return ""
    known = _spellings(unsure)
    right = {word: _nearest(word, known[word]) for word in unsure}
    corrected = tuple(right.get(word, word) for word in words)
    return " ".join(corrected) if corrected != words else ""


def _nearest(word: str, spellings: Collection[str]) -> str:
    """`word` itself if it is among `spellings`; else the one with two letters exchanged, or the one most like it."""
    alike = [word, *_exchanged(word)] if spellings else []
    likely = [each for each in alike if each in spellings] or get_close_matches(word, spellings, 1, LIKENESS)
    return likely[0] if likely else word


def _exchanged(word: str) -> list[str]:
    """`word` with each two neighbouring letters exchanged, the slip that no count of shared letters sees."""
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


def _spellings(words: Sequence[str]) -> dict[str, list[str]]:
    """For each of `words` itself if it occurs in public documents in any form, or else those spelt like it that do.

    One spelt like it is looked for in no more than LOOKED_INTO documents that have a form of it: to read thousands
    would take seconds, and a form that is rarer than that is no likely one. One query.
    """
    public, public_params = _public("entry")
    similar: list[str] = []
    params: list[Any] = []
    for number, word in enumerate(words):
        unknown = f"NOT EXISTS (SELECT 1 FROM typed WHERE number = {number})"
        sql, similar_params = backend().similar(word, CANDIDATES, condition=unknown)
        exchanged = _exchanged(word)
        places = ", ".join(["%s"] * len(exchanged))
        similar.append(f"SELECT {number} AS number, word FROM ({sql}) similar{number}")
        similar.append(f"SELECT {number}, word FROM search_word WHERE word IN ({places}) AND {unknown}")
        params += [*similar_params, *exchanged]
    typed = " UNION ALL ".join(f"SELECT {number} AS number, CAST(%s AS text) AS word" for number in range(len(words)))
    evidence, evidence_params = backend().evidence("asked.word")
    # CROSS JOIN keeps SQLite from asking the index anew for each entry.
    entries = f"""
        SELECT entry.title, entry.keywords, entry.summary, entry.body
        FROM ({evidence}) hit CROSS JOIN search_entry entry WHERE entry.id = hit.id AND {public} LIMIT {LOOKED_INTO}
    """
    sql = f"""
        WITH typed AS MATERIALIZED (SELECT number, word FROM ({typed}) asked WHERE EXISTS ({entries}))
        SELECT number, word FROM typed
        UNION ALL
        SELECT number, word FROM ({" UNION ALL ".join(similar)}) asked WHERE EXISTS (
            SELECT 1 FROM ({entries}) near
            WHERE lower(title || ' ' || keywords || ' ' || summary || ' ' || body) LIKE '%%' || asked.word || '%%'
        )
    """
    of_entries = [*evidence_params, *public_params]
    found: dict[str, list[str]] = {word: [] for word in words}
    with connection.cursor() as cursor:
        cursor.execute(sql, [*words, *of_entries, *params, *of_entries])
        for number, spelling in cursor.fetchall():
            found[words[number]].append(spelling)
    return found


def _public(table: str) -> Sql:
    """The condition that the document of `table`'s row is one that readers may see at this moment."""
    conditions: list[str] = []
    params: list[Any] = []
    for source in SOURCES:
        public, public_params = source.documents.published().order_by().values(key=F("pk")).query.sql_with_params()
        kind = source.content_type.pk
        conditions.append(
            f"({table}.content_type_id = {kind} AND EXISTS"
            f" (SELECT 1 FROM ({public}) public WHERE public.key = {table}.object_id))"
        )
        params += public_params
    return f"({' OR '.join(conditions)})", params
