"""Texts that someone chose take a time in proportion to their length, whatever they consist of."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from comments.bodies import html_from_text
from newsletter.subscribers.import_dates import parse_date_time
from search.words import texts_of_words

LENGTH = 40_000


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(texts_of_words, "a" * LENGTH + " warm-up", id="letters without a space in a post"),
        pytest.param(html_from_text, "https://a" + ":" * LENGTH + "a", id="punctuation in the URL of a comment"),
        pytest.param(parse_date_time, "1" * LENGTH + "x", id="digits in the date of a subscriber"),
    ],
)
def test_a_long_text_is_read_at_once(read: Callable[[str], Any], text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 2
