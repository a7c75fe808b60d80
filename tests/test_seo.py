"""SEO metadata: titles, descriptions, canonical URLs, Open Graph images, robots and sitemaps."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from lxml import etree
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from blog.models import Post
from images import og_images
from images.drawings import SHARE, Drawing
from siteinfo.models import Appearance, SiteInfo
from siteinfo.robots import ANSWER_AGENTS, TRAINING_AGENTS
from siteinfo.seo import DESCRIPTION_LIMIT, truncate
from tests.example_site import HOST, PUBLIC_PATHS, get_page, make_example_site, meta, parse_page
from tests.factories import make_image, make_page, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def sitemap_urls(client: Client, path: str) -> list[str]:
    """Return the URLs in a sitemap or sitemap index."""
    root = etree.fromstring(client.get(path).content)
    return [
        str(loc.text) for each in root for loc in each.iterchildren("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]


def test_titles_descriptions_and_canonical_urls_are_unique(
    public_pages: dict[str, Any],
) -> None:
    seen: dict[str, list[str]] = {"title": [], "description": [], "url": []}
    for path in PUBLIC_PATHS:
        page = parse_page(public_pages[path])
        (title,), (description,) = page.xpath("//title/text()"), meta(page, "description")
        (url,) = page.xpath("//link[@rel='canonical']/@href")
        assert url == f"{HOST}{path}"
        assert 10 <= len(description) <= DESCRIPTION_LIMIT
        assert meta(page, "robots") == ["max-image-preview:large"]
        assert len(page.xpath("//h1")) == 1
        for name, value in zip(seen, (title, description, url), strict=True):
            seen[name].append(value)
    for found in seen.values():
        assert len(set(found)) == len(PUBLIC_PATHS), found


@pytest.mark.slow
def test_every_url_in_the_demo_sitemap_works_and_has_a_unique_description(client: Client) -> None:
    call_command("seed_demo", verbosity=0)
    urls = [url for part in sitemap_urls(client, "/sitemap.xml") for url in sitemap_urls(client, part)]
    assert len(urls) > 30
    descriptions = set()
    for url in urls:
        page = get_page(client, url.removeprefix(HOST))
        assert page.xpath("//link[@rel='canonical']/@href") == [url]
        assert len(page.xpath("//title")) == len(page.xpath("//h1")) == 1
        descriptions.update(meta(page, "description"))
    assert len(descriptions) == len(set(urls)) == len(urls)


def test_a_later_page_of_a_list_has_its_own_title_description_and_canonical_url(client: Client) -> None:
    make_example_site()
    page = get_page(client, "/blog/?page=2&utm_source=x")
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{HOST}/blog/?page=2"]
    assert "page 2" in page.findtext(".//title")
    assert meta(page, "description")[0].startswith("Page 2: ")


def test_seo_fields_override_the_title_and_excerpt(client: Client) -> None:
    make_post(
        slug="a", title="A", seo_title="Knees | for all", seo_description="Written for them.", excerpt="Not this."
    )
    page = get_page(client, "/a/")
    assert page.findtext(".//title") == "Knees | for all"
    assert meta(page, "description") == meta(page, "og:description") == ["Written for them."]
    assert meta(page, "og:title") == ["A"]


def test_the_description_defaults_to_the_excerpt_or_the_truncated_body(client: Client) -> None:
    make_post(slug="a", title="A", excerpt="In short.")
    make_post(slug="b", title="B", body="<p>" + "Some words. " * 40 + "</p>")
    assert meta(get_page(client, "/a/"), "description") == ["In short."]
    (description,) = meta(get_page(client, "/b/"), "description")
    assert description.endswith(("Some…", "words…"))
    assert 140 < len(description) <= DESCRIPTION_LIMIT


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("One two", "One two"),
        (" a\n b ", "a b"),
        ("word " * 9, "word word word…"),
        ("x" * 30, "x" * 19 + "…"),
        ("", ""),
    ],
)
def test_truncate_returns_one_line_within_the_limit(text: str, short: str) -> None:
    assert truncate(text, 20) == short


def test_a_post_first_published_elsewhere_links_to_the_original_and_is_not_in_the_sitemap(client: Client) -> None:
    make_post(slug="guest", canonical_url="https://journal.example/knees")
    assert get_page(client, "/guest/").xpath("//link[@rel='canonical']/@href") == ["https://journal.example/knees"]
    assert b"/guest/" not in client.get("/sitemap-posts.xml").content


def test_a_post_hidden_from_search_engines_stays_on_the_site(client: Client) -> None:
    make_post(slug="quiet", hides_from_search=True)
    assert meta(get_page(client, "/quiet/"), "robots") == ["noindex"]
    assert b"/quiet/" not in client.get("/sitemap-posts.xml").content
    assert b"/quiet/" in client.get("/blog/").content


def test_a_tag_with_only_one_post_is_not_indexed(client: Client) -> None:
    make_post(tags=["Rare", "Common"])
    make_post(tags=["Common"])
    make_post(tags=["Rare"], status=Post.Status.DRAFT)
    assert meta(get_page(client, "/tag/rare/"), "robots") == ["noindex"]
    assert meta(get_page(client, "/tag/common/"), "robots") == ["max-image-preview:large"]
    assert sitemap_urls(client, "/sitemap-tags.xml") == [f"{HOST}/tag/common/"]


def test_a_draft_has_no_canonical_url_and_no_structured_data(admin_client: Client) -> None:
    make_post(slug="draft", status=Post.Status.DRAFT, published_at=None)
    page = get_page(admin_client, "/draft/")
    assert meta(page, "robots") == ["noindex"]
    assert not page.xpath("//link[@rel='canonical'] | //script[@type='application/ld+json']")
    assert not meta(page, "og:url")


def test_every_page_has_an_og_image_of_the_declared_size(client: Client) -> None:
    make_example_site()
    for path in PUBLIC_PATHS:
        page = get_page(client, path)
        (url,), (width,), (height,) = (meta(page, f"og:image{part}") for part in ("", ":width", ":height"))
        assert url.startswith(f"{HOST}/")
        assert meta(page, "og:image:alt")[0]
        assert meta(page, "twitter:card") == ["summary_large_image"]
        response = client.get(url)
        assert response.status_code == 200
        assert "immutable" in response["Cache-Control"]
        content = response.getvalue()
        assert Pillow.open(BytesIO(content)).size == (int(width), int(height))
        assert len(content) < 100_000


def test_the_og_image_of_a_post_is_its_featured_image(client: Client) -> None:
    image = make_image(alt="A stair")
    make_post(slug="a", featured_image=image)
    page = get_page(client, "/a/")
    assert meta(page, "og:image") == [f"{HOST}{image.file.url}"]
    assert meta(page, "og:image:alt") == ["A stair"]


def test_a_generated_image_is_drawn_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = og_images.og_image("Knees", "Site", Appearance()).url
    assert client.get(url).status_code == 200
    monkeypatch.setattr(og_images, "draw", lambda *args: pytest.fail("drawn again"))
    assert client.get(url).status_code == 200
    assert len(default_storage.listdir("share")[1]) == 1


def test_an_image_url_with_a_forged_signature_is_not_found(client: Client) -> None:
    token = (
        og_images.og_image("Knees", "Site", Appearance()).url.removeprefix(f"{HOST}/share/card-").removesuffix(".png")
    )
    for forged in (f"x{token}", token[:-1], "a:b", "%F0%9F", token.split(":")[0]):
        assert client.get(f"/share/card-{forged}.png").status_code == 404
    assert not default_storage.exists("share")


@pytest.mark.parametrize(
    "title",
    [
        "",
        " ",
        "K",
        "W" * 200,
        "word " * 40,
        "آلام الركبة عند صعود الدرج",
        "膝の痛み",
        "🙂🙂",
        "<b>&\u202e\x07",
        "Ångström – “fine”",
    ],
)
def test_any_title_can_be_drawn(title: str) -> None:
    assert og_images.draw(Drawing(SHARE, title, title[:80])).size == (1200, 630)


def test_robots_txt_disallows_the_admin_and_lists_the_sitemap(client: Client) -> None:
    assert client.get("/robots.txt").content.decode() == (
        f"User-agent: *\nDisallow: /admin/\nDisallow: /ads/\nDisallow: /go/\n\nSitemap: {HOST}/sitemap.xml\n"
    )


@pytest.mark.parametrize(
    ("field", "disallowed", "allowed"),
    [("disallow_ai_training", TRAINING_AGENTS, ANSWER_AGENTS), ("disallow_ai_answers", ANSWER_AGENTS, TRAINING_AGENTS)],
)
def test_each_ai_setting_disallows_its_own_crawlers(
    client: Client, field: str, disallowed: tuple[Any, ...], allowed: tuple[Any, ...]
) -> None:
    SiteInfo.objects.create(**{field: True})
    group = client.get("/robots.txt").content.decode().partition("Disallow: /\n")[0].splitlines()
    assert {agent.name for agent in disallowed} == {
        line.removeprefix("User-agent: ") for line in group if not line.startswith("#")
    }
    assert not {agent.name for agent in disallowed} & {agent.name for agent in allowed}


def test_a_hidden_site_is_noindex_on_every_page(client: Client) -> None:
    SiteInfo.objects.create(hides_from_search=True)
    make_post(slug="a")
    for path in ("/", "/blog/", "/a/"):
        assert meta(get_page(client, path), "robots") == ["noindex"]
    text = client.get("/robots.txt").content.decode()
    assert "Sitemap" not in text
    assert "Disallow: /\n" not in text  # crawlers must be allowed to read the noindex


def test_the_sitemap_of_posts_lists_their_images(client: Client) -> None:
    featured, inside = make_image(), make_image()
    make_post(slug="a", featured_image=featured, body=f'<figure><img data-image="{inside.pk}"></figure>')
    root = etree.fromstring(client.get("/sitemap-posts.xml").content)
    found = root.xpath("//i:loc/text()", namespaces={"i": "http://www.google.com/schemas/sitemap-image/1.1"})
    assert found == [f"{HOST}{image.file.url}" for image in (featured, inside)]
    assert root.xpath("//*[local-name()='lastmod']")


def test_the_sitemap_lists_published_pages_only(client: Client) -> None:
    make_page(slug="privacy-policy", role="privacy")
    text = client.get("/sitemap-pages.xml").content.decode()
    assert f"{HOST}/privacy-policy/" in text
    assert "/terms-of-use/" not in text


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_character_counter_and_the_search_preview_follow_typing(admin_page: Page) -> None:
    post = make_post(title="A calm knee", excerpt="In short.")
    admin_page.goto(f"/admin/blog/post/{post.pk}/change/")
    admin_page.locator("summary", has_text="Search engines").click()
    field, preview = admin_page.locator("#id_seo_title"), admin_page.locator("[data-search-preview]")
    counter = field.locator("xpath=following-sibling::output")
    expect(counter).to_have_text("Uses the title: 11 of 60 characters")
    expect(preview.locator("[data-title]")).to_have_text("A calm knee | My practice blog")
    field.fill("x" * 60)
    expect(counter).to_have_class("counter")
    field.press_sequentially("x")
    expect(counter).to_have_class("counter counter--off")
    expect(preview.locator("[data-title]")).to_have_text("x" * 60 + "x")
    admin_page.evaluate("document.querySelector('#id_excerpt').closest('details').open = true")
    admin_page.locator("#id_excerpt").fill("Other words.")
    expect(preview.locator("[data-description]").first).to_have_text("Other words.")
