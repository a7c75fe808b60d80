"""The words of a text are the same with and without their positions."""

from itertools import product

import pytest

from search.words import compounds, split, texts_of_words


@pytest.mark.parametrize("alphabet", ["a1-'_ ", "aé-膝1"])
def test_words_without_positions_are_those_with_positions(alphabet: str) -> None:
    for characters in product(alphabet, repeat=5):
        text = "".join(characters)
        words = list(split(text))
        assert texts_of_words(text) == [word.text for word in (*words, *compounds(text, words))]


def test_long_words_are_cut() -> None:
    assert texts_of_words("a" * 101 + " b-" + "c" * 101) == ["a" * 100, "b", "c" * 100, "b" + "c" * 99]
