"""Cleaning takes time in proportion to the length of a text, however its tags are nested."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from richtext.analysis import plain_text
from richtext.nesting import MAX_NESTING, limit_nesting
from richtext.sanitizer import parse, sanitize

SHAPES: dict[str, Callable[[int], str]] = {
    "line breaks": lambda n: "<p>" + "<br>" * n + "x</p>",
    "lines": lambda n: "<p>" + "a<br>" * n + "</p>",
    "trailing line breaks": lambda n: "<p>a" + "<br> " * n + "</p>",
    "nested quotes": lambda n: "<blockquote>x" * n,
    "nested lists": lambda n: "<ul><li>a" * n,
    "nested boxes, closed": lambda n: "<div>a" * n + "b</div>" * n,
    "nested questions": lambda n: "<details><summary>q</summary>a" * n,
    "links in boxes": lambda n: "<a href=/x>a<div>" * n,
    "links": lambda n: "<p>" + "<a href='/x'>a</a> " * n,
    "links to bookmarks": lambda n: "<p>" + "<a href='#_x'>a</a> " * n,
    "spans": lambda n: "<p>" + "<span>a </span>" * n,
    "rows": lambda n: "<table>" + "<tr><td>a" * n + "</table>",
    "list of a word processor": lambda n: (
        "<p style='mso-list:l0 level1'><span style='mso-list:Ignore'>1.</span>x</p>" * n
    ),
    "attributes": lambda n: "<p " + " ".join(f"a{number}=1" for number in range(4 * n)) + ">x</p>",
}


def _seconds(markup: str) -> float:
    started = time.process_time()
    sanitize(markup)
    return time.process_time() - started


@pytest.mark.slow
@pytest.mark.any_database
@pytest.mark.parametrize("shape", SHAPES)
def test_eight_times_the_text_takes_about_eight_times_as_long(shape: str) -> None:
    make = SHAPES[shape]
    # Quadratic cleaning would take 64 times as long.
    ratio = _seconds(make(24_000)) / max(0.02, min(_seconds(make(3000)) for _ in range(2)))
    assert ratio < 28


def _depth(markup: str) -> int:
    depth = deepest = 0
    for event, _ in etree.iterwalk(parse(markup), events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


@pytest.mark.parametrize(
    "level",
    [
        "<blockquote>x",
        "<b>x<p>",
        "<div><!--</div>-->x",
        "<div title='</div>'>x",
        '<div ="></div>">x',
        "<div><table><td></div></table>x",
        "<ul><li>x",
    ],
)
def test_no_nesting_hides_from_the_limit(level: str) -> None:
    limited = limit_nesting(level * 5000)
    assert _depth(limited) <= MAX_NESTING + 1
    assert limited.count("x") == 5000


def test_no_word_below_the_limit_is_lost() -> None:
    words = [f"w{number}" for number in range(5000)]
    assert plain_text(sanitize("".join(f"<blockquote>{word}" for word in words) + "<p>end</p>")).split() == [
        *words,
        "end",
    ]


def test_a_long_text_is_stored_as_if_its_parts_were_cleaned_alone() -> None:
    part = (
        "<ul><li>one<li>two <b>bold</b></ul><p>A &lt; B &amp; C<p title='a > b'>x<br>y<table><tr><th>h<td>d</table>"
        "<script>if (a < b) '<p>'</script><!-- <p>no -->"
    )
    assert sanitize(part * 600) == "\n".join([sanitize(part)] * 600)


_pieces = st.sampled_from(
    ["<p>", "</p>", "<b>", "</b>", "<div>", "</div>", "<li>", "<ul>", "</ul>", "a", " ", "<br>", "<!--", "-->", "<"]
    + ['"', "'", "=", ">", "<a href=", "&lt;", "<td>", "<table>", "</table>", "<script>", "</script>", "<h2>", "</h2>"]
)


@given(st.lists(_pieces, max_size=12).map("".join))
def test_long_texts_stay_the_same_when_cleaned_twice(markup: str) -> None:
    cleaned = sanitize(markup * 3 + "<p>x</p>" * 2000)
    assert sanitize(cleaned) == cleaned
