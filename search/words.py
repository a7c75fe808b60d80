"""Split text into words as the index and queries see them, on every database.

A word is folded, then stemmed in the site's language. Letters and digits are separate words, so "5kg" and "5 kg", or
"VO₂max" and "VO2 max", are the same. Scripts without spaces are split into overlapping pairs of characters.
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import snowballstemmer
from django.conf import settings
from django.utils.translation import get_language_info

from plaintext.characters import character_class

# PostgreSQL refuses words of more than 2 kB. The rest of a longer word is ignored in the index and in queries.
_MAX_WORD_LENGTH = 100
# Han, kana, Hangul, Thai, Lao, Myanmar, Khmer, Yi and other scripts that are written without spaces between words, or
# with endings that belong to other words.
_UNSPACED_BLOCKS = (
    range(0xE00, 0xF00), range(0x1000, 0x10A0), range(0x1780, 0x1800), range(0x1950, 0x1AB0), range(0x1B00, 0x1B80),
    range(0x2E80, 0x3000), range(0x3005, 0x3008), range(0x3040, 0x3100), range(0x31F0, 0x3200), range(0x3400, 0x4DC0),
    range(0x4E00, 0xA4D0), range(0xA980, 0xA9E0), range(0xAA60, 0xAA80), range(0xAC00, 0xD7B0), range(0xF900, 0xFB00),
    range(0x16FE0, 0x18D00), range(0x1AFF0, 0x1B300), range(0x20000, 0x32400),
)  # fmt: skip


def _class_of(blocks: Iterable[range], categories: str) -> str:
    codes = (code for block in blocks for code in block)
    return character_class("".join(chr(code) for code in codes if unicodedata.category(chr(code))[0] in categories))


_UNSPACED = _class_of(_UNSPACED_BLOCKS, "LM")
_UNSPACED_START = re.compile(_UNSPACED)
_FIRST_UNSPACED = chr(_UNSPACED_BLOCKS[0].start)
MARKS = _class_of([range(0x300, 0x20000)], "M")
# Matched in folded text. A word starts with a letter; marks alone are not searchable.
# The Arabic article, alone or after a preposition, is no part of the word it is written with.
_ARTICLE = "(?:[وفبك]?ال|لل)(?=[\u0621-\u064a]{2})"
_WORD = re.compile(
    rf"(?P<unspaced>{_UNSPACED}+)|(?:{_ARTICLE})?(?P<word>[^\W\d_](?:(?!{_UNSPACED})[^\W\d_]|{MARKS})*|\d+)"
)
_JOINERS = frozenset("-'")
_ASCII_WORD = re.compile(r"[a-z]+|[0-9]+")
# Begins at words only: trying every letter of a long run of letters would take a time that grows with its square.
_ASCII_COMPOUND = re.compile(r"(?<![a-z])[a-z]+(?:[-'][a-z]+)+")
_COMPOUND = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)+")
# Compiling this large class takes milliseconds, so no pattern of a single query contains it.
_WORD_START = re.compile(rf"(?<![^\W\d_])|(?<={_UNSPACED})")
_ARTICLE_BEFORE = re.compile(r"(?<![^\W\d_])(?:[وفبك]?ال|لل)\Z")

# Plurals that the English stemmer does not know, most of them of body parts and findings. Others follow a rule.
_IRREGULAR = {
    "feet": "foot", "teeth": "tooth", "men": "man", "women": "woman", "children": "child", "calves": "calf",
    "halves": "half", "knives": "knife", "lives": "life", "femora": "femur", "ganglia": "ganglion", "crura": "crus",
    "foramina": "foramen", "phalanges": "phalanx", "cortices": "cortex", "vertices": "vertex", "apices": "apex",
    "indices": "index", "matrices": "matrix", "appendices": "appendix", "criteria": "criterion", "pelves": "pelvis",
    "testes": "testis", "stimuli": "stimulus", "nuclei": "nucleus", "thrombi": "thrombus", "emboli": "embolus",
    "menisci": "meniscus", "tori": "torus", "humeri": "humerus", "bronchi": "bronchus", "atria": "atrium",
    "septa": "septum", "acetabula": "acetabulum", "crania": "cranium", "ilia": "ilium", "bacteria": "bacterium",
}  # fmt: skip
_ENGLISH_ENDINGS = (("itides", "itis"), ("sis", "se"), ("xis", "xe"), ("ae", "a"))


class Word(NamedTuple):
    """A word of a text, and where it is."""

    text: str
    start: int
    end: int


def is_unspaced(word: str) -> bool:
    """Return whether `word` is of a script without spaces."""
    return word[0] >= _FIRST_UNSPACED and bool(_UNSPACED_START.match(word))


def split(folded: str, start_at: int = 0) -> Iterator[Word]:
    """Yield the words of a folded text from a position on."""
    for match in _WORD.finditer(folded, start_at):
        if text := match["unspaced"]:
            for at in range(len(text)):
                pair, start = text[at : at + 2], match.start() + at
                yield Word(pair, start, start + len(pair))
        else:
            yield Word(match["word"][:_MAX_WORD_LENGTH], match.start("word"), match.end())


def compounds(folded: str, words: Sequence[Word]) -> Iterator[Word]:
    """Yield the words of a folded text that hyphens or apostrophes join, written as one: "warmup" for "warm-up"."""
    parts: list[Word] = []
    for word, following in pairwise([*words, Word("", len(folded), len(folded))]):
        parts.append(word)
        is_joined = folded[word.end : following.start] in _JOINERS and word.text.isalpha() and following.text.isalpha()
        if is_joined and not is_unspaced(word.text):
            continue
        if len(parts) > 1:
            yield Word("".join(part.text for part in parts)[:_MAX_WORD_LENGTH], parts[0].start, word.end)
        parts = []


def texts_of_words(folded: str) -> list[str]:
    """Return the words of a folded text, and then its compounds."""
    if not folded.isascii():
        words = list(split(folded))
        return [word.text for word in (*words, *compounds(folded, words))]
    # Most text. Without positions, and in a fraction of the time.
    texts = [text[:_MAX_WORD_LENGTH] for text in _ASCII_WORD.findall(folded)]
    if "-" in folded or "'" in folded:
        texts += [re.sub("[-']", "", text)[:_MAX_WORD_LENGTH] for text in _ASCII_COMPOUND.findall(folded)]
    return texts


def compound_at(folded: str, start: int) -> Word | None:
    """Return the compound that starts at a position of a folded text."""
    match = _COMPOUND.match(folded, start)
    return Word(re.sub("[-']", "", match[0])[:_MAX_WORD_LENGTH], start, match.end()) if match else None


def is_word_start(folded: str, position: int) -> bool:
    """Return whether a word of a folded text may start at a position."""
    return bool(_WORD_START.match(folded, position)) or start_with_article(folded, position) < position


def start_with_article(folded: str, position: int) -> int:
    """Return where the Arabic article before a position of a folded text starts, or the position without one."""
    if folded[position - 1 : position] != "ل":
        return position
    article = _ARTICLE_BEFORE.search(folded, max(0, position - 3), position)
    return article.start() if article else position


def stem(word: str) -> str:
    """Return the stem of a folded word in the site's language."""
    return _stem_in(settings.LANGUAGE_CODE)(word)


class _Stemmer:
    """A stemmer that several threads share, and that remembers words."""

    def __init__(self, language: str) -> None:
        self._is_english = language == "english"
        self._snowball = snowballstemmer.stemmer(language) if language else None
        self._lock = threading.Lock()
        self.stem = lru_cache(maxsize=20_000)(self._stem)

    def _stem(self, word: str) -> str:
        if self._snowball is None or not word.isalpha() or is_unspaced(word):
            return word
        if self._is_english:
            word = _singular(word)
        with self._lock:
            return str(self._snowball.stemWord(word)) or word


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, replacement in _ENGLISH_ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + replacement
    return word


@cache
def _stem_in(language_code: str) -> Callable[[str], str]:
    # The names of languages, such as "British English", contain the names of the stemmers.
    names = str(get_language_info(language_code)["name"]).lower().split()
    return _Stemmer(next((name for name in names if name in snowballstemmer.algorithms()), "")).stem
