"""The map for search engines: the site's own addresses, and every list that holds something."""

import pytest
from django.test import Client
from lxml import etree
from pytest_django import Settings

from blog.sitemaps import PostSitemap
from tests.factories import make_category, make_post

pytestmark = pytest.mark.django_db


def places(client: Client, address: str, **headers: str) -> list[str]:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return [str(place.text) for place in etree.fromstring(response.content).iter("{*}loc")]


def test_the_map_of_maps_names_the_sites_own_address_whatever_was_asked(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://clinic.example"
    found = places(client, "/sitemap.xml", host="localhost")
    assert "https://clinic.example/sitemap-posts.xml" in found
    assert all(address.startswith("https://clinic.example/") for address in found)


def test_every_part_of_the_map_of_maps_answers(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostSitemap, "limit", 2)
    slugs = {make_post().slug for _ in range(3)}
    parts = [address.removeprefix("http://testserver") for address in places(client, "/sitemap.xml")]
    assert "/sitemap-posts.xml?p=2" in parts
    listed = [address for part in parts for address in places(client, part)]
    assert {f"http://testserver/{slug}/" for slug in slugs} <= set(listed)


def test_a_category_whose_posts_are_all_below_it_is_on_the_map(client: Client) -> None:
    pain = make_category(slug="pain")
    make_post(categories=[make_category(slug="knee", parent=pain)])
    make_category(slug="empty")
    assert places(client, "/sitemap-categories.xml") == [
        "http://testserver/category/pain/",
        "http://testserver/category/pain/knee/",
    ]
