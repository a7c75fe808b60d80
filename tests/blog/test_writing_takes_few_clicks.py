"""A post with two images, a table, a callout and an internal link takes twelve clicks from sign-in to published."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from blog.models import Post
from tests.factories import make_category, make_image, make_post


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_complete_post_takes_at_most_twelve_clicks(page: Page, admin_user: User) -> None:
    make_category(name="Knees")
    make_image(title="First", alt="A knee")
    make_image(title="Second", alt="A step")
    make_post(title="Heel drops", slug="heel-drops")
    clicks: list[str] = []

    def click(target: Locator, name: str) -> None:
        target.click()
        clicks.append(name)

    frame = page.frame_locator("dialog iframe")
    editor = page.locator(".ProseMirror[contenteditable]")
    page.goto("/admin/")
    page.get_by_label("Email address").fill(admin_user.email)
    page.get_by_label("Password").fill("a password for tests")
    page.keyboard.press("Enter")
    click(page.get_by_role("link", name="Write a post").first, "write a post")
    page.locator("#id_title").fill("Knees on stairs")
    page.keyboard.press("Tab")
    click(editor, "the text")
    # What the keyboard help promises: marks at the start of a line.
    page.keyboard.type("Stairs are honest.\n## What helps\nSlow down, says ")
    page.keyboard.press("Control+k")
    page.locator("dialog[open] input").first.fill("heel")
    expect(page.get_by_role("option", name="Heel drops")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    click(page.get_by_role("button", name="Table", exact=True), "table")
    page.keyboard.press("Enter")
    expect(editor.locator("table")).to_be_visible()
    page.keyboard.type("Day")
    page.keyboard.press("Control+End")
    click(page.get_by_role("button", name="Callout", exact=True), "callout")
    click(page.locator("dialog[open]").get_by_role("button", name="Save"), "save the callout")
    expect(editor.locator("aside")).to_be_visible()
    page.keyboard.type("Hold the rail.")
    page.keyboard.press("Control+End")
    for number, name in enumerate(("First", "Second"), start=1):
        click(page.get_by_role("button", name="Image", exact=True), f"picture {number}")
        click(frame.get_by_role("button", name=name), f"choose {number}")
        expect(editor.locator("figure")).to_have_count(number)
    page.get_by_label("Excerpt:").fill("How to walk down without a complaint.")
    click(page.get_by_label("Knees"), "category")
    click(page.get_by_role("button", name="Publish", exact=True), "publish")
    expect(page.get_by_text("Published.")).to_be_visible()
    assert len(clicks) <= 12, clicks
    body = Post.objects.get(title="Knees on stairs").body
    assert body.count("<img data-image=") == 2
    for part in ("<h2", "<table>", '<aside data-callout="note">', '<a href="/heel-drops/"'):
        assert part in body
