"""A post with two images, a table, a callout and an internal link takes twelve clicks from sign-in to published."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from blog.models import Post
from tests.factories import make_category, make_image, make_post


class Writer:
    """An author at the editor. Records every click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.editor = page.locator(".ProseMirror[contenteditable]")
        self.clicks: list[str] = []

    def click(self, target: Locator, name: str) -> None:
        target.click()
        self.clicks.append(name)

    def click_button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True), name)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def start_post(self) -> None:
        self.click(self.page.get_by_role("link", name="Write a post").first, "write a post")
        expect(self.editor).to_be_visible()
        self.page.locator("#id_title").fill("Knees on stairs")
        self.press("Enter")

    def write_text_with_link(self) -> None:
        expect(self.editor).to_be_focused()
        # The keyboard help promises that "## " at the start of a line makes a heading.
        self.page.keyboard.type("Stairs are honest.\n## What helps\nSlow down, says ")
        self.press("Control+k")
        self.page.locator("dialog[open] input").first.fill("heel")
        expect(self.page.get_by_role("option", name="Heel drops")).to_be_visible()
        self.press("ArrowDown", "Enter", "Control+End", "Enter")

    def add_table(self) -> None:
        self.click_button("Table")
        self.press("Enter")
        expect(self.editor.locator("table")).to_be_visible()
        self.page.keyboard.type("Day")
        self.press("Control+End")

    def add_callout(self) -> None:
        self.click_button("Callout")
        self.click(self.page.locator("dialog[open]").get_by_role("button", name="Save"), "save the callout")
        expect(self.editor.locator("aside")).to_be_visible()
        self.page.keyboard.type("Hold the rail.")
        self.press("Control+End")

    def add_images(self, *names: str) -> None:
        frame = self.page.frame_locator("dialog iframe")
        for count, name in enumerate(names, start=1):
            self.click_button("Image")
            self.click(frame.get_by_role("button", name=name), f"choose {name}")
            expect(self.editor.locator("figure")).to_have_count(count)

    def publish(self) -> None:
        self.click(self.page.get_by_text("Excerpt and TL;DR", exact=True), "open the excerpt")
        self.page.get_by_label("Excerpt:").fill("How to walk down without a complaint.")
        self.click(self.page.get_by_text("Categories and tags", exact=True), "open the categories")
        self.click(self.page.get_by_label("Knees"), "category")
        self.click_button("Publish …")
        expect(self.page.get_by_role("radio", name="Now")).to_be_focused()
        self.press("Enter")
        expect(self.page.get_by_role("heading", name="Published")).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_complete_post_takes_at_most_twelve_clicks(page: Page, admin_user: User) -> None:
    make_category(name="Knees")
    make_image(title="First", alt="A knee")
    make_image(title="Second", alt="A step")
    make_post(title="Heel drops", slug="heel-drops")
    page.goto("/admin/")
    page.get_by_label("Email address").fill(admin_user.email)
    page.get_by_label("Password").fill("a password for tests")
    page.keyboard.press("Enter")
    writer = Writer(page)
    writer.start_post()
    writer.write_text_with_link()
    writer.add_table()
    writer.add_callout()
    writer.add_images("First", "Second")
    writer.publish()
    assert len(writer.clicks) <= 12, writer.clicks
    body = Post.objects.get(title="Knees on stairs").body
    assert body.count("<img data-image=") == 2
    for part in ("<h2", "<table>", '<aside data-callout="note">', '<a href="/heel-drops/"'):
        assert part in body
