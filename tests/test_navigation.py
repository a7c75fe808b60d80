"""Menus, skip links, the theme switch and the copy button, by keyboard and mouse."""

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as BrowserPage
from pytest_django.live_server_helper import LiveServer

from blog.models import Post
from pages.models import Page
from siteinfo.models import SiteInfo
from tests.factories import make_author, make_category, make_post

pytestmark = pytest.mark.any_database

BODY = "<h2>One</h2><p>Words.</p>" * 3


@pytest.fixture
def post(db: None) -> Post:
    """Create a post on a site with both menus."""
    SiteInfo.objects.create(name="Move Better", email="hello@example.com")
    Page.objects.create(
        title="How I work",
        slug="how-i-work",
        role=Page.Role.EDITORIAL,
        show_in_menu=True,
        status=Page.Status.PUBLISHED,
        published_at=timezone.now(),
    )
    return make_post(
        slug="the-knee", body=BODY, author=make_author(name="Sam", slug="sam"), categories=[make_category(name="Pain")]
    )


def open_menus(page: BrowserPage) -> list[str]:
    """Return the names of the open menus."""
    return [name.strip() for name in page.locator("header details[open] > summary").all_inner_texts()]


def is_inside(page: BrowserPage, selector: str) -> bool:
    """Return whether the focus is within `selector`."""
    return bool(page.evaluate("(selector) => !!document.activeElement.closest(selector)", selector))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "has_sidebar"),
    [("/blog/", True), ("/the-knee/", True), ("/search/", True), ("/", False), ("/author/sam/", False)],
)
def test_only_pages_with_a_sidebar_have_a_skip_link_to_it(
    client: Client, post: Post, path: str, has_sidebar: bool
) -> None:
    page: HtmlElement = html.fromstring(client.get(path).content)
    skips = page.xpath("//a[@class='skip']/@href")
    assert skips == ["#navigation", "#main", *(["#sidebar"] if has_sidebar else []), "#footer"]
    assert len(page.xpath("//*[@id='sidebar']")) == has_sidebar


@pytest.mark.django_db
def test_the_navigation_landmarks_of_the_header_are_labeled(client: Client, post: Post) -> None:
    page: HtmlElement = html.fromstring(client.get("/").content)
    assert page.xpath("//header//nav/@aria-label") == ["Start here", "Main", "Menu"]
    assert page.xpath("//details[@class='mobile-menu']//form[@role='search']")
    assert page.xpath("//details[@class='mobile-menu']//ul[@class='socials']")


@pytest.mark.django_db
def test_menus_stay_short_on_a_site_with_many_categories(client: Client) -> None:
    for _ in range(20):
        make_category()
    page: HtmlElement = html.fromstring(client.get("/").content)
    assert len(page.xpath("//ul[@class='menu']//details//li")) == 9
    assert len(page.xpath("//footer//h2[.='On the blog']/following-sibling::ul/li")) == 9


@pytest.mark.django_db
def test_a_draft_has_no_share_links(admin_client: Client, post: Post) -> None:
    Post.objects.update(status=Post.Status.DRAFT)
    page: HtmlElement = html.fromstring(admin_client.get("/the-knee/").content)
    assert page.xpath("//h1")
    assert not page.xpath("//section[@class='share'] | //p[@class='print-source']")


@pytest.mark.browser
def test_menus_work_by_keyboard_and_only_one_is_open(page: BrowserPage, post: Post) -> None:
    page.goto("/the-knee/")
    blog = page.locator(".menu summary", has_text="Blog")
    blog.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="All posts").first).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "All posts"
    page.keyboard.press("Escape")
    expect(blog).to_be_focused()
    assert open_menus(page) == []
    blog.click()
    page.locator(".menu summary", has_text="About").click()
    assert open_menus(page) == ["About"]
    page.locator("h1").click()
    assert open_menus(page) == []
    blog.click()
    page.keyboard.press("Shift+Tab")
    assert open_menus(page) == []


@pytest.mark.browser
def test_the_menu_appears_whole_so_that_its_items_never_move(page: BrowserPage, post: Post) -> None:
    page.goto("/")
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_visible()
    # What a browser has when a page has arrived up to the second item.
    page.evaluate("""() => {
        document.querySelector("main").remove()
        document.querySelectorAll(".desktop-menu li:nth-child(n + 3)").forEach((item) => item.remove())
    }""")
    expect(page.locator(".desktop-menu")).to_be_hidden()


@pytest.mark.browser
def test_the_mobile_menu_traps_focus_until_it_is_closed(page: BrowserPage, post: Post) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/the-knee/")
    button = page.locator(".mobile-menu > summary")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_have_attribute("inert", "")
    stops = page.locator(".mobile-menu").locator("a, button, input").count()
    for step in range(stops + 2):
        page.keyboard.press("Tab")
        assert is_inside(page, ".mobile-menu"), step
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert is_inside(page, ".mobile-menu")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.locator("main")).not_to_have_attribute("inert", "")


@pytest.mark.browser
def test_each_skip_link_appears_on_focus_and_moves_it(page: BrowserPage, post: Post) -> None:
    for number, target in enumerate(("navigation", "main", "sidebar", "footer"), start=1):
        page.goto("/the-knee/")
        for _ in range(number):
            page.keyboard.press("Tab")
        expect(page.locator(f".skip[href='#{target}']")).to_be_in_viewport(ratio=1)
        page.keyboard.press("Enter")
        expect(page.locator(f"#{target}")).to_be_focused()


@pytest.mark.browser
def test_the_chosen_theme_applies_before_the_first_paint_without_a_cookie(page: BrowserPage, post: Post) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/the-knee/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("radio", name="Dark").check()
    dark = page.evaluate(background)
    assert light != dark
    page.add_init_script(
        "new MutationObserver((_, me) => { if (document.body) { window.first = document.documentElement.dataset.theme;"
        " me.disconnect(); } }).observe(document, {childList: true, subtree: true})"
    )
    page.goto("/blog/")
    assert page.evaluate("window.first") == "dark"
    assert page.evaluate(background) == dark
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="Match my device").check()
    assert page.evaluate(background) == light
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []


@pytest.mark.browser
def test_the_copy_button_copies_the_url_of_a_post(page: BrowserPage, post: Post, live_server: LiveServer) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/the-knee/")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".share [role=status]")).to_have_text("Link copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{live_server.url}/the-knee/"


@pytest.mark.browser
def test_without_javascript_menus_open_and_script_controls_are_hidden(
    browser: Browser, live_server: LiveServer, post: Post
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/the-knee/")
    page.locator(".menu summary", has_text="Blog").click()
    expect(page.get_by_role("link", name="All posts").first).to_be_visible()
    expect(page.get_by_text("Copy link")).to_be_hidden()
    expect(page.get_by_text("Match my device")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(".mobile-menu > summary").click()
    expect(page.locator(".mobile-menu").get_by_role("searchbox")).to_be_visible()
    context.close()


@pytest.mark.browser
def test_pages_fit_a_320_pixel_screen(page: BrowserPage, post: Post) -> None:
    cells = "<td>a value</td>" * 12
    make_post(
        slug="wide",
        title="Musculoskeletalrehabilitationconsiderations of a long word",
        body=f"<p>{'word' * 60}</p><table><tbody><tr>{cells}</tr></tbody></table><pre>{'code ' * 60}</pre>",
    )
    page.set_viewport_size({"width": 320, "height": 800})
    for path in ("/", "/blog/", "/wide/", "/search/?q=word"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    page.goto("/wide/")
    box = page.locator(".table-scroll")
    box.focus()
    expect(box).to_be_focused()
    assert box.evaluate("(box) => box.scrollWidth > box.clientWidth")
