"""Test that words and images arrive that plugins store as values, in the settings of blocks or in fields of posts."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Post
from images.models import Image
from pages.models import Page
from tests.wordpress.exports import Writer, all_rows, item
from tests.wordpress.test_media import postmeta
from tests.wordpress.test_words import shown, words
from tests.wordpress.uploads import write_uploads
from wordpress.content_converter import to_html
from wordpress.models import ImportRun
from wordpress.stored_texts import shown_body

QUOTE = {
    "quote": "My back is <b>better</b>.",
    "_quote": "field_1",
    "author": "Jane Doe",
    "_author": "field_2",
    "background_color": "#ff0000",
    "text_align": "center",
    "show_border": "1",
    "items": 2,
    "items_0_title": "First",
    "_items_0_title": "field_3",
    "items_1_title": "Second & last",
    "link": {"title": "Book", "url": "https://book.example/", "target": "_blank"},
    "video": "https://youtu.be/dQw4w9WgXcQ",
}
SHOWN = ["My", "back", "is", "better", ".", "Jane", "Doe", "First", "Second", "&", "last", "Book"] + [
    "https://youtu.be/dQw4w9WgXcQ"
]


def block(name: str, settings: Mapping[str, object], inner: str | None = None) -> str:
    text = json.dumps(settings).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f"<!-- wp:{name} {text} /-->" if inner is None else f"<!-- wp:{name} {text} -->{inner}<!-- /wp:{name} -->"


@pytest.mark.parametrize("name", ["acf/testimonial", "carbon-fields/box", "meta-box/quote"])
def test_words_in_the_data_of_a_block_are_shown(name: str) -> None:
    body = block(name, {"id": "block_6", "name": name, "data": QUOTE, "align": "wide", "mode": "edit"})
    assert words(shown(body)) == SHOWN
    assert to_html(body).blocks == (name,)


def test_words_in_the_settings_of_a_lazy_block_are_shown_but_not_its_settings() -> None:
    settings = {
        "text": "Lazy words.",
        "author": "A. B.",
        "lock": {},
        "blockId": "Z1",
        "blockUniqueClass": "lazyblock-q",
    }
    assert shown(block("lazyblock/quote", settings)) == "<p>Lazy words.</p><p>A. B.</p>"


def test_a_block_of_fields_shows_its_words_before_the_blocks_in_it() -> None:
    inner = "<!-- wp:paragraph --><p>Inner.</p><!-- /wp:paragraph -->"
    assert (
        shown(block("acf/cta", {"data": {"title": "Call us"}}, inner)) == '<h3 id="call-us">Call us</h3><p>Inner.</p>'
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("core/latest-posts", {"postsToShow": 3, "title": "Hidden words."}),
        ("woocommerce/all-products", {"title": "Hidden words."}),
        ("acf/odd", {"data": [[[["x"]]]]}),
        ("acf/odd", {"data": None}),
    ],
)
def test_settings_of_other_blocks_are_not_shown(name: str, values: dict[str, object]) -> None:
    assert shown(block(name, values)) == ""


ELEMENTOR = json.dumps(
    [
        {
            "elType": "section",
            "settings": {"background_color": "#fff", "html_tag": "section"},
            "elements": [
                {
                    "widgetType": "heading",
                    "settings": {"title": "Sore knees", "title_color": "#000", "align": "center"},
                },
                {"widgetType": "text-editor", "settings": {"editor": "<p>Bend <b>them</b>.</p>"}},
                {"widgetType": "image", "settings": {"image": {"url": "https://old.example/knee.jpg", "id": 7}}},
                {"widgetType": "toggle", "settings": {"tabs": [{"tab_title": "Why?", "tab_content": "<p>So.</p>"}]}},
                {"widgetType": "button", "settings": {"text": "Book a visit", "link": {"url": "https://b.example/"}}},
            ],
        }
    ]
)
PHP = 'a:1:{s:1:"x";a:2:{s:4:"name";s:4:"text";s:8:"settings";a:1:{s:4:"text";s:19:"<p>Bricks words</p>";}}}'


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (
            {"_elementor_data": ELEMENTOR},
            ["Sore", "knees", "Bend", "them", ".", "Why?", "So.", "Book", "a", "visit"],
        ),
        ({"_bricks_page_content_2": PHP}, ["Bricks", "words"]),
        ({"ct_builder_shortcodes": "[ct_section][ct_text_block]Oxygen words.[/ct_text_block][/ct_section]"}, ["Oxygen", "words."]),
        ({"tve_updated_post": "<div class='thrv_wrapper'><p>Thrive words.</p></div>"}, ["Thrive", "words."]),
        ({"intro": "Field words.", "_intro": "field_12", "rating": "5"}, ["Field", "words."]),
        ({"intro": "No field.", "_yoast_wpseo_title": "Other"}, []),
    ],
)  # fmt: skip
def test_a_text_that_only_a_page_builder_stores_is_shown(meta: dict[str, str], expected: list[str]) -> None:
    assert words(shown(shown_body("", meta))) == expected
    if "tve_updated_post" not in meta:
        assert shown_body("Own text.", meta) == "Own text."


@pytest.mark.parametrize("flag", ["tcb_editor_enabled", "tcb2_ready"])
def test_thrive_shows_its_own_text_in_place_of_the_body(flag: str) -> None:
    meta = {"tve_updated_post": "<p>Thrive</p>"}
    assert (shown_body("Old", meta), shown_body("Old", meta | {flag: "1"})) == ("Old", "<p>Thrive</p>")


@pytest.mark.django_db
def test_a_page_of_elementor_without_a_body_is_imported_whole_and_only_once(write: Writer, client: Client) -> None:
    path = write(item(1, kind="page", slug="knees", body="", more=postmeta(_elementor_data=ELEMENTOR)))
    call_command("import_wordpress", path)
    page = Page.objects.get(slug="knees")
    assert page.is_published
    assert "Sore knees" in client.get("/knees/").content.decode()
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "meta",
    [
        {"fifu_image_url": "https://cdn.example/pics/knee.jpg", "fifu_image_alt": "A knee"},
        {"_knawatfibu_url": 'a:2:{s:7:"img_url";s:33:"https://cdn.example/pics/knee.jpg";s:5:"width";i:9;}'},
    ],
)
def test_a_featured_image_elsewhere_is_that_of_the_post(write: Writer, tmp_path: Path, meta: dict[str, str]) -> None:
    path = write(item(1, more=postmeta(**meta)))
    call_command("import_wordpress", path)
    post = Post.objects.get()
    image = Image.objects.get()
    assert (image.is_missing, image.missing_url) == (True, "https://cdn.example/pics/knee.jpg")
    # Its place is at the start of the text until a later import brings the file.
    assert post.body.startswith(f'<figure><img data-image="{image.pk}"')
    call_command("import_wordpress", undo=ImportRun.objects.get().pk)
    folder = write_uploads(tmp_path, ["cdn.example/pics/knee.jpg"])
    call_command("import_wordpress", path, media=[folder])
    post = Post.objects.get()
    assert post.featured_image is not None
    assert not post.featured_image.is_missing
    assert "data-image" not in post.body
