"""Authors arrange blocks in the admin: with buttons, by dragging, by keyboard and in two windows at once."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from lxml import html
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from accounts.models import User
from audit.accessibility import violations
from blog.models import Category, Post
from layout import services
from layout.block_types import BLOCK_TYPES, Area
from layout.models import Block
from pages.models import Page
from tests.factories import make_author, make_category, make_image, make_page, make_post
from tests.layout.test_rendering import link_titles, widget_titles

NAMES = ("one", "two", "three", "four")


def area_url(area: str) -> str:
    return reverse("admin:layout_block_area", args=[area])


def parse(response: Any) -> Any:
    """Return the page of a response."""
    return html.fromstring(response.content.decode())


def order(area: str, parent: Block | None = None) -> list[str]:
    """Return the names of the blocks in a list, in order. No two may have the same position."""
    blocks = Block.objects.filter(area=area, parent=parent)
    assert len({block.position for block in blocks}) == len(blocks)
    return [block.name for block in blocks]


@pytest.fixture
def four_links(db: None) -> list[Block]:
    """Create a main menu of four links."""
    blocks = [Block(area="main-menu", block_type="link", title=name, url=f"https://{name}.example/") for name in NAMES]
    for position, block in enumerate(blocks):
        block.position = position
        block.save()
    return blocks


@pytest.mark.django_db
def test_an_area_can_be_customized_and_reset(admin_client: Client) -> None:
    make_author(name="Sam")
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
def test_a_step_moves_a_block_by_one_and_stops_at_the_ends(
    admin_client: Client, four_links: list[Block], direction: str, index: int, expected: list[str]
) -> None:
    response = admin_client.post(area_url("main-menu"), {direction: four_links[index].pk}, follow=True)
    assert order("main-menu") == expected
    assert (
        f"“{four_links[index]}” is number {expected.index(four_links[index].title) + 1} of 4."
        in response.content.decode()
    )


def test_a_link_moves_under_the_heading_above_it_and_out_again(admin_client: Client, four_links: list[Block]) -> None:
    heading = Block.objects.create(area="main-menu", block_type="heading", title="More", position=9)
    admin_client.post(area_url("main-menu"), {"up": heading.pk})
    admin_client.post(area_url("main-menu"), {"in": four_links[3].pk})
    assert order("main-menu") == ["one", "two", "three", "More"]
    assert order("main-menu", heading) == ["four"]
    admin_client.post(area_url("main-menu"), {"out": four_links[3].pk})
    assert order("main-menu") == ["one", "two", "three", "More", "four"]


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
def test_invalid_changes_are_rejected_with_a_message(
    admin_client: Client, four_links: list[Block], posted: dict[str, str]
) -> None:
    response = admin_client.post(area_url("main-menu"), posted, follow=True)
    assert response.status_code == 200
    assert order("main-menu") == list(NAMES)
    assert bool(parse(response).xpath("//ul[@class='messagelist']/li[@class='error']")) == bool(posted)


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
def test_pages_posts_and_categories_are_found_by_title_and_linked_as_objects(
    admin_client: Client, four_links: list[Block]
) -> None:
    page, post, category = make_page(title="Knee page"), make_post(title="Knee post"), make_category(name="Knees")
    found = parse(admin_client.get(area_url("main-menu"), {"q": "knee"}))
    assert found.xpath("//button[@name='link']/@value") == [
        page.get_absolute_url(),
        category.get_absolute_url(),
        post.get_absolute_url(),
    ]
    for target in (page, category, post):
        admin_client.post(area_url("main-menu"), {"link": target.get_absolute_url(), "q": "knee"})
    admin_client.post(area_url("main-menu"), {"link": "/contact/", "q": "contact"})
    assert order("main-menu") == [*NAMES, "Knee page", "Knees", "Knee post", "Contact"]
    assert list(Block.objects.filter(url="").values_list("page", "category", "post")) == [
        (page.pk, None, None),
        (None, category.pk, None),
        (None, None, post.pk),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "/nothing-here/",
        "/nothing-here/?x=1",
        "/2031/02/",
        "/category/none/",
        "/tag/none/",
        "javascript:alert(1)",
        "https://[x]/",
        "knee",
        "",
    ],
)
def test_a_broken_link_is_rejected_and_the_entered_title_stays(admin_client: Client, url: str) -> None:
    form = reverse("admin:layout_block_add", query={"area": "main-menu", "block_type": "link"})
    response = admin_client.post(form, {"title": "My title", "link": url, "is_shown": "on"})
    assert response.status_code == 200
    assert parse(response).xpath("//ul[contains(@class, 'errorlist')]/li")
    assert 'value="My title"' in response.content.decode()
    assert not Block.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "/contact/",
        "/feed/",
        "https://example.com/",
        "http://testserver.example/",
        "mailto:a@example.com",
        "/blog/?page=2",
        "/#home-start",
    ],
)
def test_any_working_url_is_accepted(admin_client: Client, url: str) -> None:
    form = reverse("admin:layout_block_add", query={"area": "main-menu", "block_type": "link"})
    admin_client.post(form, {"title": "There", "link": url, "is_shown": "on"})
    assert "There" in order("main-menu")
    assert Block.objects.get(title="There").href == url


@pytest.mark.django_db
def test_the_url_of_a_page_is_stored_as_a_link_to_the_page(admin_client: Client, client: Client) -> None:
    page = make_page(title="Who I am", slug="who")
    admin_client.post(area_url("main-menu"), {"customize": "1"})
    block = Block.objects.get(area="main-menu", title="Home")
    form = reverse("admin:layout_block_change", args=[block.pk])
    admin_client.post(form, {"title": "", "link": "http://testserver/who/", "is_shown": "on"})
    page.slug = "me"
    page.save()
    block.refresh_from_db()
    assert (block.page, block.url, block.name, block.href) == (page, "", "Who I am", "/me/")
    assert link_titles(client, "main-menu")[0] == "Who I am"


def test_a_block_of_an_unknown_area_cannot_be_opened(admin_client: Client) -> None:
    block = Block.objects.create(area="attic", block_type="search")
    response = admin_client.get(reverse("admin:layout_block_change", args=[block.pk]), follow=True)
    assert response.status_code == 200
    assert "Perhaps it was deleted?" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("block_type", BLOCK_TYPES)
def test_the_form_has_only_the_fields_of_the_block_type(admin_client: Client, block_type: str) -> None:
    area = next(area for area in Area if area in BLOCK_TYPES[block_type].areas)
    url = reverse("admin:layout_block_add", query={"area": area, "block_type": block_type})
    form = parse(admin_client.get(url)).get_element_by_id("block_form")
    names = {name for name in form.fields if name and not name.startswith(("_", "csrf"))}
    assert names == {*BLOCK_TYPES[block_type].fields, "is_shown"}


@pytest.mark.django_db
def test_text_and_image_blocks_are_edited_and_shown(admin_client: Client, client: Client) -> None:
    image = make_image(alt="A bridge")
    Block.objects.create(area="sidebar", block_type="search")
    form = reverse("admin:layout_block_add", query={"area": "sidebar", "block_type": "text"})
    text = '<p>Come in. <a href="/contact/">Write</a></p><script>alert(1)</script>'
    admin_client.post(form, {"title": "Open house", "text": text, "is_shown": "on"})
    form = reverse("admin:layout_block_add", query={"area": "sidebar", "block_type": "image"})
    admin_client.post(form, {"image": image.pk, "link": "/contact/", "is_shown": "on"})
    page = parse(client.get("/blog/"))
    assert widget_titles(client) == ["Search", "Open house"]
    assert page.xpath("//aside//p/a/@href") == ["/contact/"]
    assert page.xpath("//aside//a[@href='/contact/']/picture//img/@alt | //aside//a/img/@alt") == ["A bridge"]
    response = admin_client.post(
        reverse("admin:layout_block_add", query={"area": "sidebar", "block_type": "text"}),
        {"text": f'<figure><img data-image="{image.pk}"></figure>', "is_shown": "on"},
    )
    assert "Use an image block for images" in response.content.decode()


@pytest.mark.django_db
def test_the_admin_explains_why_visitors_do_not_see_a_block(admin_client: Client) -> None:
    draft = make_post(title="Half", status=Post.Status.DRAFT)
    trashed = make_page(title="Old")
    Page.objects.filter(pk=trashed.pk).update(trashed_at=trashed.published_at)
    for fields in ({"post": draft}, {"page": trashed}, {"title": "Off", "url": "/", "is_shown": False}):
        Block.objects.create(area="main-menu", block_type="link", **fields)
    Block.objects.create(area="main-menu", block_type="heading", title="Empty")
    Block.objects.create(area="main-menu", block_type="main-categories")
    page = parse(admin_client.get(area_url("main-menu")))
    assert [each.text for each in page.xpath("//ol//em")] == [
        "“Half” is a draft.",
        "“Old” is in the trash.",
        "Hidden.",
        "Visitors can see none of its links.",
        "There are no categories yet.",
    ]


@pytest.mark.django_db
def test_removing_asks_first_and_removing_the_last_block_restores_the_default(admin_client: Client) -> None:
    block = Block.objects.create(area="sidebar", block_type="search")
    form = reverse("admin:layout_block_delete", args=[block.pk])
    assert "Remove “Search”" in admin_client.get(form).content.decode()
    assert Block.objects.exists()
    response = admin_client.post(form, {"post": "yes"}, follow=True)
    assert response.redirect_chain[-1][0] == area_url("sidebar")
    assert "the default blocks are back" in response.content.decode()


@pytest.mark.django_db
def test_only_users_who_may_change_the_site_information_may_change_the_layout() -> None:
    writer = User.objects.create_user("writer@example.com", "a password for tests", is_staff=True)
    client = Client()
    client.force_login(writer)
    block = Block.objects.create(area="sidebar", block_type="search")
    paths = [area_url("sidebar"), reverse("admin:layout_block_changelist"), reverse("admin:layout_block_add")]
    paths += [reverse(f"admin:layout_block_{action}", args=[block.pk]) for action in ("change", "delete")]
    assert [client.get(path).status_code for path in paths[:2] + paths[3:]] == [403] * 4
    assert client.post(area_url("sidebar"), {"hide": block.pk}).status_code == 403
    block.refresh_from_db()
    assert block.is_shown
    assert "Menus and widgets" not in client.get("/admin/").content.decode()
    assert Client().get(area_url("sidebar")).status_code == 302


@pytest.mark.django_db
def test_an_image_in_a_block_cannot_be_deleted_and_the_block_is_named(admin_client: Client) -> None:
    image = make_image()
    block = Block.objects.create(area="sidebar", block_type="image", image=image, title="Our door")
    response = admin_client.get(reverse("admin:images_image_delete", args=[image.pk])).content.decode()
    assert "Our door" in response
    assert reverse("admin:layout_block_change", args=[block.pk]) in response


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\x00", "knee\x00", "%", "x" * 5000, "https://x/\x00", "//"])
def test_any_text_can_be_searched_for(admin_client: Client, text: str) -> None:
    Block.objects.create(area="main-menu", block_type="search")
    assert admin_client.get(area_url("main-menu"), {"q": text, "parent": text, "focus": text}).status_code == 200


@pytest.mark.django_db
def test_an_unknown_area_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(area_url("attic")).status_code == 404


# ---- In a browser --------------------------------------------------------------------------------------


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
    make_post(categories=[make_category(name="Pain")], author=make_author(name="Sam"))
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
def test_a_dropdown_is_built_by_keyboard_alone(admin_page: BrowserPage, client: Client) -> None:
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
def test_a_link_can_be_dragged_under_a_heading_and_a_widget_cannot(admin_page: BrowserPage) -> None:
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


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_layout_admin_pages_are_accessible_and_fit_the_screen(admin_page: BrowserPage, width: int) -> None:
    make_post(title="A knee", categories=[Category.objects.create(name="Pain", slug="pain")])
    admin_page.set_viewport_size({"width": width, "height": 900})
    heading = Block.objects.create(area="footer", block_type="heading", title="Help")
    Block.objects.create(area="footer", block_type="link", parent=heading, url="https://example.com/", title="Away")
    paths = [
        reverse("admin:layout_block_changelist"),
        area_url("home"),
        f"{area_url('footer')}?parent={heading.pk}&q=knee",
        reverse("admin:layout_block_add", query={"area": "footer", "block_type": "image"}),
        reverse("admin:layout_block_delete", args=[heading.pk]),
    ]
    for path in paths:
        admin_page.goto(path)
        assert violations(admin_page) == [], path
        assert admin_page.evaluate("document.documentElement.scrollWidth") == width, path
