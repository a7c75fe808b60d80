"""Questions whose author has not finished them."""

import pytest

from richtext.analysis import find_questions
from richtext.embeds import RenderTarget
from richtext.rendering import render
from richtext.sanitizer import sanitize


def test_a_question_without_an_answer_stays_one_in_the_editor() -> None:
    typed = "<details><summary>Is it <strong>safe</strong>?</summary><p></p></details>"
    stored = sanitize(typed)
    assert stored == "<details><summary>Is it <strong>safe</strong>?</summary></details>"
    assert sanitize(stored) == stored
    assert render(stored, RenderTarget.EDITOR) == stored


def test_an_answer_without_its_question_stays_one_in_the_editor() -> None:
    stored = sanitize("<details><summary></summary><p>Yes.</p></details>")
    assert stored == "<details><summary></summary><p>Yes.</p></details>"
    assert render(stored, RenderTarget.EDITOR) == stored


def test_a_question_without_any_words_is_dropped() -> None:
    assert sanitize("<details><summary> </summary><p></p></details>") == ""


@pytest.mark.django_db
@pytest.mark.parametrize("target", [RenderTarget.PAGE, RenderTarget.FEED, RenderTarget.EMAIL])
def test_visitors_see_the_words_of_an_unfinished_question_with_nothing_to_open(target: RenderTarget) -> None:
    question = render("<details><summary>Is it safe?</summary></details><p>End.</p>", target)
    answer = render("<details><summary></summary><p>Yes.</p></details>", target)
    assert "<p>Is it safe?</p>" in question
    assert "<p>End.</p>" in question
    assert answer == "<p>Yes.</p>"
    assert "details" not in question


def test_search_engines_get_complete_questions_only() -> None:
    body = "<details><summary>One?</summary></details><details><summary>Two?</summary><p>Yes.</p></details>"
    assert find_questions(body) == [("Two?", "Yes.")]
