"""What readers see of the menus and areas: the usual arrangement, the author's own, and nothing that is dead."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from playwright.sync_api import Page as BrowserPage

from audit.accessibility import violations
from blog.models import Category, Post
from layout.block_types import KINDS, Area
from layout.models import Item
from pages.models import Page
from siteinfo.models import SiteInfo, SocialLink
from tests.factories import make_author, make_category, make_image, make_page, make_post

LINKS = {
    "top-bar": "//div[@class='topbar']//nav//a",
    "main-menu": "//ul[@class='menu']//a",
    "mobile-menu": "//details[@class='mobile-menu']//nav//a",
    "footer": "//div[@class='footer-cols']//h2/following-sibling::ul//a",
}


def make_item(area: str, kind: str = "link", **fields: Any) -> Item:
    """An item at the end of `area`."""
    return Item.objects.create(area=area, kind=kind, position=1 + Item.objects.count(), **fields)


def fill_every_area() -> None:
    """Put one of each kind into each area that takes it."""
    words: dict[str, dict[str, Any]] = {
        "link": {"title": "Away", "address": "https://example.com/"},
        "heading": {"title": "Heading"},
        "text": {"title": "Words", "text": "<p>Some <strong>words</strong>.</p>"},
        "picture": {"image": make_image(), "address": "https://example.com/"},
    }
    for area in Area:
        for kind in KINDS.values():
            if area in kind.areas:
                item = make_item(area, kind.name, **words.get(kind.name, {}))
                if kind.name == "heading":
                    make_item(area, "link", parent=item, **words["link"])


def tree(client: Client, path: str = "/") -> Any:
    """The page at `path`."""
    return html.fromstring(client.get(path).content)


def names(client: Client, area: str, path: str = "/") -> list[str]:
    """The words of the links of a menu, in their order."""
    return [link.text_content().strip() or link.get("aria-label") for link in tree(client, path).xpath(LINKS[area])]


def widgets(client: Client, path: str = "/blog/") -> list[str]:
    """The headings of the sidebar, in their order."""
    return [each.text for each in tree(client, path).xpath("//aside[@id='sidebar']//h2")]


@pytest.fixture
def site(db: None) -> None:
    """A site with pages, policies, topics, a profile and an author."""
    site = SiteInfo.objects.create(name="Move Better", email="hello@example.com")
    SocialLink.objects.create(site=site, network="x", url="https://social.example.com/me")
    make_author(name="Sam", slug="sam")
    about = make_page(title="About me", slug="about", role="about", show_in_menu=True)
    make_page(title="Services", slug="services", parent=about, role="services", show_in_menu=True)
    make_page(title="Privacy", slug="privacy", role="privacy")
    make_page(title="Editorial policy", slug="editorial", role="editorial", show_in_menu=True)
    for name in ("Pain", "Sports", "Health", "Learning"):
        make_category(name=name, slug=name.lower())
    make_post(title="The knee", slug="the-knee", categories=[Category.objects.get(name="Pain")])


@pytest.mark.usefixtures("site")
def test_a_menu_of_small_screens_in_which_everything_is_off_has_no_button(client: Client) -> None:
    make_item("mobile-menu", "search", is_shown=False)
    assert not tree(client).xpath("//details[@class='mobile-menu']")


@pytest.mark.usefixtures("site")
def test_the_usual_arrangement_shows_topics_pages_and_policies(client: Client) -> None:
    topics = ["Pain", "Sports", "Health", "Learning"]
    main = ["Home", "All posts", *topics, "About me", "Services", "Editorial policy", "Contact"]
    assert names(client, "top-bar") == topics[:3]
    assert names(client, "main-menu") == [*main, "Search"]
    assert names(client, "mobile-menu") == main
    expected = ["All posts", *topics, "About me", "Services", "Privacy", "Editorial policy", "Contact", "RSS feed"]
    assert names(client, "footer") == expected
    assert widgets(client) == ["Meet Sam", "Connect", "Join the list", "Search", "Categories", "Archives"]
    home = tree(client).xpath("//main/section/@class")
    assert home == ["hero", "section section--start", "section", "section about-band"]


@pytest.mark.usefixtures("site")
def test_boxes_stand_in_the_authors_order_and_what_is_off_is_gone(client: Client) -> None:
    for kind in ("archives", "search", "categories"):
        make_item("sidebar", kind)
    assert widgets(client) == ["Archives", "Search", "Categories"]
    Item.objects.filter(kind="search").update(is_shown=False)
    assert widgets(client) == ["Archives", "Categories"]
    assert widgets(client, "/the-knee/") == ["Archives", "Categories"]


@pytest.mark.usefixtures("site")
def test_other_areas_stay_as_usual_and_the_small_screens_menu_follows_the_main_one(client: Client) -> None:
    make_item("main-menu", title="Start", address="/")
    assert names(client, "main-menu") == ["Start"]
    assert names(client, "mobile-menu") == ["Start"]
    assert names(client, "top-bar") == ["Pain", "Sports", "Health"]


@pytest.mark.usefixtures("site")
def test_a_link_bears_its_targets_name_or_its_own_and_follows_a_rename(client: Client) -> None:
    page, category, post = Page.objects.get(role="about"), Category.objects.get(name="Pain"), Post.objects.get()
    for fields in ({"page": page}, {"category": category}, {"post": post, "title": "Knees"}):
        make_item("main-menu", **fields)
    assert names(client, "main-menu") == ["About me", "Pain", "Knees"]
    page.slug, category.name = "who", "Aches"
    page.save()
    category.save()
    links = tree(client).xpath(LINKS["main-menu"])
    assert [link.get("href") for link in links] == ["/who/", "/category/pain/", "/the-knee/"]
    assert links[1].text == "Aches"


DEATHS: dict[str, Any] = {
    "draft": lambda target: type(target).objects.update(status="draft"),
    "scheduled": lambda target: type(target).objects.update(published_at=timezone.now() + timedelta(days=1)),
    "trashed": lambda target: type(target).objects.update(trashed_at=timezone.now()),
    "deleted": lambda target: target.delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("make", [make_page, make_post])
@pytest.mark.parametrize("death", DEATHS)
def test_a_page_or_post_that_readers_cannot_see_leaves_no_link(client: Client, make: Any, death: str) -> None:
    target = make(title="Mortal")
    field = {"page" if isinstance(target, Page) else "post": target}
    heading = make_item("footer", "heading", title="Alone")
    make_item("footer", parent=heading, **field)
    for area in ("top-bar", "main-menu"):
        make_item(area, **field)
    make_item("main-menu", title="Home", address="/")
    assert [names(client, area) for area in LINKS] == [["Mortal"], ["Mortal", "Home"], ["Mortal", "Home"], ["Mortal"]]
    DEATHS[death](target)
    page = tree(client)
    assert [page.xpath(path + "/text()") for path in LINKS.values()] == [[], ["Home"], ["Home"], []]
    assert "Alone" not in page.text_content()
    assert not page.xpath("//div[@class='topbar']")


@pytest.mark.django_db
def test_a_deleted_category_takes_its_links_with_it(client: Client) -> None:
    category = make_category(name="Mortal")
    make_item("main-menu", category=category)
    make_item("main-menu", title="Home", address="/")
    assert names(client, "main-menu") == ["Mortal", "Home"]
    category.delete()
    assert names(client, "main-menu") == ["Home"]


@pytest.mark.usefixtures("site")
def test_a_list_that_would_open_for_one_link_is_that_link_and_one_for_none_is_gone(client: Client) -> None:
    make_item("main-menu", "heading", title="Empty")
    one = make_item("main-menu", "heading", title="One")
    two = make_item("main-menu", "heading", title="Two")
    make_item("main-menu", parent=one, title="Home", address="/")
    for title in ("First", "Second"):
        make_item("main-menu", parent=two, title=title, address=f"https://{title}.example/")
    assert names(client, "main-menu") == ["Home", "First", "Second"]
    assert [each.text.strip() for each in tree(client).xpath("//ul[@class='menu']//summary")] == ["Two"]


@pytest.mark.usefixtures("site")
def test_a_heading_says_that_the_reader_is_below_it(client: Client) -> None:
    def marked(path: str) -> list[str]:
        found = tree(client, path).xpath("//ul[@class='menu']//summary[@aria-current]")
        return [each.text_content().strip() for each in found]

    assert {path: marked(path) for path in ("/", "/the-knee/", "/about/services/", "/author/sam/", "/contact/")} == {
        "/": [],
        "/the-knee/": ["Blog"],
        "/about/services/": ["About"],
        "/author/sam/": ["About"],
        "/contact/": ["About"],
    }


@pytest.mark.django_db
def test_a_heading_below_a_heading_is_refused_in_words() -> None:
    top = make_item("main-menu", "heading", title="Top")
    with pytest.raises(ValidationError, match="menus open one level"):
        Item(area="main-menu", kind="heading", title="Below", parent=top).full_clean()
    link = make_item("main-menu", title="Home", address="/", parent=top)
    with pytest.raises(ValidationError, match="Only a heading"):
        Item(area="main-menu", kind="link", title="Below", address="/", parent=link).full_clean()
    with pytest.raises(ValidationError, match="only links can"):
        Item(area="main-menu", kind="search", parent=top).full_clean()


@pytest.mark.django_db
def test_a_kind_stands_where_it_fits_and_most_kinds_once() -> None:
    with pytest.raises(ValidationError, match="cannot stand here: Top bar"):
        Item(area="top-bar", kind="archives").full_clean()
    make_item("sidebar", "archives")
    with pytest.raises(ValidationError, match="once is enough"):
        Item(area="sidebar", kind="archives").full_clean()
    Item(area="footer", kind="archives").full_clean()


@pytest.mark.django_db
def test_the_database_holds_a_link_to_exactly_one_target() -> None:
    page, category, post = make_page(), make_category(), make_post()
    right: tuple[dict[str, Any], ...] = ({"page": page}, {"category": category}, {"post": post}, {"address": "/"})
    for fields in right:
        Item.objects.create(area="footer", kind="link", **fields)
    Item.objects.create(area="footer", kind="picture", image=make_image())
    wrong: tuple[dict[str, Any], ...] = ({}, {"page": page, "post": post}, {"category": category, "address": "/"})
    for fields in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Item.objects.create(area="footer", kind="link", **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.create(area="footer", kind="picture", page=page, post=post)


@pytest.mark.django_db
@pytest.mark.parametrize("is_full", [False, True])
def test_every_kind_shows_itself_with_and_without_content(client: Client, is_full: bool) -> None:
    if is_full:
        site = SiteInfo.objects.create(name="Move Better", help_line="Call now.")
        SocialLink.objects.create(site=site, network="x", url="https://social.example.com/me")
        image = make_image()
        author = make_author(photo=image)
        for _ in range(14):
            category = make_category(image=image)
            make_post(categories=[category], featured_image=image, author=author, is_featured=True)
        body = "<h2>One</h2><p>Words.</p>" * 3
        make_post(slug="the-knee", categories=[category], body=body)
        make_page(role="privacy", show_in_menu=True)
    else:
        make_post(slug="the-knee", categories=[], published_at=timezone.now())
    fill_every_area()
    for path in ("/", "/the-knee/", "/blog/", "/nothing/"):
        page = tree(client, path)
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids))
        assert set(page.xpath("//@aria-labelledby")) <= set(ids)
        assert len(page.findall(".//h1")) == 1
        for tag in ("h2", "h3", "ul", "nav", "section", "p"):
            assert [each for each in page.iter(tag) if not each.text_content().strip() and not each.xpath(".//a")] == []
        assert page.xpath("count(//strong[.='words'])") == (1 if path == "/nothing/" else 2)


@pytest.mark.usefixtures("site")
def test_own_arrangements_cost_no_more_queries_than_the_usual_one(client: Client) -> None:
    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = ("/", "/blog/", "/the-knee/", "/privacy/")
    usual = [count(path) for path in paths]
    post, page, category = Post.objects.get(), Page.objects.get(role="about"), Category.objects.all()[0]
    for number in range(10):
        for area in ("top-bar", "main-menu", "footer"):
            heading = None if area == "top-bar" else make_item(area, "heading", title=f"Heading {number}")
            for target in ({"post": post}, {"page": page}, {"category": category}, {"title": "Away", "address": "/"}):
                make_item(area, parent=heading, **target)
    for kind in ("categories", "archives", "author", "connect"):
        make_item("sidebar", kind)
    for kind in ("latest", "hero", "start"):
        make_item("home", kind)
    assert [count(path) for path in paths] <= usual


@pytest.mark.usefixtures("site")
def test_a_home_page_without_its_welcome_and_a_page_without_a_sidebar_still_make_sense(client: Client) -> None:
    make_item("home", "about")
    make_item("sidebar", "search", is_shown=False)
    assert tree(client).xpath("//h1/text()") == ["Move Better"]
    page = tree(client, "/blog/")
    assert not page.xpath("//aside")
    assert "#sidebar" not in page.xpath("//a/@href")


@pytest.mark.usefixtures("site")
def test_an_item_of_a_room_that_is_gone_is_kept_and_not_shown(client: Client) -> None:
    make_item("sidebar", "left-over")
    make_item("sidebar", "search")
    assert widgets(client) == ["Search"]
    assert str(Item.objects.get(kind="left-over")) == "left-over"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_pages_with_every_kind_fit_the_screen_and_axe_finds_nothing(
    page: BrowserPage, site: None, width: int, scheme: Any
) -> None:
    for _ in range(3):
        make_post(categories=[make_category(image=make_image())], featured_image=make_image(), is_featured=True)
    fill_every_area()
    Item.objects.filter(kind="start").update(number=4)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for path in ("/", "/the-knee/", "/blog/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert violations(page) == [], path
