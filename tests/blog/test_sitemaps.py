"""Sitemaps: public URLs of the site, and every list with a public post."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
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


def test_a_new_post_changes_only_the_last_part(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostSitemap, "limit", 2)
    now = timezone.now()
    for days in (1, 3, 2):
        make_post(slug=f"old-{days}", published_at=now - timedelta(days=days))
    first = client.get("/sitemap-posts.xml").content
    assert b"old-3" in first
    assert b"old-2" in first
    make_post(slug="new", published_at=now)
    make_post(slug="later", published_at=now + timedelta(days=1))
    assert client.get("/sitemap-posts.xml").content == first
    assert locations(client, "/sitemap-posts.xml?p=2") == ["http://testserver/old-1/", "http://testserver/new/"]
    assert client.get("/sitemap-posts.xml?p=3").status_code == 404


def test_a_category_with_posts_only_in_subcategories_is_in_the_sitemap(client: Client) -> None:
    pain = make_category(slug="pain")
    make_post(categories=[make_category(slug="knee", parent=pain)])
    make_category(slug="empty")
    assert locations(client, "/sitemap-categories.xml") == [
        "http://testserver/category/pain/",
        "http://testserver/category/pain/knee/",
    ]
