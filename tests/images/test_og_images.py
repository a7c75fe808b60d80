"""Open Graph images of pages without an image."""

import pytest
from django.test import Client

from images.og_images import _drawable, _signer
from tests.factories import make_post


@pytest.mark.parametrize("font", ["newsreader-roman", "figtree-roman"])
@pytest.mark.parametrize("text", ["Plain words, “quoted”", "Zoë’s café über Ødegård", "10 × 5 °C"])
def test_accented_characters_are_drawn(text: str, font: str) -> None:
    assert _drawable(text, font) == text


def test_text_in_an_unsupported_script_is_left_out() -> None:
    assert _drawable("膝の痛み", "newsreader-roman") == ""


def _words_in_share_image(client: Client, path: str) -> list[str]:
    page = client.get(path).text
    token = page.partition("/share/card-")[2].partition(".png")[0]
    words: list[str] = _signer().unsign_object(token)
    return words


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/search/?q=Any+words+at+all", "/shop/?q=Any+words+at+all"])
def test_visitors_cannot_choose_the_words_of_a_share_image(client: Client, path: str) -> None:
    assert "Any words" not in " ".join(_words_in_share_image(client, path))


@pytest.mark.django_db
def test_a_post_without_an_image_gets_one_with_its_title(client: Client) -> None:
    post = make_post(title="Knees and stairs")
    assert _words_in_share_image(client, post.get_absolute_url())[0] == "Knees and stairs"
