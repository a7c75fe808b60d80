"""The form of a text in a browser: its layout, and saving without leaving the page."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import FloatRect, Page, expect

from blog.models import Post
from tests.factories import make_author, make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_BODY = "".join(f"<p>Paragraph {number}.</p>" for number in range(60))


def open_post(page: Page, post: Post) -> None:
    page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    expect(page.locator(".ProseMirror[contenteditable]")).to_be_visible()


def count_loads(page: Page) -> list[str]:
    """Return a list that grows with every page the browser loads from now on."""
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    return loads


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return found


def test_settings_stand_beside_the_text_on_a_wide_screen(admin_page: Page) -> None:
    post = make_post(body=LONG_BODY, status=Post.Status.DRAFT)
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    open_post(admin_page, post)
    text, panel = box(admin_page, ".ProseMirror"), box(admin_page, ".editor-panel")
    assert panel["x"] >= text["x"] + text["width"]
    assert 20 * 16 <= panel["width"] <= 22 * 16
    assert text["width"] <= 46 * 16
    assert text["y"] < 300
    expect(admin_page.locator(".editor-panel details[open]")).to_have_count(0)
    admin_page.mouse.wheel(0, 1500)
    expect(admin_page.get_by_text("Featured image", exact=True).first).to_be_in_viewport()
    expect(admin_page.get_by_role("button", name="Publish …")).to_be_in_viewport()


def test_a_new_text_fits_into_a_thousand_pixels(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    admin_page.goto(reverse("admin:blog_post_add"))
    text = box(admin_page, ".ProseMirror")
    assert text["y"] + text["height"] <= 1000
    expect(admin_page.locator("#id_title")).to_be_focused()


def test_saving_keeps_cursor_scroll_position_and_undo(admin_page: Page) -> None:
    post = make_post(body=LONG_BODY, status=Post.Status.DRAFT)
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    open_post(admin_page, post)
    loads = count_loads(admin_page)
    paragraph = admin_page.locator(".ProseMirror p", has_text="Paragraph 40.")
    paragraph.click()
    admin_page.keyboard.press("End")
    scroll = admin_page.evaluate("scrollY")
    assert scroll > 500
    for number in range(20):
        admin_page.keyboard.type(f" {number}")
        admin_page.keyboard.press("Control+s")
    expect(admin_page.locator("[data-autosave-status]")).to_have_text(re.compile("Saved at"))
    expect(admin_page.locator("form[aria-busy]")).to_have_count(0)
    typed = "Paragraph 40. " + " ".join(str(number) for number in range(20))
    expect(paragraph).to_have_text(typed)
    assert admin_page.evaluate("scrollY") == scroll
    admin_page.keyboard.type("!")
    expect(paragraph).to_have_text(f"{typed}!")
    admin_page.keyboard.press("Control+s")
    expect(admin_page.locator(".autosave-status")).to_have_text(re.compile("Saved at"))
    expect(admin_page.locator("form[aria-busy]")).to_have_count(0)
    post.refresh_from_db()
    assert f"<p>{typed}!</p>" in post.body
    for _ in range(60):
        admin_page.keyboard.press("Control+z")
    expect(paragraph).to_have_text("Paragraph 40.")
    assert not loads


def test_saving_in_full_screen_stays_there(admin_page: Page) -> None:
    post = make_post(status=Post.Status.DRAFT)
    open_post(admin_page, post)
    admin_page.get_by_role("button", name="Full screen").click()
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.type("More. ")
    admin_page.keyboard.press("Control+s")
    expect(admin_page.locator("[data-autosave-status]")).to_have_text(re.compile("Saved at"))
    expect(admin_page.locator(".prose-editor.fullscreen")).to_be_visible()


def test_a_refused_save_names_the_field_and_keeps_the_text(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>", status=Post.Status.DRAFT)
    open_post(admin_page, post)
    loads = count_loads(admin_page)
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.press("Control+End")
    admin_page.keyboard.type(" New.")
    admin_page.get_by_text("Search engines", exact=True).click()
    admin_page.get_by_label("Canonical URL").fill("no URL")
    admin_page.get_by_text("Search engines", exact=True).click()
    admin_page.get_by_role("button", name="Save draft").click()
    summary = admin_page.locator(".errornote")
    expect(summary).to_contain_text("Enter a valid URL")
    expect(summary).to_be_focused()
    expect(admin_page.locator(".field-canonical_url .errorlist")).to_be_visible()
    summary.get_by_role("link", name="Canonical URL").click()
    field = admin_page.get_by_label("Canonical URL")
    expect(field).to_be_focused()
    field.fill("")
    admin_page.get_by_role("button", name="Save draft").click()
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_visible()
    expect(admin_page.locator(".errorlist, .errornote")).to_have_count(0)
    assert not loads
    post.refresh_from_db()
    assert post.plain_text() == "Old. New."


def test_the_first_save_creates_one_draft_and_fills_in_its_slug(admin_page: Page) -> None:
    make_author()
    admin_page.goto(reverse("admin:blog_post_add"))
    loads = count_loads(admin_page)
    expect(admin_page.locator(".ProseMirror[contenteditable]")).to_be_visible()
    admin_page.locator("#id_title").fill("Hips at work")
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("Sit less.")
    admin_page.keyboard.press("Control+s")
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_visible()
    post = Post.objects.get()
    assert (post.title, post.slug, post.plain_text()) == ("Hips at work", "hips-at-work", "Sit less.")
    expect(admin_page).to_have_url(re.compile(reverse("admin:blog_post_change", args=[post.pk])))
    expect(admin_page.locator("#id_slug")).to_have_value("hips-at-work")
    assert not loads


def test_a_save_without_a_server_keeps_the_text_and_can_be_repeated(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>", status=Post.Status.DRAFT)
    open_post(admin_page, post)
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.press("Control+End")
    admin_page.keyboard.type(" New.")
    admin_page.context.set_offline(True)
    admin_page.keyboard.press("Control+s")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("Not saved: no connection")
    admin_page.context.set_offline(False)
    admin_page.keyboard.press("Control+s")
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_visible()
    post.refresh_from_db()
    assert post.plain_text() == "Old. New."
