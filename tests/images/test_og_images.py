"""Open Graph images of pages without an image."""

import pytest
from django.test import Client

from images import drawings
from images.lettering import drawable
from images.og_images import _signer
from tests.factories import make_post


@pytest.mark.parametrize("font", ["newsreader-roman", "figtree-roman"])
@pytest.mark.parametrize("text", ["Plain words, “quoted”", "Zoë’s café über Ødegård", "10 × 5 °C"])
def test_accented_characters_are_drawn(text: str, font: str) -> None:
    assert drawable(text, font) == text


def test_text_in_an_unsupported_script_is_left_out() -> None:
    assert drawable("膝の痛み", "newsreader-roman") == ""


def _words_in_share_image(client: Client, path: str) -> list[str]:
    page = client.get(path).text
    token = page.partition("/share/card-")[2].partition(".png")[0]
    drawing = drawings.Drawing(*_signer().unsign_object(token))
    return [drawing.title, drawing.site_name]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/search/?q=Any+words+at+all", "/shop/?q=Any+words+at+all"])
def test_visitors_cannot_choose_the_words_of_a_share_image(client: Client, path: str) -> None:
    assert "Any words" not in " ".join(_words_in_share_image(client, path))


@pytest.mark.django_db
def test_a_post_without_an_image_gets_one_with_its_title(client: Client) -> None:
    post = make_post(title="Knees and stairs")
    assert _words_in_share_image(client, post.get_absolute_url())[0] == "Knees and stairs"


@pytest.mark.parametrize("kind", drawings.SIZES)
@pytest.mark.parametrize("title", ["A", "Sternocleidomastoid" * 9, "膝の痛み", "A title of several words " * 7])
def test_every_drawing_has_its_size_and_shows_the_colors_of_the_site(kind: str, title: str) -> None:
    plain, colored = (
        drawings.draw(drawings.Drawing(kind, title, "My site", "Knees", main=color)) for color in ("", "#224f9c")
    )
    assert plain.size == drawings.SIZES[kind]
    assert plain.tobytes() != colored.tobytes()


def test_covers_of_a_category_share_their_ground_and_differ_in_shape() -> None:
    first, second = (drawings.draw(drawings.Drawing("cover", title, category="Knees")) for title in ("Stairs", "Hills"))
    assert first.getpixel((0, 0)) == second.getpixel((0, 0))
    assert first.tobytes() != second.tobytes()
