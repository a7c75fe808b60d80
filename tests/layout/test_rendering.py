"""What visitors see in menus and widget areas: default blocks, customized ones, and no broken links."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page as BrowserPage

from audit.accessibility import violations
from blog.models import Category, Post
from layout.models import Block
from pages.models import Page
from siteinfo.models import SiteInfo, SocialLink
from tests.exercises.factories import make_exercise
from tests.factories import make_author, make_category, make_image, make_page, make_post
from tests.layout.factories import LINKS, fill_every_area, link_titles, load_page, make_block, widget_titles

pytestmark = pytest.mark.any_database


@pytest.fixture
def site(db: None) -> None:
    """Create a site with pages, policies, categories, a social profile and an author."""
    site = SiteInfo.objects.create(name="Move Better", email="hello@example.com")
    SocialLink.objects.create(site=site, network="x", url="https://social.example.com/me")
    make_author(name="Sam", slug="sam", short_bio="Helps people move.")
    about = make_page(title="About me", slug="about", role="about", show_in_menu=True)
    make_page(title="Services", slug="services", parent=about, role="services", show_in_menu=True)
    make_page(title="Privacy", slug="privacy", role="privacy")
    make_page(title="Editorial policy", slug="editorial", role="editorial", show_in_menu=True)
    for position, name in enumerate(("Pain", "Sports", "Health", "Learning")):
        make_category(name=name, slug=name.lower(), position=position)
    make_post(title="The knee", slug="the-knee", categories=[Category.objects.get(name="Pain")])


@pytest.mark.usefixtures("site")
def test_a_mobile_menu_without_visible_blocks_has_no_button(client: Client) -> None:
    make_block("mobile-menu", "search", is_shown=False)
    assert not load_page(client).xpath("//details[@class='mobile-menu']")


@pytest.mark.usefixtures("site")
def test_default_blocks_show_categories_pages_and_policies(client: Client) -> None:
    categories = ["Pain", "Sports", "Health", "Learning"]
    main = ["Home", "All posts", *categories, "About me", "Services", "Editorial policy", "Contact"]
    assert link_titles(client, "top-bar") == categories[:3]
    assert link_titles(client, "main-menu") == [*main, "Search"]
    assert link_titles(client, "mobile-menu") == main
    expected = ["All posts", *categories, "About me", "Services", "Privacy", "Editorial policy", "Contact", "RSS feed"]
    assert link_titles(client, "footer") == expected
    assert widget_titles(client) == ["Meet Sam", "Connect", "Subscribe", "Search", "Categories", "Archives"]
    home = load_page(client).xpath("//main/section/@class")
    assert home == ["hero hero--text", "section section--start", "section", "section about-band"]


@pytest.mark.usefixtures("site")
def test_menus_and_the_footer_link_to_the_exercises_once_one_is_published(client: Client) -> None:
    exercise = make_exercise(status="draft")
    assert all("Exercises" not in link_titles(client, area) for area in ("main-menu", "mobile-menu", "footer"))
    exercise.status = "published"
    exercise.save()
    assert link_titles(client, "main-menu")[5:8] == ["Learning", "Exercises", "About me"]
    assert "Exercises" in link_titles(client, "mobile-menu")
    assert link_titles(client, "footer")[:6] == ["All posts", "Pain", "Sports", "Health", "Learning", "Exercises"]
    make_block("top-bar", "exercises", title="Moves")
    assert load_page(client).xpath("//div[@class='topbar']//a[.='Moves']/@href") == ["/exercises/"]


@pytest.mark.usefixtures("site")
def test_blocks_are_shown_in_the_authors_order_without_hidden_ones(client: Client) -> None:
    for block_type in ("archives", "search", "categories"):
        make_block("sidebar", block_type)
    assert widget_titles(client) == ["Archives", "Search", "Categories"]
    Block.objects.filter(block_type="search").update(is_shown=False)
    assert widget_titles(client) == ["Archives", "Categories"]
    assert widget_titles(client, "/the-knee/") == ["Archives", "Categories"]


@pytest.mark.usefixtures("site")
def test_other_areas_keep_their_default_and_the_mobile_menu_follows_the_main_menu(client: Client) -> None:
    make_block("main-menu", title="Start", url="/")
    assert link_titles(client, "main-menu") == ["Start"]
    assert link_titles(client, "mobile-menu") == ["Start"]
    assert link_titles(client, "top-bar") == ["Pain", "Sports", "Health"]


@pytest.mark.usefixtures("site")
def test_a_link_shows_its_title_or_the_title_of_its_target_and_follows_renames(client: Client) -> None:
    page, category, post = Page.objects.get(role="about"), Category.objects.get(name="Pain"), Post.objects.get()
    for fields in ({"page": page}, {"category": category}, {"post": post, "title": "Knees"}):
        make_block("main-menu", **fields)
    assert link_titles(client, "main-menu") == ["About me", "Pain", "Knees"]
    page.slug, category.name = "who", "Aches"
    page.save()
    category.save()
    links = load_page(client).xpath(LINKS["main-menu"])
    assert [link.get("href") for link in links] == ["/who/", "/category/pain/", "/the-knee/"]
    assert links[1].text == "Aches"


REMOVALS: dict[str, Any] = {
    "draft": lambda target: type(target).objects.update(status="draft"),
    "scheduled": lambda target: type(target).objects.update(published_at=timezone.now() + timedelta(days=1)),
    "trashed": lambda target: type(target).objects.update(trashed_at=timezone.now()),
    "deleted": lambda target: target.delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("make", [make_page, make_post])
@pytest.mark.parametrize("removal", REMOVALS)
def test_a_page_or_post_that_visitors_cannot_see_is_not_linked(client: Client, make: Any, removal: str) -> None:
    target = make(title="Target")
    field = {"page" if isinstance(target, Page) else "post": target}
    heading = make_block("footer", "heading", title="Alone")
    make_block("footer", parent=heading, **field)
    for area in ("top-bar", "main-menu"):
        make_block(area, **field)
    make_block("main-menu", title="Home", url="/")
    assert [link_titles(client, area) for area in LINKS] == [
        ["Target"],
        ["Target", "Home"],
        ["Target", "Home"],
        ["Target"],
    ]
    REMOVALS[removal](target)
    page = load_page(client)
    assert [page.xpath(path + "/text()") for path in LINKS.values()] == [[], ["Home"], ["Home"], []]
    assert "Alone" not in page.text_content()
    assert not page.xpath("//div[@class='topbar']")


@pytest.mark.django_db
def test_deleting_a_category_deletes_links_to_it(client: Client) -> None:
    category = make_category(name="Target")
    make_block("main-menu", category=category)
    make_block("main-menu", title="Home", url="/")
    assert link_titles(client, "main-menu") == ["Target", "Home"]
    category.delete()
    assert link_titles(client, "main-menu") == ["Home"]


@pytest.mark.usefixtures("site")
def test_a_dropdown_with_one_link_becomes_a_plain_link_and_an_empty_one_is_omitted(client: Client) -> None:
    make_block("main-menu", "heading", title="Empty")
    one = make_block("main-menu", "heading", title="One")
    two = make_block("main-menu", "heading", title="Two")
    make_block("main-menu", parent=one, title="Home", url="/")
    for title in ("First", "Second"):
        make_block("main-menu", parent=two, title=title, url=f"https://{title}.example/")
    assert link_titles(client, "main-menu") == ["Home", "First", "Second"]
    assert [each.text.strip() for each in load_page(client).xpath("//ul[@class='menu']//summary")] == ["Two"]


@pytest.mark.usefixtures("site")
def test_the_heading_of_the_current_section_is_marked(client: Client) -> None:
    def marked(path: str) -> list[str]:
        found = load_page(client, path).xpath("//ul[@class='menu']//summary[@aria-current]")
        return [each.text_content().strip() for each in found]

    assert {path: marked(path) for path in ("/", "/the-knee/", "/about/services/", "/author/sam/", "/contact/")} == {
        "/": [],
        "/the-knee/": ["Blog"],
        "/about/services/": ["About"],
        "/author/sam/": ["About"],
        "/contact/": ["About"],
    }


@pytest.mark.django_db
def test_blocks_that_cannot_be_nested_are_rejected() -> None:
    top = make_block("main-menu", "heading", title="Top")
    with pytest.raises(ValidationError, match="cannot be placed under another heading"):
        Block(area="main-menu", block_type="heading", title="Below", parent=top).full_clean()
    link = make_block("main-menu", title="Home", url="/", parent=top)
    with pytest.raises(ValidationError, match="under a heading in the same area"):
        Block(area="main-menu", block_type="link", title="Below", url="/", parent=link).full_clean()
    with pytest.raises(ValidationError, match="only links can"):
        Block(area="main-menu", block_type="search", parent=top).full_clean()


@pytest.mark.django_db
def test_a_block_type_must_be_allowed_in_the_area_and_most_types_are_unique_there() -> None:
    with pytest.raises(ValidationError, match="cannot be added to this area: Top bar"):
        Block(area="top-bar", block_type="archives").full_clean()
    make_block("sidebar", "archives")
    with pytest.raises(ValidationError, match="already has “Archives”"):
        Block(area="sidebar", block_type="archives").full_clean()
    Block(area="footer", block_type="archives").full_clean()


@pytest.mark.django_db
def test_the_database_requires_exactly_one_link_target() -> None:
    page, category, post = make_page(), make_category(), make_post()
    valid: tuple[dict[str, Any], ...] = ({"page": page}, {"category": category}, {"post": post}, {"url": "/"})
    for fields in valid:
        Block.objects.create(area="footer", block_type="link", **fields)
    Block.objects.create(area="footer", block_type="image", image=make_image())
    invalid: tuple[dict[str, Any], ...] = ({}, {"page": page, "post": post}, {"category": category, "url": "/"})
    for fields in invalid:
        with pytest.raises(IntegrityError), transaction.atomic():
            Block.objects.create(area="footer", block_type="link", **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Block.objects.create(area="footer", block_type="image", page=page, post=post)


@pytest.mark.django_db
@pytest.mark.parametrize("is_full", [False, True])
def test_every_block_type_renders_with_and_without_content(client: Client, is_full: bool) -> None:
    if is_full:
        site = SiteInfo.objects.create(name="Move Better", help_line="Call now.")
        SocialLink.objects.create(site=site, network="x", url="https://social.example.com/me")
        image = make_image()
        author = make_author(portrait=image)
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
        page = load_page(client, path)
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids))
        assert set(page.xpath("//@aria-labelledby")) <= set(ids)
        assert len(page.findall(".//h1")) == 1
        for tag in ("h2", "h3", "ul", "nav", "section", "p"):
            assert [each for each in page.iter(tag) if not each.text_content().strip() and not each.xpath(".//a")] == []
        assert page.xpath("count(//strong[.='words'])") == (1 if path == "/nothing/" else 2)


@pytest.mark.usefixtures("site")
def test_customized_areas_need_no_more_queries_than_default_ones(client: Client) -> None:
    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = ("/", "/blog/", "/the-knee/", "/privacy/")
    default = [count(path) for path in paths]
    post, page, category = Post.objects.get(), Page.objects.get(role="about"), Category.objects.all()[0]
    for number in range(10):
        for area in ("top-bar", "main-menu", "footer"):
            heading = None if area == "top-bar" else make_block(area, "heading", title=f"Heading {number}")
            for target in ({"post": post}, {"page": page}, {"category": category}, {"title": "Away", "url": "/"}):
                make_block(area, parent=heading, **target)
    for block_type in ("categories", "archives", "author", "social-links"):
        make_block("sidebar", block_type)
    for block_type in ("latest-posts", "hero", "starting-points"):
        make_block("home", block_type)
    assert [count(path) for path in paths] <= default


@pytest.mark.usefixtures("site")
def test_a_home_page_without_a_hero_has_a_heading_and_an_empty_sidebar_is_omitted(client: Client) -> None:
    make_block("home", "about")
    make_block("sidebar", "search", is_shown=False)
    assert load_page(client).xpath("//h1/text()") == ["Move Better"]
    page = load_page(client, "/blog/")
    assert not page.xpath("//aside")
    assert "#sidebar" not in page.xpath("//a/@href")


@pytest.mark.usefixtures("site")
def test_a_block_of_an_unknown_type_is_preserved_but_not_shown(client: Client) -> None:
    make_block("sidebar", "unknown")
    make_block("sidebar", "search")
    assert widget_titles(client) == ["Search"]
    assert str(Block.objects.get(block_type="unknown")) == "unknown"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_pages_with_every_block_type_are_accessible_and_fit_the_screen(
    page: BrowserPage, site: None, width: int, scheme: Any
) -> None:
    for _ in range(3):
        make_post(categories=[make_category(image=make_image())], featured_image=make_image(), is_featured=True)
    fill_every_area()
    Block.objects.filter(block_type="starting-points").update(max_items=4)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for path in ("/", "/the-knee/", "/blog/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert violations(page) == [], path
