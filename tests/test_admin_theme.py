"""The look of the admin in a browser, as far as a test can measure it."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from siteinfo.colors import contrast
from tests.affiliates.factories import make_product
from tests.factories import make_category, make_page, make_post, make_subscriber

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_inline_tables_are_as_wide_as_their_group(admin_page: Page) -> None:
    product = reverse("admin:affiliates_product_change", args=[make_product().pk])
    subscriber = reverse("admin:newsletter_subscriber_change", args=[make_subscriber().pk])
    for path in (product, subscriber):
        admin_page.goto(path)
        for width in (1280, 390):
            admin_page.set_viewport_size({"width": width, "height": 900})
            group = admin_page.locator(".inline-group").first.bounding_box()
            table = admin_page.locator(".inline-group fieldset").first.bounding_box()
            assert group
            assert table
            assert (table["x"], table["width"]) == (group["x"], group["width"]), (path, width)
            assert admin_page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_the_ring_of_a_focused_field_is_not_cut_off(admin_page: Page) -> None:
    admin_page.goto(reverse("admin:affiliates_product_change", args=[make_product().pk]))
    field = admin_page.locator("#id_name")
    field.focus()
    ring = field.evaluate(
        """field => {
            const style = getComputedStyle(field)
            const ring = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset)
            const inner = field.getBoundingClientRect()
            const cutting = []
            for (let box = field.parentElement; box; box = box.parentElement) {
                const outer = box.getBoundingClientRect()
                const isTight = outer.left > inner.left - ring || outer.top > inner.top - ring
                if (isTight && getComputedStyle(box).overflow !== "visible") cutting.push(box.className)
            }
            return { ring, cutting }
        }"""
    )
    assert ring["ring"] >= 4
    assert ring["cutting"] == []


def test_the_save_button_of_a_list_looks_like_the_other_buttons(admin_page: Page) -> None:
    make_page()
    admin_page.goto(reverse("admin:pages_page_changelist"))
    button = admin_page.locator(".changelist-footer [name=_save]")
    link = admin_page.locator(".object-tools .addlink")
    color = "element => getComputedStyle(element).backgroundColor"
    assert button.evaluate(color) == link.evaluate(color)
    assert button.evaluate("element => getComputedStyle(element).fontWeight") == "600"
    box = button.bounding_box()
    assert box
    assert box["height"] >= 40


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_what_is_chosen_can_be_read(admin_page: Page, mode: str) -> None:
    post = make_post()
    admin_page.add_init_script(f"localStorage.setItem('theme', '{mode}')")
    admin_page.goto(reverse("admin:blog_post_changelist"))
    admin_page.locator("#result_list .action-select").first.check()
    assert [each for each in violations(admin_page) if each.startswith("color-contrast")] == []
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    # axe does not look at the options of a list.
    colors = admin_page.locator("#id_author option:checked").evaluate(
        """option => {
            const { color, backgroundColor } = getComputedStyle(option)
            const hex = (part) => (+part).toString(16).padStart(2, "0")
            return [color, backgroundColor].map((value) => "#" + value.match(/\\d+/g).slice(0, 3).map(hex).join(""))
        }"""
    )
    assert contrast(*colors) >= 4.5, colors


def test_the_list_of_posts_shows_every_column(admin_page: Page) -> None:
    make_post(title="A title that is as long as the titles of guides usually are", categories=[make_category()])
    admin_page.goto(reverse("admin:blog_post_changelist"))
    for width in (1280, 1024, 768, 390):
        admin_page.set_viewport_size({"width": width, "height": 900})
        sizes = admin_page.locator(".results").evaluate("box => [box.scrollWidth, box.clientWidth]")
        assert sizes[0] <= sizes[1], (width, sizes)
    before = "cell => getComputedStyle(cell, '::before').content"
    for name, label in (("recent_views", "Views in 30 days"), ("word_count", "Word count")):
        assert label in admin_page.locator(f"td.field-{name}").evaluate(before)


def test_the_action_that_needs_a_category_shows_the_categories(admin_page: Page) -> None:
    make_post()
    admin_page.goto(reverse("admin:blog_post_changelist"))
    category = admin_page.locator(".actions [name=category]")
    expect(category).to_be_hidden()
    admin_page.locator(".actions [name=action]").select_option("set_primary_category")
    expect(category).to_be_visible()


def test_filters_are_menus_that_say_what_is_chosen(admin_page: Page) -> None:
    make_post(title="A draft", status="draft")
    make_post(title="A public post")
    admin_page.goto(reverse("admin:blog_post_changelist"))
    expect(admin_page.get_by_role("link", name="Drafts")).to_be_hidden()
    menu = admin_page.locator(".filters summary", has_text="Status")
    menu.click()
    admin_page.keyboard.press("Escape")
    expect(admin_page.get_by_role("link", name="Drafts")).to_be_hidden()
    menu.click()
    admin_page.get_by_role("link", name="Drafts").click()
    expect(admin_page.locator(".filters summary", has_text="Status")).to_have_text("Status: Drafts")
    expect(admin_page.locator("#result_list tbody tr")).to_have_count(1)
    admin_page.get_by_role("link", name="Clear filters").click()
    expect(admin_page.locator("#result_list tbody tr")).to_have_count(2)
    admin_page.get_by_role("searchbox", name="Search titles, URLs and excerpts").fill("nothing like it")
    admin_page.locator(".list-search button").click()
    expect(admin_page.get_by_text("Nothing matches.")).to_be_visible()


def test_the_rail_stays_in_sight_beside_a_long_page(admin_page: Page) -> None:
    admin_page.goto(reverse("admin:affiliates_product_change", args=[make_product().pk]))
    admin_page.set_viewport_size({"width": 1280, "height": 700})
    admin_page.evaluate("scrollTo({ top: 600, behavior: 'instant' })")
    assert admin_page.evaluate("scrollY") > 300
    expect(admin_page.locator("#rail").get_by_role("link", name="Dashboard")).to_be_in_viewport()
