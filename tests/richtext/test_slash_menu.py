"""The “/” menu, and what becomes something else while it is typed."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from audit.accessibility import violations
from blog.models import Post
from richtext.embeds import RenderTarget
from richtext.rendering import render
from richtext.sanitizer import sanitize
from tests.richtext.test_editor import opened, saved

BUTTON = '<p data-button="link"><a href="/contact/">Ask me</a></p>'


def _at_new_line(page: Page) -> tuple[Post, Locator]:
    post, editor = opened(page, "<p>Before</p>")
    editor.get_by_text("Before").click()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    return post, editor


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_menu_is_used_with_the_keyboard_and_named_to_screen_readers(admin_page: Page) -> None:
    post, editor = _at_new_line(admin_page)
    admin_page.keyboard.type("/")
    menu = admin_page.get_by_role("listbox", name="Insert")
    expect(menu).to_be_visible()
    options = menu.get_by_role("option")
    for name in ("Heading", "Image", "Gallery", "Video", "Callout", "Question and answer", "Table", "Product"):
        expect(options.get_by_text(name, exact=True)).to_be_attached()
    for name in ("Snippet", "Button", "File"):
        expect(options.get_by_text(name, exact=True)).to_be_attached()
    assert violations(admin_page) == []

    def announced() -> Locator:
        return admin_page.locator(f"#{editor.get_attribute('aria-activedescendant')}")

    expect(announced()).to_have_text("Heading")
    admin_page.keyboard.press("ArrowDown")
    expect(announced()).to_have_text("Subheading")
    admin_page.keyboard.type("faq")
    expect(options).to_have_count(1)
    admin_page.keyboard.press("Enter")
    expect(menu).to_be_hidden()
    assert editor.get_attribute("aria-activedescendant") is None
    admin_page.keyboard.type("Is it safe?")
    assert saved(admin_page, post) == "<p>Before</p>\n<details><summary>Is it safe?</summary></details>"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_escape_leaves_the_slash_and_other_words_are_text(admin_page: Page) -> None:
    post, editor = _at_new_line(admin_page)
    menu = admin_page.get_by_role("listbox", name="Insert")
    admin_page.keyboard.type("/")
    expect(menu).to_be_visible()
    admin_page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    admin_page.keyboard.type("h2")
    expect(menu).to_be_hidden()
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("/wxyz")
    expect(menu).to_be_hidden()
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("either/or")
    expect(menu).to_be_hidden()
    assert saved(admin_page, post) == "<p>Before</p>\n<p>/h2</p>\n<p>/wxyz</p>\n<p>either/or</p>"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_click_inserts_and_the_menu_stays_in_view_on_a_phone(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 390, "height": 420})
    post, editor = _at_new_line(admin_page)
    for _ in range(12):
        admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("/")
    menu = admin_page.get_by_role("listbox", name="Insert")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 420
    admin_page.keyboard.type("quote")
    menu.get_by_role("option", name="Quote").click()
    admin_page.keyboard.type("Rest well.")
    expect(editor.locator("blockquote")).to_have_text("Rest well.")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_signs_at_the_start_of_a_line_become_lists_headings_and_quotes(admin_page: Page) -> None:
    post, _ = _at_new_line(admin_page)
    for typed in ("1. One", "Two", "", "- Dot", "", "## Part", "> Words", ""):
        admin_page.keyboard.type(typed)
        admin_page.keyboard.press("Enter")
    body = saved(admin_page, post).replace("\n", "")
    assert "<ol><li>One</li><li>Two</li></ol><ul><li>Dot</li></ul>" in body
    assert re.search("<h2[^>]*>Part</h2>", body)
    assert "<blockquote><p>Words</p></blockquote>" in body


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_first_row_of_a_new_table_is_headings(admin_page: Page) -> None:
    post, editor = _at_new_line(admin_page)
    admin_page.keyboard.type("/table")
    admin_page.keyboard.press("Enter")
    expect(admin_page.get_by_label("First row is headings")).to_be_checked()
    admin_page.get_by_label("Rows").fill("2")
    admin_page.get_by_label("Columns").fill("2")
    admin_page.get_by_role("button", name="Insert table").click()
    expect(editor.locator("th")).to_have_count(2)
    expect(editor.locator("td")).to_have_count(2)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["typed", "pasted"])
def test_a_video_url_alone_on_a_line_becomes_the_video(admin_page: Page, how: str) -> None:
    url = "https://youtu.be/aqz-KE-bpKQ"

    def answer(route: Route) -> None:
        assert url in (route.request.post_data or "")
        video = {"problem": "", "id": 5, "title": "Stairs", "thumb": "", "start": 0}
        route.fulfill(body=json.dumps(video), content_type="application/json")

    admin_page.route("**/admin/images/video/from-url/", answer)
    post, editor = _at_new_line(admin_page)
    if how == "typed":
        admin_page.keyboard.type(url)
        admin_page.keyboard.press("Enter")
    else:
        editor.evaluate(
            """(editor, url) => {
                const clipboardData = new DataTransfer()
                clipboardData.setData("text/plain", url)
                editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
            }""",
            url,
        )
    expect(editor.get_by_text("Stairs")).to_be_visible()
    body = saved(admin_page, post)
    assert '<div data-embed="video" data-id="5"></div>' in body
    assert "youtu.be" not in body


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_video_url_that_the_server_does_not_know_stays_a_link(admin_page: Page) -> None:
    admin_page.route(
        "**/admin/images/video/from-url/", lambda route: route.fulfill(status=400, body='{"problem": "?"}')
    )
    post, _ = _at_new_line(admin_page)
    with admin_page.expect_response("**/from-url/"):
        admin_page.keyboard.type("https://youtu.be/aqz-KE-bpKQ")
        admin_page.keyboard.press("Enter")
    assert '<a href="https://youtu.be/aqz-KE-bpKQ">' in saved(admin_page, post)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_button_is_a_link_whose_words_are_typed_over(admin_page: Page) -> None:
    post, editor = _at_new_line(admin_page)
    admin_page.keyboard.type("/button")
    admin_page.keyboard.press("Enter")
    admin_page.get_by_role("combobox").fill("/contact/")
    admin_page.get_by_role("button", name="Save link").click()
    expect(editor.locator("p[data-button] a")).to_be_visible()
    admin_page.keyboard.type("Ask me")
    assert BUTTON in saved(admin_page, post)


@pytest.mark.django_db
def test_a_button_is_shown_as_one_where_there_are_styles() -> None:
    assert sanitize(BUTTON) == BUTTON
    assert render(BUTTON) == '<p class="button-line"><a href="/contact/" class="button">Ask me</a></p>'
    assert "data-button" not in render(BUTTON, RenderTarget.FEED)
    assert "class" not in render(BUTTON, RenderTarget.FEED)
    assert render(BUTTON, RenderTarget.EDITOR) == BUTTON


@pytest.mark.django_db
def test_a_paragraph_with_more_than_one_link_is_no_button() -> None:
    with_words = BUTTON.replace("</a>", "</a> now")
    assert render(with_words) == '<p><a href="/contact/">Ask me</a> now</p>'
    assert sanitize('<p data-button="other">Words</p>') == "<p>Words</p>"
