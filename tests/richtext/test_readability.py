"""Readability figures of known texts."""

import pytest

from richtext.readability import readability, syllables
from richtext.sanitizer import sanitize


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        # 6 words, 1 sentence, 6 syllables: 0.39 * 6 + 11.8 * 1 - 15.59
        ("The cat sat on the mat.", -1.4),
        # 12 words, 2 sentences, 14 syllables: 0.39 * 6 + 11.8 * 14 / 12 - 15.59
        ("Walk slowly down the stairs. Hold the rail with a gentle hand.", 0.5),
    ],
)
def test_the_grade_of_known_texts(text: str, grade: float) -> None:
    found = readability(sanitize(f"<p>{text}</p>"))
    assert found is not None
    assert found.grade == pytest.approx(grade, abs=0.1)


@pytest.mark.parametrize(
    ("word", "count"),
    [("stairs", 1), ("gentle", 2), ("knee", 1), ("walked", 1), ("rested", 2), ("ankle", 2), ("the", 1)],
)
def test_syllables_of_common_words(word: str, count: int) -> None:
    assert syllables(word) == count


def test_long_and_passive_sentences_are_counted() -> None:
    long = "word " * 31
    found = readability(sanitize(f"<p>{long}.</p><p>The knee was slowly bent. It is given rest. You walk.</p>"))
    assert found is not None
    assert (found.sentences, found.long_sentences, found.passive_sentences) == (4, 1, 1)


def test_a_text_without_a_sentence_has_no_grade() -> None:
    assert readability("") is None
    assert readability(sanitize("<p>1 2 3</p>")) is None
