"""Passages of notes are found again in edited texts, and a passage that is gone is not found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.anchors import Anchor, find, make_anchor, normalize

TEXT = (
    "Most backs get better within six weeks. Keep moving in small amounts, and let walking grow day by day. "
    "Heat helps some people. Keep moving even if it hurts a little. Call your doctor if you lose strength."
)


def anchor(quote: str, before: str = "", after: str = "") -> Anchor:
    found = make_anchor(TEXT, quote, before, after)
    assert found
    return found


def passage(text: str, wanted: Anchor) -> str | None:
    found = find(text, wanted)
    return text[found.start : found.end] if found else None


def test_a_quote_that_the_text_does_not_contain_makes_no_anchor() -> None:
    assert make_anchor(TEXT, "rest for six weeks") is None
    assert make_anchor(TEXT, "  ") is None


def test_white_space_of_a_copied_quote_does_not_matter() -> None:
    assert anchor("let   walking\ngrow").quote == "let walking grow"


def test_a_passage_survives_edits_around_it() -> None:
    wanted = anchor("Heat helps some people.")
    edited = "A new start. " + TEXT.replace("in small amounts, and let walking grow", "every hour")
    assert passage(edited, wanted) == "Heat helps some people."
    assert passage(TEXT.replace("Keep moving even", "Go on even"), wanted) == "Heat helps some people."


def test_of_equal_passages_the_one_between_the_same_words_is_found() -> None:
    second = anchor("Keep moving", before="Heat helps some people.", after="even if it hurts")
    edited = "An introduction. " + TEXT
    found = find(edited, second)
    assert found
    assert edited[found.start :].startswith("Keep moving even")
    first = find(edited, anchor("Keep moving", after="in small amounts"))
    assert first
    assert edited[first.start :].startswith("Keep moving in")


def test_an_edited_passage_is_found_between_the_same_words_and_marked() -> None:
    wanted = anchor("let walking grow day by day")
    edited = TEXT.replace("let walking grow day by day", "let walking grow slowly day by day")
    found = find(edited, wanted)
    assert found
    assert found.is_edited
    assert edited[found.start : found.end] == "let walking grow slowly day by day"


def test_a_passage_that_was_deleted_or_replaced_is_orphaned() -> None:
    wanted = anchor("let walking grow day by day")
    assert find(TEXT.replace(", and let walking grow day by day", ""), wanted) is None
    assert find(TEXT.replace("let walking grow day by day", "sleep well"), wanted) is None
    assert find("", wanted) is None
    assert find("Another text about knees.", wanted) is None


@given(
    st.text(alphabet="ab .", max_size=60), st.integers(0, 60), st.integers(1, 20), st.text(alphabet="xy", max_size=9)
)
def test_every_passage_is_found_again_in_a_text_with_a_new_start(text: str, start: int, length: int, new: str) -> None:
    text = normalize(text)
    quote = normalize(text[start : start + length])
    made = make_anchor(text, quote)
    if not quote:
        assert made is None
        return
    assert made
    found = find(f"{new} {text}", made)
    assert found
    assert f"{new} {text}"[found.start : found.end] == quote
    assert not found.is_edited


@pytest.mark.parametrize("length", [1, 60, 300])
def test_the_words_around_a_passage_fit_into_their_columns(length: int) -> None:
    made = make_anchor("word " * 400, ("word " * length).strip())
    assert made
    assert len(made.before) <= 60
    assert len(made.after) <= 60
