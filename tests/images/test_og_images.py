"""The cards that stand for pages without a image."""

import pytest

from images.og_images import _drawable


@pytest.mark.parametrize("font", ["newsreader-roman", "figtree-roman"])
@pytest.mark.parametrize("words", ["Plain words, “quoted”", "Zoë’s café über Ødegård", "10 × 5 °C"])
def test_letters_with_accents_are_drawn(words: str, font: str) -> None:
    assert _drawable(words, font) == words


def test_a_script_without_letters_of_ours_is_left_out_whole() -> None:
    assert _drawable("膝の痛み", "newsreader-roman") == ""
