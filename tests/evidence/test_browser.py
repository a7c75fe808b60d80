"""Citations in a browser: from a number to its reference and back, the pop-over, and the editor."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from blog.models import Post
from evidence.models import Source
from richtext.sanitizer import sanitize
from tests.browser_clock import stop_clock
from tests.evidence.factories import cite, make_source
from tests.factories import make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def open_post(page: Page) -> tuple[Source, Source]:
    first = make_source(
        title="Exercise for stiff knees", evidence_level="review", summary="Moving more helps most people a little."
    )
    second = make_source(title="Shoes and stairs", evidence_level="rct")
    filler = "<p>Stairs ask a lot of a knee, and most knees can learn to answer.</p>" * 12
    body = (
        f"<p>Knees get better{cite(first)} with time.</p>{filler}<p>Shoes matter less{cite(second, first)}.</p>{filler}"
    )
    make_post(slug="stairs", body=sanitize(body))
    page.goto("/stairs/")
    return first, second


def test_a_number_leads_to_its_reference_and_back_into_the_sentence(page: Page) -> None:
    open_post(page)
    page.locator("#cite-2").click()
    expect(page.locator("#ref-2")).to_be_in_viewport()
    page.locator("#ref-2").get_by_label("Back to reference 2 in the text").click()
    expect(page.locator("#cite-2")).to_be_in_viewport()
    expect(page).to_have_url(re.compile(r"#cite-2$"))
    page.locator("#ref-1").get_by_label("Back to citation 2 of reference 1").click()
    expect(page.locator("#cite-1-2")).to_be_in_viewport()


def test_the_pop_over_opens_on_focus_is_reached_by_tab_and_closes_on_escape(page: Page) -> None:
    first, _ = open_post(page)
    popover = page.locator(".citation-popover")
    expect(popover).to_be_hidden()
    page.locator("#cite-1").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(popover).to_be_visible()
    expect(popover).to_contain_text(first.title)
    assert page.locator("#cite-1").get_attribute("aria-describedby") == "citation-popover"
    page.keyboard.press("Tab")
    expect(popover.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(popover).to_be_hidden()
    expect(page.locator("#cite-1")).to_be_focused()


def test_the_pop_over_opens_on_hover_and_stays_while_the_pointer_is_on_it(page: Page) -> None:
    stop_clock(page)
    _, second = open_post(page)
    popover = page.locator(".citation-popover")
    page.locator("#cite-2").hover()
    page.clock.run_for(500)
    expect(popover).to_contain_text(second.title)
    popover.hover()
    page.clock.run_for(500)
    expect(popover).to_be_visible()
    page.get_by_role("heading", level=1).hover()
    page.clock.run_for(500)
    expect(popover).to_be_hidden()


def test_the_author_pastes_a_citation_and_finds_it_again(admin_page: Page) -> None:
    post = make_post(body="<p>Knees get better.</p>", status=Post.Status.DRAFT)
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = admin_page.locator(".ProseMirror[contenteditable]")
    editor.get_by_text("Knees get better.").click()
    editor.press("End")
    admin_page.get_by_role("toolbar").get_by_role("button", name="Citation", exact=False).first.click()
    dialog = admin_page.get_by_role("dialog", name="Citation")
    dialog.get_by_role("textbox").fill("Li Q. Walking and backs. Pain. 2001;1(2):11-22.")
    dialog.get_by_role("textbox").press("Enter")
    expect(dialog.get_by_role("list", name="Chosen references")).to_contain_text("Li 2001: Walking and backs")
    dialog.get_by_role("button", name="Save citation").click()
    expect(editor.locator(".citation-chip")).to_have_text("Li 2001")
    admin_page.get_by_role("button", name="Save draft").click()
    expect(admin_page.locator(".messagelist")).to_be_visible()
    post.refresh_from_db()
    assert post.body == f"<p>Knees get better.{cite(Source.objects.get())}</p>"
    expect(editor.locator(".citation-chip")).to_have_text("Li 2001")


def test_typed_references_become_citations_with_one_click(admin_page: Page) -> None:
    typed = "<p>Knees get better [1].</p><h2>References</h2><ol><li>Li Q. Walking. Pain. 2001;1(2):11-22.</li></ol>"
    post = make_post(body=sanitize(typed), status=Post.Status.DRAFT)
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = admin_page.locator(".ProseMirror[contenteditable]")
    expect(editor).to_contain_text("Pain. 2001")
    admin_page.get_by_role("button", name="More tools").click()
    admin_page.get_by_role("toolbar").get_by_role("button", name="Turn typed references into citations").click()
    expect(editor.locator(".citation-chip")).to_have_text("Li 2001")
    expect(editor).not_to_contain_text("Pain. 2001")
    expect(admin_page.get_by_role("dialog")).to_contain_text("Converted 1 number to citations of 1 reference.")


@pytest.mark.parametrize("path", ["/stairs/", "/references/"])
def test_accessibility_checks_find_nothing(page: Page, path: str) -> None:
    open_post(page)
    page.goto(path)
    assert violations(page) == []
