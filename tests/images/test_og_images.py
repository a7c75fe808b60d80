"""Open Graph images of pages without an image."""

import pytest

from images.og_images import _drawable


@pytest.mark.parametrize("font", ["newsreader-roman", "figtree-roman"])
@pytest.mark.parametrize("text", ["Plain words, “quoted”", "Zoë’s café über Ødegård", "10 × 5 °C"])
def test_accented_characters_are_drawn(text: str, font: str) -> None:
    assert _drawable(text, font) == text


def test_text_in_an_unsupported_script_is_left_out() -> None:
    assert _drawable("膝の痛み", "newsreader-roman") == ""
