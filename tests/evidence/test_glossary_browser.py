"""Terms in a browser: the pop-over by keyboard, pointer and touch, and the blocks about health in the editor."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from audit.accessibility import violations
from blog.models import Post
from evidence.models import Term
from tests.evidence.factories import cite, make_source
from tests.factories import make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.any_database]

BODY = """<p>A sore tendon wants work.</p><aside data-callout="what-we-know"><p><strong>Benefits:</strong> few.</p></aside>
<aside data-callout="red-flags"><p>Numb foot.</p></aside>"""


def open_post(page: Page, body: str = BODY) -> None:
    Term.objects.create(name="tendon", meaning="It ties a muscle to a bone.", details="It likes load.")
    make_post(slug="heels", body=body)
    page.goto("/heels/")


def test_the_pop_over_works_by_keyboard(page: Page) -> None:
    open_post(page)
    term, popover = page.get_by_role("link", name="tendon", exact=True), page.locator(".term-popover")
    term.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(popover).to_be_visible()
    expect(popover).to_contain_text("It ties a muscle to a bone.")
    assert term.get_attribute("aria-describedby") == "term-popover"
    page.keyboard.press("Tab")
    expect(popover.get_by_role("link", name="Glossary")).to_be_focused()
    page.keyboard.press("Escape")
    expect(popover).to_be_hidden()
    expect(term).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary/#tendon")
    expect(page.locator("#tendon")).to_be_in_viewport()


def test_the_pop_overs_of_terms_and_references_do_not_meet(page: Page) -> None:
    open_post(page, f"<p>A sore tendon{cite(make_source(title='Heel drops'))} wants work.</p>")
    page.locator("#cite-1").hover()
    expect(page.locator(".citation-popover")).to_contain_text("Heel drops")
    page.get_by_role("link", name="tendon", exact=True).hover()
    expect(page.locator(".term-popover")).to_be_visible()
    expect(page.locator(".citation-popover")).to_be_hidden()


def test_a_tap_shows_the_meaning_and_another_one_follows_the_link(browser: Browser, page: Page) -> None:
    open_post(page)
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 800})
    phone = context.new_page()
    phone.goto(page.url)
    term = phone.get_by_role("link", name="tendon", exact=True)
    term.tap()
    expect(phone.locator(".term-popover")).to_be_visible()
    assert phone.url.endswith("/heels/")
    term.tap()
    phone.wait_for_url("**/glossary/#tendon")
    context.close()


@pytest.mark.parametrize("path", ["/heels/", "/glossary/"])
def test_accessibility_checks_find_nothing(page: Page, path: str) -> None:
    open_post(page)
    page.goto(path)
    if path == "/heels/":
        page.get_by_role("link", name="tendon", exact=True).hover()
        expect(page.locator(".term-popover")).to_be_visible()
    assert violations(page) == []


def test_the_editor_inserts_the_parts_of_what_is_known(admin_page: Page) -> None:
    post = make_post(body="<p>Bend.</p>", status=Post.Status.DRAFT)
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = admin_page.locator(".ProseMirror[contenteditable]")
    editor.get_by_text("Bend.").click()
    editor.press("End")
    editor.press("Enter")
    admin_page.get_by_role("toolbar").get_by_role("button", name="Callout", exact=True).click()
    dialog = admin_page.locator("dialog[open]")
    dialog.locator("select").select_option(label="What we know and what we don’t")
    dialog.get_by_role("button", name="Save").click()
    block = editor.locator("aside[data-callout='what-we-know']")
    expect(block).to_contain_text("Alternatives:")
    admin_page.get_by_role("button", name="Save draft").click()
    expect(admin_page.locator(".messagelist")).to_be_visible()
    post.refresh_from_db()
    assert post.body.count("<strong>") == 5


def test_a_click_in_the_checklist_removes_a_typed_disclaimer(admin_page: Page) -> None:
    body = "<p>Bend.</p><p>**Disclaimer: this is not medical advice.**</p>"
    post = make_post(body=body, status=Post.Status.DRAFT)
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = admin_page.locator(".ProseMirror[contenteditable]")
    expect(editor).to_contain_text("not medical advice")
    checklist = admin_page.locator("[data-checklist]").first
    checklist.locator("summary").click()
    checklist.get_by_role("button", name="Remove it").click()
    expect(editor).not_to_contain_text("not medical advice")
    admin_page.get_by_role("button", name="Save draft").click()
    expect(admin_page.locator(".messagelist")).to_be_visible()
    post.refresh_from_db()
    assert post.body == "<p>Bend.</p>"
