"""Writing a complete post takes at most twelve clicks."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from blog.models import Post
from tests.affiliates.factories import make_product
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

    def add_product(self, name: str) -> None:
        self.press("Control+End")
        self.page.keyboard.type("/product")
        self.press("Enter")
        expect(self.page.locator(".choice-dialog [role=option]")).to_have_count(1)
        self.page.keyboard.type(name.partition(": ")[2])
        self.press("Enter")
        expect(self.editor.get_by_text(name)).to_be_visible()

    def choose_settings(self) -> None:
        self.click(self.page.get_by_text("Categories and tags", exact=True), "open the categories")
        self.click(self.page.get_by_label("Knees"), "category")
        self.press("Tab", "Tab")
        self.page.keyboard.type("knee pain,stairs,")
        self.click(self.page.get_by_text("Featured image", exact=True), "open the featured image")
        self.click_button("Choose an image")
        frame = self.page.frame_locator("dialog iframe")
        self.click(frame.get_by_role("button", name="First"), "choose First")
        self.click(self.page.get_by_text("Excerpt and TL;DR", exact=True), "open the excerpt")
        self.press("Tab")
        self.page.keyboard.type("How to walk down without a complaint.")

    def schedule(self, moment: datetime) -> None:
        self.click_button("Publish …")
        expect(self.page.get_by_role("radio", name="Now")).to_be_focused()
        self.press("ArrowDown", "Tab")
        self.page.keyboard.type(f"{moment:%m%d%Y}")
        dialog = self.page.locator("dialog[open]")
        dialog.get_by_label("Time", exact=True).fill(f"{moment:%H:%M}")
        self.press("Enter")
        expect(dialog.get_by_role("heading", name="Scheduled for")).to_be_visible()

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


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_post_with_all_settings_is_scheduled_without_leaving_the_page(admin_page: Page) -> None:
    make_category(name="Knees")
    make_image(title="First", alt="A knee")
    make_product(name="A roller")
    make_post(title="Heel drops", slug="heel-drops")
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    admin_page.goto("/admin/blog/post/add/")
    loads: list[str] = []
    admin_page.on("load", lambda page: loads.append(page.url))
    writer = Writer(admin_page)
    expect(writer.editor).to_be_visible()
    expect(admin_page.locator("#id_title")).to_be_focused()
    admin_page.keyboard.type("Knees on stairs")
    writer.press("Enter")
    writer.write_text_with_link()
    admin_page.keyboard.type("## What to avoid\n- Running down\n- Carrying boxes\n\n")
    writer.add_images("First")
    writer.add_product("Product: A roller")
    writer.choose_settings()
    moment = timezone.localtime() + timedelta(days=30)
    writer.schedule(moment)
    assert len(writer.clicks) <= 12, writer.clicks
    assert not loads
    post = Post.objects.get(title="Knees on stairs")
    assert post.status_label == "Scheduled"
    assert post.published_at is not None
    assert f"{timezone.localtime(post.published_at):%Y-%m-%d %H:%M}" == f"{moment:%Y-%m-%d %H:%M}"
    assert post.excerpt == "How to walk down without a complaint."
    assert post.featured_image is not None
    assert [category.name for category in post.categories.all()] == ["Knees"]
    assert sorted(tag.name for tag in post.tags.all()) == ["knee pain", "stairs"]
    assert post.body.count("<h2") == 2
    for part in ("<ul><li>Running down", '<a href="/heel-drops/"', "<img data-image=", 'data-embed="product"'):
        assert part in post.body
