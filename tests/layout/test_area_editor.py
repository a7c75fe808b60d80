"""Authors arrange blocks with buttons, by dragging, by keyboard, and concurrently."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from audit.accessibility import violations
from layout import services
from layout.block_types import Area
from layout.models import Block
from siteinfo.models import SiteInfo
from tests.factories import make_author, make_category, make_page, make_post
from tests.layout.editor import NAMES, area_url, order, parse
from tests.layout.factories import link_titles, widget_titles


@pytest.mark.django_db
@pytest.mark.any_database
def test_an_area_can_be_customized_and_reset(admin_client: Client) -> None:
    make_author(name="Sam", short_bio="Knees.")
    make_post(categories=[make_category(name="Pain")])
    reader = Client()
    for area in Area:
        before = reader.get("/blog/").content
        admin_client.post(area_url(area), {"customize": "1"})
        assert Block.objects.filter(area=area).exists()
        assert reader.get("/blog/").content == before
    count = Block.objects.count()
    admin_client.post(area_url("main-menu"), {"customize": "1"})
    assert Block.objects.count() == count
    admin_client.post(area_url("main-menu"), {"reset": "1"})
    assert not Block.objects.filter(area="main-menu").exists()
    assert Block.objects.filter(area="footer").exists()


@pytest.mark.parametrize(
    ("direction", "index", "expected"),
    [
        ("up", 2, ["one", "three", "two", "four"]),
        ("down", 0, ["two", "one", "three", "four"]),
        ("down", 2, ["one", "two", "four", "three"]),
        ("up", 0, list(NAMES)),
        ("down", 3, list(NAMES)),
        ("in", 1, list(NAMES)),
        ("out", 1, list(NAMES)),
    ],
)
@pytest.mark.any_database
def test_a_step_moves_a_block_by_one_position_and_stops_at_the_ends(
    admin_client: Client, four_links: list[Block], direction: str, index: int, expected: list[str]
) -> None:
    response = admin_client.post(area_url("main-menu"), {direction: four_links[index].pk}, follow=True)
    assert order("main-menu") == expected
    assert (
        f"“{four_links[index]}” is number {expected.index(four_links[index].title) + 1} of 4."
        in response.content.decode()
    )


@pytest.mark.any_database
def test_a_link_moves_under_the_heading_above_it_and_out_again(admin_client: Client, four_links: list[Block]) -> None:
    heading = Block.objects.create(area="main-menu", block_type="heading", title="More", position=9)
    admin_client.post(area_url("main-menu"), {"up": heading.pk})
    admin_client.post(area_url("main-menu"), {"in": four_links[3].pk})
    assert order("main-menu") == ["one", "two", "three", "More"]
    assert order("main-menu", heading) == ["four"]
    admin_client.post(area_url("main-menu"), {"out": four_links[3].pk})
    assert order("main-menu") == ["one", "two", "three", "More", "four"]


@pytest.mark.any_database
def test_a_block_can_be_dropped_before_another_or_under_a_heading(
    admin_client: Client, four_links: list[Block]
) -> None:
    heading = Block.objects.create(area="main-menu", block_type="heading", title="More", position=9)
    admin_client.post(area_url("main-menu"), {"move": four_links[3].pk, "parent": "", "before": four_links[0].pk})
    assert order("main-menu") == ["four", "one", "two", "three", "More"]
    admin_client.post(area_url("main-menu"), {"move": four_links[0].pk, "parent": heading.pk, "before": ""})
    admin_client.post(
        area_url("main-menu"), {"move": four_links[1].pk, "parent": heading.pk, "before": four_links[0].pk}
    )
    assert order("main-menu") == ["four", "three", "More"]
    assert order("main-menu", heading) == ["two", "one"]


@pytest.mark.parametrize(
    "posted",
    [
        {"move": "x"},
        {"up": "99999"},
        {"show": ""},
        {"block_type": "no"},
        {"block_type": "main-categories", "parent": "99999"},
        {"link": "//x"},
        {"link": "https://x/\x00"},
        {"link": "http://["},
        {"link": f"https://{'x' * 600}/"},
        {},
    ],
)
@pytest.mark.any_database
def test_invalid_changes_are_rejected_with_a_message(
    admin_client: Client, four_links: list[Block], posted: dict[str, str]
) -> None:
    response = admin_client.post(area_url("main-menu"), posted, follow=True)
    assert response.status_code == 200
    assert order("main-menu") == list(NAMES)
    assert bool(parse(response).xpath("//ul[@class='messagelist']/li[@class='error']")) == bool(posted)


@pytest.mark.any_database
def test_a_heading_cannot_be_dropped_under_another_heading(admin_client: Client, four_links: list[Block]) -> None:
    outer, inner = (
        Block.objects.create(area="main-menu", block_type="heading", title=name) for name in ("Outer", "Inner")
    )
    response = admin_client.post(
        area_url("main-menu"), {"move": inner.pk, "parent": outer.pk, "before": ""}, follow=True
    )
    assert "cannot be placed under another heading" in response.content.decode()
    inner.refresh_from_db()
    assert inner.parent is None


@pytest.mark.any_database
def test_one_click_hides_and_shows_a_block(admin_client: Client, client: Client, four_links: list[Block]) -> None:
    admin_client.post(area_url("main-menu"), {"hide": four_links[1].pk})
    assert link_titles(client, "main-menu") == ["one", "three", "four"]
    admin_client.post(area_url("main-menu"), {"hide": four_links[1].pk})
    assert link_titles(client, "main-menu") == ["one", "three", "four"]
    admin_client.post(area_url("main-menu"), {"show": four_links[1].pk})
    assert link_titles(client, "main-menu") == list(NAMES)


@pytest.mark.django_db(transaction=True)
def test_concurrent_moves_neither_lose_nor_duplicate_a_block(four_links: list[Block]) -> None:
    start = Barrier(4)

    def move_repeatedly(number: int) -> None:
        start.wait()
        for _ in range(5):
            services.step_block(four_links[number].pk, "up" if number % 2 else "down")
        services.customize_area("sidebar")
        connection.close()

    threads = [Thread(target=move_repeatedly, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(order("main-menu")) == sorted(NAMES)
    assert len(order("sidebar")) == 8


@pytest.mark.any_database
def test_editing_a_block_does_not_undo_a_concurrent_move(admin_client: Client, four_links: list[Block]) -> None:
    block = Block.objects.get(title="one")
    services.step_block(block.pk, "down")
    block.title = "first"
    services.update_block(block)
    assert order("main-menu") == ["two", "first", "three", "four"]
    Block.objects.filter(title="first").delete()
    with pytest.raises(ValidationError, match="no longer exists"):
        services.update_block(block)


@pytest.mark.django_db
@pytest.mark.any_database
def test_an_unknown_area_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(area_url("attic")).status_code == 404


def drag(page: BrowserPage, name: str, target: str, *, below: bool = False) -> None:
    """Drag the row called `name` by its handle to above or below the row called `target`."""
    rows = page.locator("[data-sortable] .block-row")
    rows.filter(has_text=name).first.locator("[data-handle]").hover()
    page.mouse.down()
    box = rows.filter(has_text=target).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + (box["height"] - 3 if below else 3), steps=6)
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_blocks_are_reordered_by_dragging_and_by_keyboard(admin_page: BrowserPage, client: Client) -> None:
    SiteInfo.objects.create(name="Move Better", email="hello@example.com")
    make_post(categories=[make_category(name="Pain")], author=make_author(name="Sam", short_bio="Knees."))
    admin_page.goto(area_url("sidebar"))
    admin_page.get_by_role("button", name="Customize").click()
    expect(admin_page.get_by_role("switch")).to_have_count(8)
    drag(admin_page, "Archives", "Author card")
    expect(admin_page.locator(".block-title b").first).to_have_text("Archives")
    expect(admin_page.locator(".is-moved")).to_have_count(1)
    assert widget_titles(client)[:2] == ["Archives", "Meet Sam"]
    button = admin_page.get_by_role("button", name="Move “Search” up")
    button.focus()
    admin_page.keyboard.press("Enter")
    expect(admin_page.locator(".block-title b").nth(3)).to_have_text("Search")
    expect(button).to_be_focused()
    expect(admin_page.get_by_role("status")).to_have_text("“Search” is number 4 of 8.")
    assert widget_titles(client) == ["Archives", "Meet Sam", "Connect", "Search", "Subscribe", "Categories"]
    assert violations(admin_page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_dropdown_can_be_built_with_the_keyboard_only(admin_page: BrowserPage, client: Client) -> None:
    make_page(title="Knee page")
    Block.objects.create(area="main-menu", block_type="link", title="Home", url="/")
    page = admin_page

    def press(name: str, role: Any = "button") -> None:
        found = page.get_by_role(role, name=name)
        found.focus()
        page.keyboard.press("Enter")

    page.goto(area_url("main-menu"))
    press("Add: Heading with links", "link")
    page.get_by_label("Title").focus()
    page.keyboard.type("Help")
    page.keyboard.press("Enter")
    press("Add under “Help”", "link")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("knee")
    page.keyboard.press("Enter")
    press("Add Knee page")
    expect(page.locator(".messagelist")).to_have_text("“Knee page” was added.")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("contact")
    page.keyboard.press("Enter")
    press("Add Contact")
    expect(page.locator(".messagelist")).to_have_text("“Contact” was added.")
    press("Move “Contact” up")
    expect(page.locator(".block-list .block-list b").first).to_have_text("Contact")
    assert link_titles(client, "main-menu") == ["Home", "Contact", "Knee page"]
    menu = parse(client.get("/")).xpath("//ul[@class='menu']//summary")
    assert [each.text.strip() for each in menu] == ["Help"]
    assert violations(page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_links_can_be_dragged_under_a_heading_and_widgets_cannot(admin_page: BrowserPage) -> None:
    for position, (block_type, fields) in enumerate(
        [("heading", {"title": "Help"}), ("link", {"title": "Home", "url": "/"}), ("search", {})]
    ):
        Block.objects.create(area="main-menu", block_type=block_type, position=position, **fields)
    admin_page.goto(area_url("main-menu"))
    for name in ("Search", "Home"):
        handle = admin_page.locator(".block-row").filter(has_text=name).locator("[data-handle]")
        handle.hover()
        admin_page.mouse.down()
        box = admin_page.locator(".block-list .block-list").bounding_box()
        assert box
        admin_page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=5)
        admin_page.mouse.up()
    expect(admin_page.locator(".block-list .block-list .is-moved b")).to_have_text(["Home"])
    heading = Block.objects.get(block_type="heading")
    assert order("main-menu", heading) == ["Home"]
    assert Block.objects.get(block_type="search").parent is None
