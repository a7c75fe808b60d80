"""What all public pages have in common: a strict content policy, one canonical URL, a constant number of queries."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html

from accounts.models import Author
from blog.models import Category, Post
from richtext import references
from siteinfo.models import SiteInfo
from tests.example_site import BODY, PAGES, get_page, make_example_site, parse_page
from tests.factories import make_author, make_category, make_image, make_page, make_post

pytestmark = pytest.mark.any_database


def multiply(number: int) -> None:
    """Add `number` posts to every category, each with the featured image."""
    author, image, categories = (
        Author.objects.get(),
        Post.objects.get(slug="the-knee").featured_image,
        Category.objects.all(),
    )
    posts = [
        Post(
            title=f"Copy {index}",
            slug=f"copy-{index}",
            body=BODY.format(image.pk if image else 0),
            author=author,
            primary_category=categories[0],
            featured_image=image,
            status=Post.Status.PUBLISHED,
            published_at=timezone.now() - timedelta(days=2 + index),
        )
        for index in range(number)
    ]
    for post in posts:
        post.update_derived_fields()
    Post.objects.bulk_create(posts)
    through = Post.categories.through
    through.objects.bulk_create([through(post=post, category=each) for post in posts for each in categories])
    references.sync(posts)


def test_pages_have_no_inline_styles_or_scripts(public_pages: dict[str, Any], subtests: pytest.Subtests) -> None:
    for path, response in public_pages.items():
        with subtests.test(path=path):
            page = parse_page(response)
            assert page.xpath("//link[@rel='stylesheet']")
            assert not page.xpath("//style | //@style | //script[not(@src)][not(@type='application/ld+json')]")
            assert not page.xpath("//@*[starts-with(name(), 'on')]")
            assert not [href for href in page.xpath("//@href") if href.startswith("javascript:")]


def test_pages_load_nothing_from_other_hosts_and_set_no_cookies(
    public_pages: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, response in public_pages.items():
        with subtests.test(path=path):
            page = parse_page(response)
            srcset_urls = [part.split()[0] for value in page.xpath("//@srcset") for part in value.split(",")]
            fetched = (
                page.xpath("//@src | //link[not(@rel='canonical')]/@href | //*[local-name()='use']/@href") + srcset_urls
            )
            assert len(fetched) > 5
            assert {urlsplit(urljoin("http://testserver/", url)).netloc for url in fetched} == {"testserver"}
            assert not response.cookies


def test_pages_have_one_title_one_h1_and_one_canonical_url(
    public_pages: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, response in public_pages.items():
        with subtests.test(path=path):
            page = parse_page(response)
            assert len(page.xpath("//title[normalize-space()]")) == len(page.xpath("//h1[normalize-space()]")) == 1
            assert page.xpath("//link[@rel='canonical']/@href") == [f"http://testserver{path}"]
            assert page.xpath("//meta[@property='og:url']/@content") == [f"http://testserver{path}"]
            assert page.get("lang") == "en-us"


def test_ids_are_unique_and_fragment_links_and_labels_resolve(
    public_pages: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, response in public_pages.items():
        with subtests.test(path=path):
            page = parse_page(response)
            ids = page.xpath("//@id")
            inside = {href[1:] for href in page.xpath("//a/@href") if href.startswith("#")}
            referenced = {name for names in page.xpath("//@aria-labelledby | //label/@for") for name in names.split()}
            assert len(ids) == len(set(ids))
            assert {"navigation", "main", "footer"} <= inside
            assert inside | referenced <= set(ids)


def test_every_image_has_dimensions_and_an_alt_attribute(
    public_pages: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for path, response in public_pages.items():
        with subtests.test(path=path):
            page = parse_page(response)
            assert all({"alt", "width", "height"} <= set(image.keys()) for image in page.iter("img"))
            assert len(page.xpath("//img[@fetchpriority='high']")) <= 1


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_blog(client: Client) -> None:
    make_example_site()

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    count(PAGES["home"])  # the hosts of affiliate programs are cached for a minute
    with_twelve = {name: count(path) for name, path in PAGES.items()}
    multiply(108)
    assert {name: count(path) for name, path in PAGES.items()} == with_twelve


@pytest.mark.django_db
def test_the_404_page_offers_a_search_categories_and_posts(client: Client) -> None:
    make_example_site()
    page = get_page(client, "/no-such-post/", status=404)
    inside = page.find(".//main")
    assert inside.xpath(".//form[@role='search']/@action") == ["/search/"]
    assert "/category/pain/" in inside.xpath(".//a/@href")
    assert len(inside.findall(".//article")) == 3
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not page.xpath("//link[@rel='canonical']")
    assert not page.xpath("//*[@aria-current]")


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/blog/", 200), ("/nothing/", 404)])
def test_a_site_without_content_renders_without_empty_elements(client: Client, path: str, status: int) -> None:
    page = get_page(client, path, status)
    assert page.xpath("//h1[normalize-space()]")
    assert "My practice blog" in page.findtext(".//title")
    for tag in ("h2", "h3", "ul", "ol", "section", "nav", "p", "title"):
        assert not [each for each in page.iter(tag) if not each.text_content().strip() and not each.xpath(".//svg")]
    assert "None" not in page.text_content()


@pytest.mark.django_db
def test_a_minimal_post_and_an_empty_category_render_without_empty_elements(client: Client) -> None:
    make_post(slug="bare", body="", author=make_author(slug="bare"))
    make_category(slug="bare")
    for path in ("/bare/", "/category/bare/", "/author/bare/", "/"):
        page = get_page(client, path)
        assert not [
            each for each in page.iter("h2", "p", "ul") if not each.text_content().strip() and not each.xpath(".//svg")
        ]
        (og_image,) = page.xpath("//meta[@property='og:image']/@content")
        assert og_image.startswith("http://testserver/share/")


@pytest.mark.django_db
@pytest.mark.parametrize("page_name", ["post", "second page", "author", "home"])
def test_the_menu_marks_the_current_section(client: Client, page_name: str) -> None:
    make_example_site()
    page = get_page(client, PAGES[page_name])
    (marked,) = page.xpath(
        "//ul[@class='menu']/li/*[@aria-current] | //ul[@class='menu']/li/details/summary[@aria-current]"
    )
    expected = {"post": "Blog", "second page": "Blog", "author": "About", "home": "Home"}
    assert marked.text_content().strip() == expected[page_name]


@pytest.mark.django_db
def test_the_home_page_shows_the_help_line_and_the_featured_post_first(client: Client) -> None:
    make_example_site()
    make_post(title="Read this first", is_featured=True, published_at=timezone.now() - timedelta(days=90))
    assert not get_page(client, "/").xpath("//section[@class='help-line']")
    SiteInfo.objects.update(help_line="Chest pain? Call now.")
    make_page(slug="disclaimers", role="disclaimers")
    page = get_page(client, "/")
    (line,) = page.xpath("//section[@class='help-line']")
    assert "Chest pain? Call now." in line.text_content()
    assert line.xpath(".//a/@href") == ["/disclaimers/"]
    assert page.xpath("//article")[0].findtext(".//h3/a") == "Read this first"


@pytest.mark.django_db
def test_social_profiles_are_labeled_and_in_the_chosen_order(client: Client) -> None:
    make_example_site()
    names = get_page(client, "/").xpath("//div[@class='topbar']//ul[@class='socials']//a/@aria-label")
    assert names == ["Facebook", "X", "Email"]


@pytest.mark.django_db
def test_a_post_shows_its_contents_summary_disclaimer_byline_and_tags(client: Client) -> None:
    make_example_site()
    page = get_page(client, "/the-knee/")
    assert [link.text for link in page.xpath("//details[@class='toc']//a")] == ["One", "Two", "Three"]
    assert [each.text for each in page.xpath("//section[@class='tldr']//li")] == ["Short.", "Shorter."]
    assert page.xpath("//p[@class='disclaimer']")[0].text_content().strip() == "Not advice."
    byline, more = page.xpath("//p[@class='byline']")
    assert [link.text for link in byline.xpath("a")] == ["Sam", "Pain", "Knee"]
    assert [link.text for link in more.xpath("a")] == ["Knee", "Runner’s knee", "Climb stairs"]
    assert {link.text for link in page.xpath("//a[@rel='tag']")} == {"Knee", "Stairs"}
    assert len(page.xpath("//section[@class='post-section']//article")) == 3


@pytest.mark.django_db
def test_a_post_without_main_headings_has_a_table_of_contents(client: Client) -> None:
    make_post(slug="early", body="<h3>One</h3><h3>Two</h3><h4>Half</h4><h3>Three</h3><p>Words.</p>")
    page = get_page(client, "/early/")
    assert [link.text for link in page.xpath("//details[@class='toc']//a")] == ["One", "Two", "Three"]
    assert [each.tag for each in page.xpath("//div[@class='prose']/*[@id]")] == ["h2", "h2", "h3", "h2"]


@pytest.mark.django_db
def test_a_post_with_two_headings_has_no_table_of_contents(client: Client) -> None:
    make_post(slug="short", body="<h2>One</h2><p>Words.</p><h2>Two</h2><p>Words.</p>")
    assert not get_page(client, "/short/").xpath("//*[contains(@class, 'toc')]")


@pytest.mark.django_db
def test_share_links_contain_the_url_title_and_image(client: Client) -> None:
    image = make_image()
    make_post(slug="shared", title="Knees & hips", featured_image=image)
    links = get_page(client, "/shared/").xpath("//section[@class='share']//a/@href")
    assert len(links) == 5
    assert all("http%3A%2F%2Ftestserver%2Fshared%2F" in link for link in links)
    pinterest = next(link for link in links if "pinterest" in link)
    assert "media=http%3A%2F%2Ftestserver%2Fmedia%2F" in pinterest
    assert pinterest.endswith("&description=Knees%20%26%20hips")


@pytest.mark.django_db
def test_the_sidebar_of_a_post_introduces_its_author(client: Client) -> None:
    make_author(name="First", position=1, short_bio="Knees.")
    make_post(slug="by-a-guest", author=make_author(name="Guest", position=2, short_bio="Hips."))
    assert get_page(client, "/by-a-guest/").findtext(".//*[@id='sidebar-author']") == "Meet Guest"
    assert get_page(client, "/blog/").findtext(".//*[@id='sidebar-author']") == "Meet First"


@pytest.mark.django_db
def test_the_archives_list_twelve_months_then_years_and_a_page_lists_all(client: Client) -> None:
    for months_ago in range(14):
        make_post(published_at=timezone.make_aware(datetime(2024, 12, 15)) - timedelta(days=30 * months_ago))
    section = get_page(client, "/blog/").xpath("//section[@aria-labelledby='sidebar-archives']")[0]
    months, years = section.xpath("./ul")
    assert len(months.xpath("./li")) == 12
    assert [link.get("href") for link in years.xpath(".//a")] == ["/2024/", "/2023/", "/blog/archive/"]
    page = get_page(client, "/blog/archive/")
    assert len(page.xpath("//main//section[@class='archive-year']//li")) == 14
    assert page.xpath("//main//section[@class='archive-year']/h2/a/text()") == ["2024", "2023"]


@pytest.mark.django_db
def test_the_archives_of_a_young_blog_list_months_only(client: Client) -> None:
    make_post()
    section = get_page(client, "/blog/").xpath("//section[@aria-labelledby='sidebar-archives']")[0]
    assert len(section.xpath("./ul")) == 1


@pytest.mark.django_db
def test_the_sidebar_lists_only_categories_with_posts(client: Client) -> None:
    full, _empty = make_category(name="Full"), make_category(name="Empty")
    make_post(categories=[full])
    section = get_page(client, "/blog/").xpath("//section[@aria-labelledby='sidebar-categories']")[0]
    assert section.xpath("normalize-space(./ul)") == "Full 1"


@pytest.mark.django_db
def test_a_draft_shows_a_banner_and_is_not_indexed(admin_client: Client) -> None:
    make_post(slug="draft", status=Post.Status.DRAFT, published_at=None)
    page = get_page(admin_client, "/draft/")
    assert page.xpath("//p[@class='banner']")[0].text_content().strip().startswith("Draft.")
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]


@pytest.mark.django_db
def test_a_scheduled_post_shows_its_publication_date(admin_client: Client) -> None:
    make_post(slug="soon", published_at=timezone.make_aware(datetime(2999, 5, 3, 10)))
    assert "May 3, 2999" in get_page(admin_client, "/soon/").xpath("//p[@class='banner']")[0].text_content()


@pytest.mark.django_db
def test_site_settings_are_escaped(client: Client) -> None:
    SiteInfo.objects.create(name="<b>Bold</b> move", tagline="<i>x</i>", hero_title="<script>*hi*</script>")
    page = get_page(client, "/")
    assert page.findtext(".//h1") == "<script>"
    assert page.findtext(".//h1/em") == "hi"
    assert page.findtext(".//a[@class='brand']//em") == "move"
    assert not page.xpath("//b | //i | //script[not(@src)][not(@type='application/ld+json')]")


@pytest.mark.django_db
def test_a_category_links_to_its_own_feed_and_the_sites(client: Client) -> None:
    make_example_site()
    feeds = get_page(client, "/category/pain/knee/").xpath("//link[@type='application/rss+xml']/@href")
    assert feeds == ["/feed/", "/category/pain/knee/feed/"]


@pytest.mark.parametrize("name", ["400.html", "403.html", "500.html"])
def test_an_error_page_needs_neither_database_nor_context(name: str) -> None:
    page = html.fromstring(render_to_string(name))
    assert page.findtext(".//title")
    assert page.xpath("//main//a/@href") == ["/", "/"]
