"""Rank posts by similarity: by primary category, tags, and the keywords of title, headings and TL;DR.

These functions take plain values; `Post.related_posts()` loads them and shows the result.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MAX_KEYWORDS = 16
_WORD = re.compile(r"[^\W\d_]{4,}")
_STOP_WORD_LIST = (
    "about above after again also been before being best better between both cannot could does doing done down"
    " each easy even ever every everything find first five four from good great guide have help helps here into just"
    " know last less like little long look made make makes many might more most much must need never next only other"
    " over part really right same should simple some start still stop such take than that their them then there these"
    " they thing things this those three through tips under until used very want well were what when where which"
    " while will with without work would year years your yours"
)
# English only. In other languages, keywords just include some words without meaning.
STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


class Candidate(NamedTuple):
    """What the ranking needs to know about a post."""

    pk: int
    category_id: int | None
    series_id: int | None
    tag_ids: frozenset[int]
    keywords: frozenset[str]


def extract_keywords(texts: Iterable[str]) -> str:
    """Return the first MAX_KEYWORDS distinct keywords of `texts`, separated by spaces.

    Words are shortened to a stem: without a plural s, and cut after six letters.
    """
    words = (word for text in texts for word in _WORD.findall(text.casefold()) if word not in STOP_WORDS)
    stems = dict.fromkeys(word.removesuffix("s")[:6] for word in words)
    return " ".join(list(stems)[:MAX_KEYWORDS])


def similarity(first: Candidate, second: Candidate) -> int:
    """Score 3 for the same primary category, 2 for each shared tag and 1 for each shared keyword."""
    same_category = first.category_id is not None and first.category_id == second.category_id
    shared_tags = len(first.tag_ids & second.tag_ids)
    shared_keywords = len(first.keywords & second.keywords)
    return 3 * same_category + 2 * shared_tags + shared_keywords


def rank_by_similarity(post: Candidate, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return `candidates`, the most similar to `post` first. Equally similar ones keep their order."""
    return sorted(candidates, key=lambda candidate: similarity(post, candidate), reverse=True)


def rank_related(post: Candidate, candidates: Iterable[Candidate], chosen: Sequence[int]) -> list[int]:
    """Return primary keys in the order in which to show related posts.

    The posts `chosen` by the author come first, then the most similar. Parts of the same series come last, because the
    page of a post links to them anyway.
    """
    ranked = rank_by_similarity(post, candidates)
    # Sorting is stable: similarity decides within each of the two groups.
    ranked.sort(key=lambda candidate: post.series_id is not None and candidate.series_id == post.series_id)
    return list(dict.fromkeys([*chosen, *(candidate.pk for candidate in ranked)]))
