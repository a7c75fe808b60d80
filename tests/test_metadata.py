"""What pages tell search engines and other sites: one true address, words of their own, a picture, one graph."""

import json
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from lxml import etree
from lxml.html import HtmlElement
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from blog.models import Post
from images import og_images
from siteinfo.models import SiteInfo, SocialLink
from siteinfo.robots import ANSWER_AGENTS, TRAINING_AGENTS
from siteinfo.seo import DESCRIPTION_LIMIT, truncate
from siteinfo.structured_data import json_ld_script, node
from tests.example_site import PUBLIC_PATHS, get_page, make_example_site, parse_page
from tests.factories import make_category, make_image, make_page, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
HOST = "http://testserver"


def meta(page: HtmlElement, name: str) -> list[str]:
    return page.xpath(f"//meta[@name='{name}' or @property='{name}']/@content")


def graph(page: HtmlElement) -> dict[str, dict[str, Any]]:
    """The page's nodes by their `@id`."""
    (text,) = page.xpath("//script[@type='application/ld+json']/text()")
    found = json.loads(text)
    assert found["@context"] == "https://schema.org"
    return {each["@id"]: each for each in found["@graph"]}


def locs(client: Client, path: str) -> list[str]:
    """The pages or parts that a map names."""
    root = etree.fromstring(client.get(path).content)
    return [
        str(loc.text) for each in root for loc in each.iterchildren("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]


def of_kind(page: HtmlElement, kind: str) -> dict[str, Any]:
    (found,) = [each for each in graph(page).values() if each["@type"] == kind]
    return found


def values(thing: Any) -> Iterator[Any]:
    yield thing
    for each in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ():
        yield from values(each)


def test_every_page_has_a_title_a_description_and_an_address_that_no_other_page_has(
    public_pages: dict[str, Any],
) -> None:
    seen: dict[str, list[str]] = {"title": [], "description": [], "address": []}
    for path in PUBLIC_PATHS:
        page = parse_page(public_pages[path])
        (title,), (description,) = page.xpath("//title/text()"), meta(page, "description")
        (address,) = page.xpath("//link[@rel='canonical']/@href")
        assert address == f"{HOST}{path}"
        assert 10 <= len(description) <= DESCRIPTION_LIMIT
        assert meta(page, "robots") == ["max-image-preview:large"]
        assert len(page.xpath("//h1")) == 1
        for name, value in zip(seen, (title, description, address), strict=True):
            seen[name].append(value)
    for found in seen.values():
        assert len(set(found)) == len(PUBLIC_PATHS), found


@pytest.mark.slow
def test_the_demo_has_no_two_pages_alike_and_every_address_on_its_map_answers(client: Client) -> None:
    call_command("seed_demo", verbosity=0)
    addresses = [address for part in locs(client, "/sitemap.xml") for address in locs(client, part)]
    assert len(addresses) > 30
    descriptions = set()
    for address in addresses:
        page = get_page(client, address.removeprefix(HOST))
        assert page.xpath("//link[@rel='canonical']/@href") == [address]
        assert len(page.xpath("//title")) == len(page.xpath("//h1")) == 1
        descriptions.update(meta(page, "description"))
    assert len(descriptions) == len(set(addresses)) == len(addresses)


def test_a_later_page_of_a_list_says_so_and_is_its_own_address(client: Client) -> None:
    make_example_site()
    page = get_page(client, "/blog/?page=2&utm_source=x")
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{HOST}/blog/?page=2"]
    assert "page 2" in page.findtext(".//title")
    assert meta(page, "description")[0].startswith("Page 2: ")


def test_words_written_for_search_engines_win(client: Client) -> None:
    make_post(
        slug="a", title="A", seo_title="Knees | for all", seo_description="Written for them.", excerpt="Not this."
    )
    page = get_page(client, "/a/")
    assert page.findtext(".//title") == "Knees | for all"
    assert meta(page, "description") == meta(page, "og:description") == ["Written for them."]
    assert meta(page, "og:title") == ["A"]


def test_without_them_the_excerpt_or_the_first_sentences_stand_in_cut_behind_a_word(client: Client) -> None:
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
def test_a_description_is_one_line_and_never_longer_than_allowed(text: str, short: str) -> None:
    assert truncate(text, 20) == short


def test_a_text_that_was_elsewhere_first_names_that_address_and_leaves_the_map(client: Client) -> None:
    make_post(slug="guest", canonical_url="https://journal.example/knees")
    assert get_page(client, "/guest/").xpath("//link[@rel='canonical']/@href") == ["https://journal.example/knees"]
    assert b"/guest/" not in client.get("/sitemap-posts.xml").content


def test_a_post_can_be_hidden_from_search_engines_and_stays_on_the_site(client: Client) -> None:
    make_post(slug="quiet", hides_from_search=True)
    assert meta(get_page(client, "/quiet/"), "robots") == ["noindex"]
    assert b"/quiet/" not in client.get("/sitemap-posts.xml").content
    assert b"/quiet/" in client.get("/blog/").content


def test_a_keyword_of_one_post_is_no_page_to_be_found(client: Client) -> None:
    make_post(tags=["Rare", "Common"])
    make_post(tags=["Common"])
    make_post(tags=["Rare"], status=Post.Status.DRAFT)
    assert meta(get_page(client, "/tag/rare/"), "robots") == ["noindex"]
    assert meta(get_page(client, "/tag/common/"), "robots") == ["max-image-preview:large"]
    assert locs(client, "/sitemap-tags.xml") == [f"{HOST}/tag/common/"]


def test_what_is_not_public_gives_away_neither_address_nor_facts(admin_client: Client) -> None:
    make_post(slug="draft", status=Post.Status.DRAFT, published_at=None)
    page = get_page(admin_client, "/draft/")
    assert meta(page, "robots") == ["noindex"]
    assert not page.xpath("//link[@rel='canonical'] | //script[@type='application/ld+json']")
    assert not meta(page, "og:url")


# ---- Pictures --------------------------------------------------------------------------------------


def test_every_page_has_a_picture_that_answers_with_the_size_it_claims(client: Client) -> None:
    make_example_site()
    for path in PUBLIC_PATHS:
        page = get_page(client, path)
        (address,), (width,), (height,) = (meta(page, f"og:image{part}") for part in ("", ":width", ":height"))
        assert address.startswith(f"{HOST}/")
        assert meta(page, "og:image:alt")[0]
        assert meta(page, "twitter:card") == ["summary_large_image"]
        response = client.get(address)
        assert response.status_code == 200
        assert "immutable" in response["Cache-Control"]
        content = response.getvalue()
        assert Pillow.open(BytesIO(content)).size == (int(width), int(height))
        assert len(content) < 100_000


def test_the_featured_picture_stands_for_a_post(client: Client) -> None:
    image = make_image(alt="A stair")
    make_post(slug="a", featured_image=image)
    page = get_page(client, "/a/")
    assert meta(page, "og:image") == [f"{HOST}{image.file.url}"]
    assert meta(page, "og:image:alt") == ["A stair"]


def test_a_card_is_drawn_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = og_images.og_image("Knees", "Site").url
    assert client.get(url).status_code == 200
    monkeypatch.setattr(og_images, "draw", lambda *args: pytest.fail("drawn again"))
    assert client.get(url).status_code == 200
    assert len(default_storage.listdir("share")[1]) == 1


def test_nobody_can_make_the_site_draw_other_words(client: Client) -> None:
    token = og_images.og_image("Knees", "Site").url.removeprefix(f"{HOST}/share/card-").removesuffix(".png")
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
    assert og_images.draw(title, title[:80]).size == (1200, 630)


# ---- The graph ------------------------------------------------------------------------------------------


def test_every_graph_is_one_in_which_every_name_leads_somewhere_and_nothing_is_empty(
    public_pages: dict[str, Any],
) -> None:
    for path in PUBLIC_PATHS:
        nodes = graph(parse_page(public_pages[path]))
        everything = list(values(list(nodes.values())))
        named = {each["@id"] for each in everything if isinstance(each, dict) and len(each) > 1 and "@id" in each}
        referred = {each["@id"] for each in everything if isinstance(each, dict) and set(each) == {"@id"}}
        assert referred
        assert referred <= named, path
        assert not [each for each in everything if each in (None, "", [], {})], path
        assert {"WebSite", "Person", "ImageObject"} <= {each["@type"] for each in nodes.values()}
        assert nodes[f"{HOST}{path}"]["isPartOf"] == {"@id": f"{HOST}/#website"}


def test_the_way_to_a_page_is_the_same_for_readers_and_machines(public_pages: dict[str, Any]) -> None:
    for path in PUBLIC_PATHS[1:]:
        page = parse_page(public_pages[path])
        seen = [step.text_content().strip() for step in page.xpath("//ol[@class='breadcrumbs']/li")]
        steps = of_kind(page, "BreadcrumbList")["itemListElement"]
        assert [step["name"] for step in steps] == seen
        links = page.xpath("//ol[@class='breadcrumbs']//a/@href")
        assert [step["item"] for step in steps][:-1] == [f"{HOST}{address}" for address in links]
        assert [step["position"] for step in steps] == list(range(1, len(seen) + 1))
        assert page.xpath("count(//ol[@class='breadcrumbs']//*[@aria-current='page'])") == 1
    home = parse_page(public_pages["/"])
    assert not home.xpath("//ol[@class='breadcrumbs']")
    assert "BreadcrumbList" not in [each["@type"] for each in graph(home).values()]


def test_the_way_to_a_post_leads_through_its_main_category(client: Client) -> None:
    pain = make_category(name="Pain", slug="pain")
    knee = make_category(name="Knee", slug="knee", parent=pain)
    make_post(slug="a", title="A", primary_category=knee, categories=[make_category(name="Other"), knee])
    steps = get_page(client, "/a/").xpath("//ol[@class='breadcrumbs']/li")
    assert [step.text_content().strip() for step in steps] == ["Home", "Blog", "Pain", "Knee", "A"]


def test_a_post_says_who_wrote_it_when_and_about_what(client: Client) -> None:
    make_example_site()
    Post.objects.filter(slug="the-knee").update(updated_on=date(2026, 3, 4))
    page = get_page(client, "/the-knee/")
    post, nodes = of_kind(page, "BlogPosting"), graph(page)
    assert post["headline"] == "The knee"
    assert nodes[post["author"]["@id"]]["name"] == nodes[post["publisher"]["@id"]]["name"] == "Sam"
    assert nodes[post["image"]["@id"]]["url"] == meta(page, "og:image")[0]
    assert nodes[post["mainEntityOfPage"]["@id"]]["mainEntity"] == {"@id": post["@id"]}
    assert post["datePublished"] == meta(page, "article:published_time")[0]
    assert post["dateModified"] == meta(page, "article:modified_time")[0] == "2026-03-04"
    assert post["articleSection"] == ["Pain"]
    assert sorted(post["keywords"]) == ["Knee", "Stairs"]
    assert post["wordCount"] > 3


def test_an_author_has_credentials_knowledge_and_profiles(client: Client) -> None:
    make_example_site()
    page = get_page(client, "/author/sam/")
    sam = of_kind(page, "Person")
    assert of_kind(page, "ProfilePage")["mainEntity"] == {"@id": sam["@id"]}
    assert sam["hasCredential"] == [
        {"@type": "EducationalOccupationalCredential", "name": "A degree", "dateCreated": "2012"}
    ]
    assert sam["knowsAbout"] == ["Knees"]
    assert sam["sameAs"] == [
        "https://register.example.com/sam",
        "https://social.example.com/us",
        "https://social.example.com/me",
    ]
    assert sam["image"]["url"].startswith(f"{HOST}/media/")


def test_a_practice_can_publish_the_site(client: Client) -> None:
    site = SiteInfo.objects.create(name="Move Better", published_by=SiteInfo.Publisher.PRACTICE)
    SocialLink.objects.create(site=site, network="x", url="https://social.example.com/me")
    make_post(slug="a")
    page = get_page(client, "/a/")
    practice = of_kind(page, "Organization")
    assert (
        of_kind(page, "WebSite")["publisher"] == of_kind(page, "BlogPosting")["publisher"] == {"@id": practice["@id"]}
    )
    assert practice["sameAs"] == ["https://social.example.com/me"]


def test_search_engines_learn_how_to_search_the_site(client: Client) -> None:
    action = of_kind(get_page(client, "/"), "WebSite")["potentialAction"]
    assert action["target"]["urlTemplate"] == f"{HOST}/search/?q={{search_term_string}}"


def test_no_words_can_leave_the_graph(client: Client) -> None:
    title = "</script><script>alert(1)</script>\u2028<!--"
    make_post(slug="a", title=title)
    response = client.get("/a/")
    page = get_page(client, "/a/")
    assert of_kind(page, "BlogPosting")["headline"] == title
    assert "alert(1)</script>" not in response.content.decode()
    assert "\u2028" not in page.xpath("//script[@type='application/ld+json']/text()")[0]


def test_what_several_nodes_say_of_one_thing_is_joined() -> None:
    nodes = [node("Person", id="#a", name="A", sameAs=["1"]), node("Person", id="#a", url="u", sameAs=["2", "1"])]
    text = json_ld_script(nodes).partition(">")[2].partition("</")[0]
    assert json.loads(text)["@graph"] == [
        {"@type": "Person", "@id": "#a", "name": "A", "sameAs": ["1", "2"], "url": "u"}
    ]


# ---- Robots and the map -----------------------------------------------------------------------------


def test_robots_may_read_all_but_the_desk_and_learn_where_the_map_is(client: Client) -> None:
    assert client.get("/robots.txt").content.decode() == (
        f"User-agent: *\nDisallow: /admin/\nDisallow: /ads/\nDisallow: /go/\n\nSitemap: {HOST}/sitemap.xml\n"
    )


@pytest.mark.parametrize(
    ("field", "asked", "left"),
    [("disallow_ai_training", TRAINING_AGENTS, ANSWER_AGENTS), ("disallow_ai_answers", ANSWER_AGENTS, TRAINING_AGENTS)],
)
def test_a_choice_asks_the_robots_of_its_kind_to_stay_away(
    client: Client, field: str, asked: tuple[Any, ...], left: tuple[Any, ...]
) -> None:
    SiteInfo.objects.create(**{field: True})
    group = client.get("/robots.txt").content.decode().partition("Disallow: /\n")[0].splitlines()
    assert {agent.name for agent in asked} == {
        line.removeprefix("User-agent: ") for line in group if not line.startswith("#")
    }
    assert not {agent.name for agent in asked} & {agent.name for agent in left}


def test_a_site_that_is_not_ready_asks_search_engines_away_on_every_page(client: Client) -> None:
    SiteInfo.objects.create(hides_from_search=True)
    make_post(slug="a")
    for path in ("/", "/blog/", "/a/"):
        assert meta(get_page(client, path), "robots") == ["noindex"]
    text = client.get("/robots.txt").content.decode()
    assert "Sitemap" not in text
    assert "Disallow: /\n" not in text  # or robots could not read that they should go


def test_the_map_of_posts_names_their_pictures(client: Client) -> None:
    featured, inside = make_image(), make_image()
    make_post(slug="a", featured_image=featured, body=f'<figure><img data-image="{inside.pk}"></figure>')
    root = etree.fromstring(client.get("/sitemap-posts.xml").content)
    found = root.xpath("//i:loc/text()", namespaces={"i": "http://www.google.com/schemas/sitemap-image/1.1"})
    assert found == [f"{HOST}{image.file.url}" for image in (featured, inside)]
    assert root.xpath("//*[local-name()='lastmod']")


def test_the_map_names_pages_once_they_are_public(client: Client) -> None:
    make_page(slug="privacy-policy", role="privacy")
    text = client.get("/sitemap-pages.xml").content.decode()
    assert f"{HOST}/privacy-policy/" in text
    assert "/terms-of-use/" not in text


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_counter_turns_at_the_limit_and_the_preview_follows(admin_page: Page) -> None:
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
    admin_page.locator("#id_excerpt").fill("Other words.")
    expect(preview.locator("[data-description]").first).to_have_text("Other words.")
