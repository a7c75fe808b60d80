"""Feeds: whole texts in few queries, true after every correction, well-formed whatever is stored."""

from datetime import timedelta

import feedparser
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Category, Post
from siteinfo.models import SiteInfo
from tests.factories import make_category, make_image, make_post

pytestmark = pytest.mark.django_db


def test_twenty_posts_with_a_picture_each_cost_as_many_queries_as_one(reader: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert reader.get("/feed/").status_code == 200
        return len(queries)

    make_post(body=f'<figure><img data-image="{make_image().pk}"></figure>', categories=[make_category()], tags=["A"])
    with_one = count()
    for _ in range(19):
        make_post(body=f'<figure><img data-image="{make_image().pk}"></figure>')
    assert count() == with_one <= 8
    assert reader.get("/feed/").content.decode().count("&lt;img ") == 20


@pytest.mark.parametrize("address", ["/feed/", "/sitemap-posts.xml", "/sitemap-tags.xml"])
def test_whoever_asks_again_hears_of_corrections_and_retractions(reader: Client, address: str) -> None:
    make_post(tags=["Kept"], published_at=timezone.now() - timedelta(days=3))
    newest = make_post(tags=["Gone"])
    first = reader.get(address)
    known = {"if-none-match": first["ETag"]}
    assert "Last-Modified" not in first
    assert reader.get(address, headers=known).status_code == 304
    newest.trash()
    assert reader.get(address, headers=known).status_code == 200


def test_a_corrected_post_makes_the_feed_newer(reader: Client) -> None:
    post = make_post(published_at=timezone.now() - timedelta(days=30))
    feed = feedparser.parse(reader.get("/feed/").content)
    assert feed.feed.updated_parsed[:3] == post.modified_at.timetuple()[:3]


@pytest.mark.parametrize("address", ["/feed/", "/category/pain/feed/", "/tag/stairs/feed/"])
def test_no_stored_character_breaks_a_feed(reader: Client, address: str) -> None:
    SiteInfo.objects.create(name="Move\x0b better")
    post = make_post(categories=[make_category(slug="pain")], tags=["Stairs"])
    Category.objects.update(name="Pa\x0bin", description="So\x01re")
    Post.objects.filter(pk=post.pk).update(
        title="The\x0b knee", summary="A\x1f word", tldr="Sh\x02ort", body="<p>A\x0c\uffff</p>"
    )
    feed = feedparser.parse(reader.get(address).content)
    assert not feed.bozo
    assert feed.entries[0].title == "The knee"
    assert feed.entries[0].summary == "A word"
