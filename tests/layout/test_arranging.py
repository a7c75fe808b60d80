"""The author arranges menus and areas on the desk, with two windows open, with the keyboard, and without losing any."""

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
from layout.block_types import KINDS, Area
from layout.models import Item
from pages.models import Page
from tests.factories import make_author, make_category, make_image, make_page, make_post
from tests.layout.test_showing import names, widgets

NAMES = ("one", "two", "three", "four")


def address(area: str) -> str:
    return reverse("admin:layout_item_area", args=[area])


def read(answer: Any) -> Any:
    """The page of an answer."""
    return html.fromstring(answer.content.decode())


def order(area: str, parent: Item | None = None) -> list[str]:
    """The names of a list, in order; each place is taken once."""
    rows = Item.objects.filter(area=area, parent=parent)
    assert len({row.position for row in rows}) == len(rows)
    return [row.name for row in rows]


@pytest.fixture
def four(db: None) -> list[Item]:
    """A main menu of four links."""
    items = [Item(area="main-menu", kind="link", title=name, address=f"https://{name}.example/") for name in NAMES]
    for position, item in enumerate(items):
        item.position = position
        item.save()
    return items


@pytest.mark.django_db
def test_the_usual_arrangement_becomes_the_authors_and_comes_back(admin_client: Client) -> None:
    make_author(name="Sam")
    make_post(categories=[make_category(name="Pain")])
    reader = Client()
    for area in Area:
        before = reader.get("/blog/").content
        admin_client.post(address(area), {"own": "1"})
        assert Item.objects.filter(area=area).exists()
        assert reader.get("/blog/").content == before
    count = Item.objects.count()
    admin_client.post(address("main-menu"), {"own": "1"})
    assert Item.objects.count() == count
    admin_client.post(address("main-menu"), {"usual": "1"})
    assert not Item.objects.filter(area="main-menu").exists()
    assert Item.objects.filter(area="footer").exists()


@pytest.mark.parametrize(
    ("step", "key", "expected"),
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
def test_a_step_moves_an_item_by_one_and_stops_at_the_ends(
    admin_client: Client, four: list[Item], step: str, key: int, expected: list[str]
) -> None:
    answer = admin_client.post(address("main-menu"), {step: four[key].pk}, follow=True)
    assert order("main-menu") == expected
    assert f"“{four[key]}” is number {expected.index(four[key].title) + 1} of 4." in answer.content.decode()


def test_a_link_goes_under_the_heading_above_it_and_out_again(admin_client: Client, four: list[Item]) -> None:
    heading = Item.objects.create(area="main-menu", kind="heading", title="More", position=9)
    admin_client.post(address("main-menu"), {"up": heading.pk})
    admin_client.post(address("main-menu"), {"in": four[3].pk})
    assert order("main-menu") == ["one", "two", "three", "More"]
    assert order("main-menu", heading) == ["four"]
    admin_client.post(address("main-menu"), {"out": four[3].pk})
    assert order("main-menu") == ["one", "two", "three", "More", "four"]


def test_an_item_is_dropped_before_another_one_or_under_a_heading(admin_client: Client, four: list[Item]) -> None:
    heading = Item.objects.create(area="main-menu", kind="heading", title="More", position=9)
    admin_client.post(address("main-menu"), {"move": four[3].pk, "under": "", "before": four[0].pk})
    assert order("main-menu") == ["four", "one", "two", "three", "More"]
    admin_client.post(address("main-menu"), {"move": four[0].pk, "under": heading.pk, "before": ""})
    admin_client.post(address("main-menu"), {"move": four[1].pk, "under": heading.pk, "before": four[0].pk})
    assert order("main-menu") == ["four", "three", "More"]
    assert order("main-menu", heading) == ["two", "one"]


@pytest.mark.parametrize(
    "sent",
    [
        {"move": "x"},
        {"up": "99999"},
        {"show": ""},
        {"kind": "no"},
        {"kind": "topics", "under": "99999"},
        {"link": "//x"},
        {"link": "https://x/\x00"},
        {"link": "http://["},
        {"link": f"https://{'x' * 600}/"},
        {},
    ],
)
def test_nonsense_and_what_is_gone_change_nothing_and_are_answered_in_words(
    admin_client: Client, four: list[Item], sent: dict[str, str]
) -> None:
    answer = admin_client.post(address("main-menu"), sent, follow=True)
    assert answer.status_code == 200
    assert order("main-menu") == list(NAMES)
    assert bool(read(answer).xpath("//ul[@class='messagelist']/li[@class='error']")) == bool(sent)


def test_a_heading_dropped_under_another_is_refused_in_words(admin_client: Client, four: list[Item]) -> None:
    outer, inner = (Item.objects.create(area="main-menu", kind="heading", title=name) for name in ("Outer", "Inner"))
    answer = admin_client.post(address("main-menu"), {"move": inner.pk, "under": outer.pk, "before": ""}, follow=True)
    assert "menus open one level" in answer.content.decode()
    inner.refresh_from_db()
    assert inner.parent is None


def test_one_click_switches_off_and_on(admin_client: Client, client: Client, four: list[Item]) -> None:
    admin_client.post(address("main-menu"), {"hide": four[1].pk})
    assert names(client, "main-menu") == ["one", "three", "four"]
    admin_client.post(address("main-menu"), {"hide": four[1].pk})
    assert names(client, "main-menu") == ["one", "three", "four"]
    admin_client.post(address("main-menu"), {"show": four[1].pk})
    assert names(client, "main-menu") == list(NAMES)


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_move_at_once_neither_lose_nor_double_an_item(four: list[Item]) -> None:
    start = Barrier(4)

    def work(number: int) -> None:
        start.wait()
        for _ in range(5):
            services.step(four[number].pk, "up" if number % 2 else "down")
        services.take_over("sidebar")
        connection.close()

    threads = [Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(order("main-menu")) == sorted(NAMES)
    assert len(order("sidebar")) == 8


def test_saving_the_words_of_an_item_does_not_move_it_back(admin_client: Client, four: list[Item]) -> None:
    item = Item.objects.get(title="one")
    services.step(item.pk, "down")
    item.title = "first"
    services.fill_in(item)
    assert order("main-menu") == ["two", "first", "three", "four"]
    Item.objects.filter(title="first").delete()
    with pytest.raises(ValidationError, match="not there any more"):
        services.fill_in(item)


@pytest.mark.django_db
def test_pages_posts_and_categories_are_found_by_name_and_added_as_what_they_are(
    admin_client: Client, four: list[Item]
) -> None:
    page, post, category = make_page(title="Knee page"), make_post(title="Knee post"), make_category(name="Knees")
    found = read(admin_client.get(address("main-menu"), {"q": "knee"}))
    assert found.xpath("//button[@name='link']/@value") == [
        page.get_absolute_url(),
        category.get_absolute_url(),
        post.get_absolute_url(),
    ]
    for target in (page, category, post):
        admin_client.post(address("main-menu"), {"link": target.get_absolute_url(), "q": "knee"})
    admin_client.post(address("main-menu"), {"link": "/contact/", "q": "contact"})
    assert order("main-menu") == [*NAMES, "Knee page", "Knees", "Knee post", "Contact"]
    assert list(Item.objects.filter(address="").values_list("page", "category", "post")) == [
        (page.pk, None, None),
        (None, category.pk, None),
        (None, None, post.pk),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
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
def test_a_link_that_would_lead_nowhere_is_refused_and_its_words_stay(admin_client: Client, wrong: str) -> None:
    form = reverse("admin:layout_item_add", query={"area": "main-menu", "kind": "link"})
    answer = admin_client.post(form, {"title": "My words", "leads_to": wrong, "is_shown": "on"})
    assert answer.status_code == 200
    assert read(answer).xpath("//ul[contains(@class, 'errorlist')]/li")
    assert 'value="My words"' in answer.content.decode()
    assert not Item.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "right",
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
def test_any_address_that_leads_somewhere_is_taken(admin_client: Client, right: str) -> None:
    form = reverse("admin:layout_item_add", query={"area": "main-menu", "kind": "link"})
    admin_client.post(form, {"title": "There", "leads_to": right, "is_shown": "on"})
    assert "There" in order("main-menu")
    assert Item.objects.get(title="There").leads_to == right


@pytest.mark.django_db
def test_an_address_of_a_page_is_kept_as_the_page(admin_client: Client, client: Client) -> None:
    page = make_page(title="Who I am", slug="who")
    admin_client.post(address("main-menu"), {"own": "1"})
    item = Item.objects.get(area="main-menu", title="Home")
    form = reverse("admin:layout_item_change", args=[item.pk])
    admin_client.post(form, {"title": "", "leads_to": "http://testserver/who/", "is_shown": "on"})
    page.slug = "me"
    page.save()
    item.refresh_from_db()
    assert (item.page, item.address, item.name, item.leads_to) == (page, "", "Who I am", "/me/")
    assert names(client, "main-menu")[0] == "Who I am"


def test_an_item_of_an_area_that_is_no_more_cannot_be_opened(admin_client: Client) -> None:
    item = Item.objects.create(area="attic", kind="search")
    answer = admin_client.get(reverse("admin:layout_item_change", args=[item.pk]), follow=True)
    assert answer.status_code == 200
    assert "Perhaps it was deleted?" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_a_kind_asks_only_what_the_kind_uses(admin_client: Client, kind: str) -> None:
    area = next(area for area in Area if area in KINDS[kind].areas)
    form = read(
        admin_client.get(reverse("admin:layout_item_add", query={"area": area, "kind": kind}))
    ).get_element_by_id("item_form")
    asked = {name for name in form.fields if name and not name.startswith(("_", "csrf"))}
    assert asked == {*KINDS[kind].fields, "is_shown"}


@pytest.mark.django_db
def test_a_text_and_a_picture_are_filled_in_and_seen(admin_client: Client, client: Client) -> None:
    image = make_image(alt="A bridge")
    Item.objects.create(area="sidebar", kind="search")
    form = reverse("admin:layout_item_add", query={"area": "sidebar", "kind": "text"})
    words = '<p>Come in. <a href="/contact/">Write</a></p><script>alert(1)</script>'
    admin_client.post(form, {"title": "Open house", "text": words, "is_shown": "on"})
    form = reverse("admin:layout_item_add", query={"area": "sidebar", "kind": "picture"})
    admin_client.post(form, {"image": image.pk, "leads_to": "/contact/", "is_shown": "on"})
    page = read(client.get("/blog/"))
    assert widgets(client) == ["Search", "Open house"]
    assert page.xpath("//aside//p/a/@href") == ["/contact/"]
    assert page.xpath("//aside//a[@href='/contact/']/picture//img/@alt | //aside//a/img/@alt") == ["A bridge"]
    refused = admin_client.post(
        reverse("admin:layout_item_add", query={"area": "sidebar", "kind": "text"}),
        {"text": f'<figure><img data-image="{image.pk}"></figure>', "is_shown": "on"},
    )
    assert "A picture has a box of its own" in refused.content.decode()


@pytest.mark.django_db
def test_the_desk_says_why_readers_do_not_see_an_item(admin_client: Client) -> None:
    draft = make_post(title="Half", status=Post.Status.DRAFT)
    gone = make_page(title="Old")
    Page.objects.filter(pk=gone.pk).update(trashed_at=gone.published_at)
    for fields in ({"post": draft}, {"page": gone}, {"title": "Off", "address": "/", "is_shown": False}):
        Item.objects.create(area="main-menu", kind="link", **fields)
    Item.objects.create(area="main-menu", kind="heading", title="Empty")
    Item.objects.create(area="main-menu", kind="topics")
    page = read(admin_client.get(address("main-menu")))
    assert [each.text for each in page.xpath("//ol//em")] == [
        "“Half” is a draft.",
        "“Old” lies in the trash.",
        "Switched off.",
        "Readers can see no link under it.",
        "There is no category yet.",
    ]


@pytest.mark.django_db
def test_a_removed_item_is_asked_about_and_the_last_one_brings_the_usual_arrangement_back(admin_client: Client) -> None:
    item = Item.objects.create(area="sidebar", kind="search")
    form = reverse("admin:layout_item_delete", args=[item.pk])
    assert "Remove “Search”" in admin_client.get(form).content.decode()
    assert Item.objects.exists()
    answer = admin_client.post(form, {"post": "yes"}, follow=True)
    assert answer.redirect_chain[-1][0] == address("sidebar")
    assert "the usual arrangement is back" in answer.content.decode()


@pytest.mark.django_db
def test_whoever_may_not_change_the_sites_facts_may_not_arrange() -> None:
    writer = User.objects.create_user("writer@example.com", "a password for tests", is_staff=True)
    client = Client()
    client.force_login(writer)
    item = Item.objects.create(area="sidebar", kind="search")
    paths = [address("sidebar"), reverse("admin:layout_item_changelist"), reverse("admin:layout_item_add")]
    paths += [reverse("admin:layout_item_change", args=[item.pk]), reverse("admin:layout_item_delete", args=[item.pk])]
    assert [client.get(path).status_code for path in paths[:2] + paths[3:]] == [403] * 4
    assert client.post(address("sidebar"), {"hide": item.pk}).status_code == 403
    item.refresh_from_db()
    assert item.is_shown
    assert "Menus and areas" not in client.get("/admin/").content.decode()
    assert Client().get(address("sidebar")).status_code == 302


@pytest.mark.django_db
def test_a_picture_of_a_box_is_kept_from_deletion_and_named(admin_client: Client) -> None:
    image = make_image()
    item = Item.objects.create(area="sidebar", kind="picture", image=image, title="Our door")
    answer = admin_client.get(reverse("admin:images_image_delete", args=[image.pk])).content.decode()
    assert "Our door" in answer
    assert reverse("admin:layout_item_change", args=[item.pk]) in answer


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["\x00", "knee\x00", "%", "x" * 5000, "https://x/\x00", "//"])
def test_any_words_can_be_looked_for(admin_client: Client, words: str) -> None:
    Item.objects.create(area="main-menu", kind="search")
    assert admin_client.get(address("main-menu"), {"q": words, "under": words, "at": words}).status_code == 200


@pytest.mark.django_db
def test_an_area_that_does_not_exist_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(address("attic")).status_code == 404


# ---- In a browser --------------------------------------------------------------------------------------


def drag(page: BrowserPage, name: str, target: str, *, below: bool = False) -> None:
    """Drag the row of `name` above or below that of `target` by its handle."""
    rows = page.locator("[data-sortable] .block-row")
    rows.filter(has_text=name).first.locator("[data-handle]").hover()
    page.mouse.down()
    box = rows.filter(has_text=target).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + (box["height"] - 3 if below else 3), steps=6)
    page.mouse.up()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_two_boxes_are_reordered_by_dragging_and_by_keyboard_and_readers_see_it(
    admin_page: BrowserPage, client: Client
) -> None:
    make_post(categories=[make_category(name="Pain")], author=make_author(name="Sam"))
    admin_page.goto(address("sidebar"))
    admin_page.get_by_role("button", name="Arrange it yourself").click()
    expect(admin_page.get_by_role("switch")).to_have_count(8)
    drag(admin_page, "Archives", "Author card")
    expect(admin_page.locator(".block-title b").first).to_have_text("Archives")
    expect(admin_page.locator(".is-moved")).to_have_count(1)
    assert widgets(client)[:2] == ["Archives", "Meet Sam"]
    button = admin_page.get_by_role("button", name="Move “Search” up")
    button.focus()
    admin_page.keyboard.press("Enter")
    expect(admin_page.locator(".block-title b").nth(3)).to_have_text("Search")
    expect(button).to_be_focused()
    expect(admin_page.get_by_role("status")).to_have_text("“Search” is number 4 of 8.")
    assert widgets(client) == ["Archives", "Meet Sam", "Connect", "Search", "Join the list", "Categories"]
    assert violations(admin_page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_dropdown_is_built_by_keyboard_alone(admin_page: BrowserPage, client: Client) -> None:
    make_page(title="Knee page")
    Item.objects.create(area="main-menu", kind="link", title="Home", address="/")
    page = admin_page

    def press(name: str, role: Any = "button") -> None:
        found = page.get_by_role(role, name=name)
        found.focus()
        page.keyboard.press("Enter")

    page.goto(address("main-menu"))
    press("Add: Heading with links", "link")
    page.get_by_label("Title").focus()
    page.keyboard.type("Help")
    page.keyboard.press("Enter")
    press("Add under “Help”", "link")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("knee")
    page.keyboard.press("Enter")
    press("Add Knee page")
    expect(page.locator(".messagelist")).to_have_text("“Knee page” is added.")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("contact")
    page.keyboard.press("Enter")
    press("Add Contact")
    expect(page.locator(".messagelist")).to_have_text("“Contact” is added.")
    press("Move “Contact” up")
    expect(page.locator(".block-list .block-list b").first).to_have_text("Contact")
    assert names(client, "main-menu") == ["Home", "Contact", "Knee page"]
    menu = read(client.get("/")).xpath("//ul[@class='menu']//summary")
    assert [each.text.strip() for each in menu] == ["Help"]
    assert violations(page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_link_is_dragged_under_a_heading_and_a_box_is_not(admin_page: BrowserPage) -> None:
    for position, (kind, fields) in enumerate(
        [("heading", {"title": "Help"}), ("link", {"title": "Home", "address": "/"}), ("search", {})]
    ):
        Item.objects.create(area="main-menu", kind=kind, position=position, **fields)
    admin_page.goto(address("main-menu"))
    for name in ("Search", "Home"):
        handle = admin_page.locator(".block-row").filter(has_text=name).locator("[data-handle]")
        handle.hover()
        admin_page.mouse.down()
        box = admin_page.locator(".block-list .block-list").bounding_box()
        assert box
        admin_page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=5)
        admin_page.mouse.up()
    expect(admin_page.locator(".block-list .block-list .is-moved b")).to_have_text(["Home"])
    heading = Item.objects.get(kind="heading")
    assert order("main-menu", heading) == ["Home"]
    assert Item.objects.get(kind="search").parent is None


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_pages_of_the_frame_and_none_is_too_wide(admin_page: BrowserPage, width: int) -> None:
    make_post(title="A knee", categories=[Category.objects.create(name="Pain", slug="pain")])
    admin_page.set_viewport_size({"width": width, "height": 900})
    heading = Item.objects.create(area="footer", kind="heading", title="Help")
    Item.objects.create(area="footer", kind="link", parent=heading, address="https://example.com/", title="Away")
    paths = [
        reverse("admin:layout_item_changelist"),
        address("home"),
        f"{address('footer')}?under={heading.pk}&q=knee",
        reverse("admin:layout_item_add", query={"area": "footer", "kind": "picture"}),
        reverse("admin:layout_item_delete", args=[heading.pk]),
    ]
    for path in paths:
        admin_page.goto(path)
        assert violations(admin_page) == [], path
        assert admin_page.evaluate("document.documentElement.scrollWidth") == width, path
