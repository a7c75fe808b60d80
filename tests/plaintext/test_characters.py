"""Control characters are removed from texts and rejected in single lines."""

import pytest

from plaintext.characters import is_plain_line, strip_control_characters

CONTROL_CHARACTERS = ["\x00", "\x0b", "\x1f", "\x7f", "\x9b", "\u202e", "\u2066", "\ud800", "\uffff"]


@pytest.mark.parametrize("character", CONTROL_CHARACTERS)
def test_control_characters_are_removed(character: str) -> None:
    assert strip_control_characters(f"a{character}b") == "ab"
    assert not is_plain_line(f"a{character}b")


@pytest.mark.parametrize("character", ["\t", "\n", "\r", "\u2028"])
def test_tabs_and_line_breaks_are_allowed_in_texts_only(character: str) -> None:
    assert strip_control_characters(f"a{character}b") == f"a{character}b"
    assert not is_plain_line(f"a{character}b")


@pytest.mark.parametrize("text", ["", "Zoë’s knee", "👩\u200d⚕️", "\u200fשלום", "5\xa0kg"])
def test_text_in_any_script_and_emoji_are_allowed(text: str) -> None:
    assert strip_control_characters(text) == text
    assert is_plain_line(text)
