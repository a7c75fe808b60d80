"""Structured data: one complete JSON-LD graph on every page."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client

from blog.models import Post
from siteinfo.models import SiteInfo, SocialLink
from siteinfo.structured_data import json_ld_script, node
from tests.example_site import HOST, PUBLIC_PATHS, get_page, make_example_site, meta, parse_page
from tests.factories import make_category, make_post
from tests.structured_data import node_of_type, nodes_by_id

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def descendants(value: Any) -> Iterator[Any]:
    """Yield `value` and everything nested in it."""
    yield value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from descendants(each)


def test_every_reference_resolves_and_no_value_is_empty(
    public_pages: dict[str, Any],
) -> None:
    for path in PUBLIC_PATHS:
        nodes = nodes_by_id(parse_page(public_pages[path]))
        values = list(descendants(list(nodes.values())))
        named = {each["@id"] for each in values if isinstance(each, dict) and len(each) > 1 and "@id" in each}
        referred = {each["@id"] for each in values if isinstance(each, dict) and set(each) == {"@id"}}
        assert referred
        assert referred <= named, path
        assert not [each for each in values if each in (None, "", [], {})], path
        assert {"WebSite", "Person", "ImageObject"} <= {each["@type"] for each in nodes.values()}
        assert nodes[f"{HOST}{path}"]["isPartOf"] == {"@id": f"{HOST}/#website"}


def test_structured_breadcrumbs_match_the_visible_ones(public_pages: dict[str, Any]) -> None:
    for path in PUBLIC_PATHS[1:]:
        page = parse_page(public_pages[path])
        seen = [step.text_content().strip() for step in page.xpath("//ol[@class='breadcrumbs']/li")]
        steps = node_of_type(page, "BreadcrumbList")["itemListElement"]
        assert [step["name"] for step in steps] == seen
        links = page.xpath("//ol[@class='breadcrumbs']//a/@href")
        assert [step["item"] for step in steps][:-1] == [f"{HOST}{url}" for url in links]
        assert [step["position"] for step in steps] == list(range(1, len(seen) + 1))
        assert page.xpath("count(//ol[@class='breadcrumbs']//*[@aria-current='page'])") == 1
    home = parse_page(public_pages["/"])
    assert not home.xpath("//ol[@class='breadcrumbs']")
    assert "BreadcrumbList" not in [each["@type"] for each in nodes_by_id(home).values()]


def test_the_breadcrumbs_of_a_post_contain_its_primary_category(client: Client) -> None:
    pain = make_category(name="Pain", slug="pain")
    knee = make_category(name="Knee", slug="knee", parent=pain)
    make_post(slug="a", title="A", primary_category=knee, categories=[make_category(name="Other"), knee])
    steps = get_page(client, "/a/").xpath("//ol[@class='breadcrumbs']/li")
    assert [step.text_content().strip() for step in steps] == ["Home", "Blog", "Pain", "Knee", "A"]


def test_a_post_has_an_author_dates_and_keywords(client: Client) -> None:
    make_example_site()
    Post.objects.filter(slug="the-knee").update(updated_on=date(2026, 3, 4))
    page = get_page(client, "/the-knee/")
    post, nodes = node_of_type(page, "BlogPosting"), nodes_by_id(page)
    assert post["headline"] == "The knee"
    assert nodes[post["author"]["@id"]]["name"] == nodes[post["publisher"]["@id"]]["name"] == "Sam"
    assert nodes[post["image"]["@id"]]["url"] == meta(page, "og:image")[0]
    assert nodes[post["mainEntityOfPage"]["@id"]]["mainEntity"] == {"@id": post["@id"]}
    assert post["datePublished"] == meta(page, "article:published_time")[0]
    assert post["dateModified"] == meta(page, "article:modified_time")[0] == "2026-03-04"
    assert post["articleSection"] == ["Pain"]
    assert sorted(post["keywords"]) == ["Knee", "Stairs"]
    assert post["wordCount"] > 3


def test_an_author_has_credentials_expertise_and_profiles(client: Client) -> None:
    make_example_site()
    page = get_page(client, "/author/sam/")
    sam = node_of_type(page, "Person")
    assert node_of_type(page, "ProfilePage")["mainEntity"] == {"@id": sam["@id"]}
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


def test_the_publisher_can_be_a_practice(client: Client) -> None:
    site = SiteInfo.objects.create(name="Move Better", published_by=SiteInfo.Publisher.PRACTICE)
    SocialLink.objects.create(site=site, network="x", url="https://social.example.com/me")
    make_post(slug="a")
    page = get_page(client, "/a/")
    practice = node_of_type(page, "Organization")
    assert (
        node_of_type(page, "WebSite")["publisher"]
        == node_of_type(page, "BlogPosting")["publisher"]
        == {"@id": practice["@id"]}
    )
    assert practice["sameAs"] == ["https://social.example.com/me"]


def test_the_home_page_describes_the_site_search(client: Client) -> None:
    action = node_of_type(get_page(client, "/"), "WebSite")["potentialAction"]
    assert action["target"]["urlTemplate"] == f"{HOST}/search/?q={{search_term_string}}"


def test_a_title_cannot_break_out_of_the_script_element(client: Client) -> None:
    title = "</script><script>alert(1)</script>\u2028<!--"
    make_post(slug="a", title=title)
    response = client.get("/a/")
    page = get_page(client, "/a/")
    assert node_of_type(page, "BlogPosting")["headline"] == title
    assert "alert(1)</script>" not in response.content.decode()
    assert "\u2028" not in page.xpath("//script[@type='application/ld+json']/text()")[0]


def test_nodes_with_the_same_id_are_merged() -> None:
    nodes = [node("Person", id="#a", name="A", sameAs=["1"]), node("Person", id="#a", url="u", sameAs=["2", "1"])]
    text = json_ld_script(nodes).partition(">")[2].partition("</")[0]
    assert json.loads(text)["@graph"] == [
        {"@type": "Person", "@id": "#a", "name": "A", "sameAs": ["1", "2"], "url": "u"}
    ]
