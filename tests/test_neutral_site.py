"""A site that is not the demo shows nothing of the demo: its name, its mark, its drawings, its texts."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page as BrowserPage

from blog.models import Post
from pages.models import Page
from siteinfo.models import Appearance, SiteInfo
from tests.example_site import get_page, parse_page
from tests.factories import make_author, make_category, make_image, make_page, make_post, make_posts
from tests.wordpress.exports import HEAD, TAIL, item

pytestmark = pytest.mark.django_db

DEMO: dict[str, Any] = tomllib.loads((settings.BASE_DIR / "blog/demo/site.toml").read_text(encoding="utf-8"))
DRAWINGS = ("img/hero", "img/letter", "img/reach", "sprite.svg#mark", "eucalyptus", "protractor")
TEXTS = (
    *(DEMO["site"][name] for name in ("name", "tagline", "description", "email", "hero_text", "footer_note")),
    *(DEMO["author"]["short_bio"], *(name for category in DEMO["category"] if " " in (name := category["name"]))),
    *("knee, desk", "a stretch too far", "body part"),
)
MAX_PAGES = 150


def _crawl(client: Client, start: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every page that can be reached from `start` by links."""
    waiting, seen = [start], {start}
    while waiting and len(seen) < MAX_PAGES:
        path = waiting.pop(0)
        response = client.get(path)
        if "text/html" not in response.headers.get("Content-Type", "") or response.streaming:
            continue
        yield path, response.text
        for href in parse_page(response).xpath("//a/@href"):
            target = urldefrag(urljoin(f"http://testserver{path}", href)).url.removeprefix("http://testserver")
            if target.startswith("/") and not target.startswith("/admin") and target not in seen:
                seen.add(target)
                waiting.append(target)


@pytest.fixture
def imported(tmp_path: Path, client: Client) -> dict[str, str]:
    """Return the pages of a site that was imported from WordPress, with its error pages."""
    path = tmp_path / "export.xml"
    path.write_text(HEAD + "".join(item(number) for number in range(1, 25)) + TAIL, encoding="utf-8")
    call_command("import_wordpress", str(path), verbosity=0)
    call_command("create_starter_pages", verbosity=0)
    pages = dict(_crawl(client, "/"))
    return pages | {name: client.get(name).text for name in ("/nothing/", "/feed/", "/newsletter/", "/search/?q=xyzzy")}


def test_no_page_of_an_imported_site_shows_anything_of_the_demo(imported: dict[str, str]) -> None:
    assert len(imported) > 30
    found = [(path, trace) for path, page in imported.items() for trace in (*DRAWINGS, *TEXTS) if trace in page]
    assert found == []


def test_no_page_of_a_new_site_shows_anything_of_the_demo(client: Client) -> None:
    call_command("create_starter_pages", verbosity=0)
    for page in Page.objects.all():
        page.publish(timezone.now())
        page.save()
    pages = dict(_crawl(client, "/")) | {"/nothing/": client.get("/nothing/").text}
    assert len(pages) > 8
    assert [(path, trace) for path, page in pages.items() for trace in (*DRAWINGS, *TEXTS) if trace in page] == []


def test_the_demo_has_its_drawings(client: Client) -> None:
    call_command("seed_demo", verbosity=0)
    page = client.get("/").text
    assert all(name in page for name in ("img/hero", "img/letter", "sprite.svg#mark"))
    assert "img/reach" in client.get("/nothing/").text


def test_an_imported_site_takes_its_name_and_tagline_from_the_export(tmp_path: Path, client: Client) -> None:
    path = tmp_path / "export.xml"
    head = HEAD.replace("</title>", "</title><description>Less ache, more walks</description>", 1)
    path.write_text(head + item(1) + TAIL, encoding="utf-8")
    call_command("import_wordpress", str(path), verbosity=0)
    page = get_page(client, "/")
    assert page.findtext(".//h1") == "Less ache, more walks"
    assert page.xpath("//*[@class='brand-tagline']")[0].text == "Less ache, more walks"


def test_icon_of_a_site_without_one_is_the_initial_of_its_name_in_its_color(client: Client) -> None:
    initial = client.get("/icon.png").content
    Appearance.objects.create(pk=1, main_color="#224f9c")
    colored = client.get("/icon.png").content
    Appearance.objects.update(has_drawings=True)
    assert len({initial, colored, client.get("/icon.png").content}) == 3


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_scale_behind_headings_belongs_to_the_drawings(page: BrowserPage) -> None:
    make_post(slug="knees", featured_image=make_image())
    page.set_viewport_size({"width": 1280, "height": 900})
    list_scale = "() => getComputedStyle(document.querySelector('.list-head')).backgroundImage"
    post_scale = "() => getComputedStyle(document.querySelector('.post-head figure'), '::before').content"
    page.goto("/blog/")
    assert page.evaluate(list_scale) == "none"
    page.goto("/knees/")
    assert page.evaluate(post_scale) == "none"
    Appearance.objects.create(has_drawings=True)
    page.goto("/blog/")
    assert "scale-on-paper" in page.evaluate(list_scale)
    page.goto("/knees/")
    assert page.evaluate(post_scale) == '""'


def test_lists_show_an_image_a_cover_or_only_text(client: Client, imported: dict[str, str]) -> None:
    with_image, without = Post.objects.published().newest_first()[:2]
    with_image.featured_image = make_image()
    with_image.save()

    def entries() -> dict[str, Any]:
        page = get_page(client, "/blog/")
        return {each.findtext(".//h2/a"): each for each in page.xpath("//article")}

    assert entries()[with_image.title].xpath(".//img")
    assert not entries()[without.title].xpath(".//img")
    assert "entry--text" in entries()[without.title].get("class")
    Appearance.objects.create(pk=1, covers="drawn")
    (cover,) = entries()[without.title].xpath(".//img")
    assert cover.get("alt") == ""
    response = client.get(cover.get("src"))
    assert response.headers["Content-Type"] == "image/png"


def test_menus_and_start_begin_with_the_categories_that_have_the_most_posts(client: Client) -> None:
    small, large, empty = (make_category(name=name) for name in ("Ankle", "Zebra", "Breath"))
    default = make_category(name="Uncategorized", slug="uncategorized")
    make_posts(5, categories=[default], tags=[])
    make_posts(3, categories=[large], tags=[])
    make_posts(1, categories=[small], tags=[])

    def names(xpath: str) -> list[str]:
        return [each.text_content().strip() for each in get_page(client, "/").xpath(xpath)]

    assert names("//div[@class='topbar']//nav//a") == ["Zebra", "Ankle", "Breath"]
    assert names("//li[@class='category-card']//h3") == ["Zebra", "Ankle", "Uncategorized"]
    empty.position = 1
    empty.save()
    assert names("//div[@class='topbar']//nav//a") == ["Breath", "Zebra", "Ankle"]
    assert names("//li[@class='category-card']//h3") == ["Breath", "Zebra", "Ankle"]


def test_blocks_about_an_author_need_a_portrait_or_a_bio(client: Client) -> None:
    author = make_author(name="Guest author")
    post = make_post(author=author)
    about = (
        "//*[contains(@class, 'about-band') or contains(@class, 'widget--author') or contains(@class, 'author-box')]"
    )

    def blocks(path: str) -> int:
        return len(get_page(client, path).xpath(about))

    assert (blocks("/"), blocks(post.get_absolute_url())) == (0, 0)
    author.short_bio = "Helps people move."
    author.save()
    assert (blocks("/"), blocks(post.get_absolute_url())) == (1, 2)


def test_a_page_to_book_a_call_is_linked_and_nothing_is_loaded_from_it(client: Client) -> None:
    make_page(slug="services", role="services")
    SiteInfo.objects.create(name="Move", booking_url="https://www.calendar.example/sam")
    for path in ("/services/", "/contact/"):
        page = get_page(client, path)
        (link,) = page.xpath("//section[@class='booking']//a")
        assert link.get("href") == "https://www.calendar.example/sam"
        assert "calendar.example" in page.xpath("//section[@class='booking']")[0].text_content()
        assert not page.xpath("//*[contains(@src, 'calendar.example')]")
        assert "calendar.example" not in " ".join(page.xpath("//link/@href"))
    assert '"ReserveAction"' in client.get("/services/").text
    with pytest.raises(ValidationError):
        SiteInfo(name="Move", booking_url="http://calendar.example/").full_clean()


def test_the_sidebar_offers_to_connect_only_where_there_is_a_profile_or_an_email(client: Client) -> None:
    make_post()
    site = SiteInfo.objects.create(name="Move Better")
    connect = "//aside//ul[@class='socials']"
    assert not get_page(client, "/blog/").xpath(connect)
    site.email = "hello@example.com"
    site.save()
    assert get_page(client, "/blog/").xpath(connect)
