"""Readability figures for authors. They are hints, and apply to English only."""

import re
from dataclasses import dataclass

from richtext.analysis import plain_text

LONG_SENTENCE = 30
MIN_WORDS = 100
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
# A form of “to be” and a participle, with at most one adverb in between.
_PASSIVE = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?(?:\w+ed|done|made|given|taken|known|seen|shown|found|kept"
    r"|held|told|thought|felt|left|built|broken|written|chosen|worn|torn|lost|put|cut|set)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Readability:
    """The Flesch-Kincaid grade, and the number of words, and of long and passive sentences."""

    grade: float
    words: int
    sentences: int
    long_sentences: int
    passive_sentences: int

    @property
    def is_meaningful(self) -> bool:
        """Whether the text is long enough for the grade to tell something."""
        return self.words >= MIN_WORDS


def readability(body: str) -> Readability | None:
    """Return the figures of a sanitized `body`, or None if it contains no sentence.

    Grade = 0.39 words per sentence + 11.8 syllables per word - 15.59 (Kincaid and others, 1975).
    """
    sentences = [found for found in _SENTENCE.findall(plain_text(body)) if _WORD.search(found)]
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    if not words:
        return None
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return Readability(
        grade=round(grade, 1),
        words=len(words),
        sentences=len(sentences),
        long_sentences=sum(len(_WORD.findall(sentence)) > LONG_SENTENCE for sentence in sentences),
        passive_sentences=sum(bool(_PASSIVE.search(sentence)) for sentence in sentences),
    )


def syllables(word: str) -> int:
    """Estimate the syllables of an English `word`: its groups of vowels, without a silent e at the end."""
    word = re.sub(r"[^a-z]", "", word.lower())
    count = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee", "ye")):
        count -= 1
    if word.endswith("ed") and not word.endswith(("ted", "ded")):
        count -= 1
    return max(1, count)
