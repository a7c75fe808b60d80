"""Sitemaps: public URLs of the site, and every list with a public post."""

import pytest
from django.test import Client
from lxml import etree
from pytest_django import Settings

from blog.sitemaps import PostSitemap
from tests.factories import make_category, make_post

pytestmark = pytest.mark.django_db


def locations(client: Client, url: str, **headers: str) -> list[str]:
    """Return the URLs in a sitemap."""
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    return [str(element.text) for element in etree.fromstring(response.content).iter("{*}loc")]


def test_the_sitemap_index_uses_site_url_whatever_the_host_header_says(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://clinic.example"
    found = locations(client, "/sitemap.xml", host="localhost")
    assert "https://clinic.example/sitemap-posts.xml" in found
    assert all(url.startswith("https://clinic.example/") for url in found)


def test_every_sitemap_of_the_index_exists(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostSitemap, "limit", 2)
    slugs = {make_post().slug for _ in range(3)}
    parts = [url.removeprefix("http://testserver") for url in locations(client, "/sitemap.xml")]
    assert "/sitemap-posts.xml?p=2" in parts
    listed = [url for part in parts for url in locations(client, part)]
    assert {f"http://testserver/{slug}/" for slug in slugs} <= set(listed)


def test_a_category_with_posts_only_in_subcategories_is_in_the_sitemap(client: Client) -> None:
    pain = make_category(slug="pain")
    make_post(categories=[make_category(slug="knee", parent=pain)])
    make_category(slug="empty")
    assert locations(client, "/sitemap-categories.xml") == [
        "http://testserver/category/pain/",
        "http://testserver/category/pain/knee/",
    ]
