"""Feeds: whole texts or summaries in few queries, true after every correction, well-formed whatever is stored."""

from datetime import timedelta
from typing import Any

import feedparser
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html

from blog.models import Category, Post
from siteinfo.models import SiteInfo
from tests.factories import make_author, make_category, make_image, make_post

pytestmark = pytest.mark.django_db
PLACES = ("/feed/", "/category/pain/feed/", "/tag/stairs/feed/", "/author/sam/feed/")
EVERY = pytest.mark.parametrize("address", [f"{place}{end}" for place in PLACES for end in ("", "atom/")])
BODY = """<p>See <a href="/other/">this</a> and <a href="#ref">that</a>.</p><figure><img data-image="{}"></figure>
<h2 id="ref">References</h2><ol><li><a href="https://example.com/study">First study</a></li></ol>"""


def furnished() -> Post:
    """A public post with all that a feed shows."""
    image = make_image()
    return make_post(
        author=make_author(name="Sam", slug="sam"),
        excerpt="In short.",
        body=BODY.format(image.pk),
        featured_image=image,
        categories=[make_category(name="Pain", slug="pain")],
        tags=["Stairs"],
    )


def test_twenty_posts_with_a_picture_each_cost_as_many_queries_as_one(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/feed/").status_code == 200
        return len(queries)

    make_post(body=f'<figure><img data-image="{make_image().pk}"></figure>', categories=[make_category()], tags=["A"])
    with_one = count()
    for _ in range(19):
        make_post(body=f'<figure><img data-image="{make_image().pk}"></figure>')
    assert count() == with_one <= 8
    assert client.get("/feed/").content.decode().count("&lt;img ") == 20


@pytest.mark.parametrize("address", ["/feed/", "/sitemap-posts.xml", "/sitemap-tags.xml"])
def test_whoever_asks_again_hears_of_corrections_and_retractions(client: Client, address: str) -> None:
    make_post(tags=["Kept", "Gone"], published_at=timezone.now() - timedelta(days=3))
    newest = make_post(tags=["Kept", "Gone"])
    first = client.get(address)
    known = {"if-none-match": first["ETag"]}
    assert "Last-Modified" not in first
    assert client.get(address, headers=known).status_code == 304
    newest.trash()
    assert client.get(address, headers=known).status_code == 200


def test_a_corrected_post_makes_the_feed_newer(client: Client) -> None:
    post = make_post(published_at=timezone.now() - timedelta(days=30))
    feed = feedparser.parse(client.get("/feed/").content)
    assert feed.feed.updated_parsed[:3] == post.modified_at.timetuple()[:3]


@EVERY
def test_no_stored_character_breaks_a_feed(client: Client, address: str) -> None:
    SiteInfo.objects.create(name="Move\x0b better")
    post = furnished()
    Category.objects.update(name="Pa\x0bin", description="So\x01re")
    Post.objects.filter(pk=post.pk).update(
        title="The\x0b knee", summary="A\x1f word", tldr="Sh\x02ort", body="<p>A\x0c\uffff</p>"
    )
    feed = feedparser.parse(client.get(address).content)
    assert not feed.bozo
    assert feed.entries[0].title == "The knee"
    assert feed.entries[0].summary == "A word"


@EVERY
def test_a_feed_holds_all_that_a_reader_program_needs(client: Client, address: str) -> None:
    SiteInfo.objects.create(name="Move", disclaimer="Not <advice>.", description="Less ache.")
    post = furnished()
    response = client.get(address)
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.feed.title.endswith("Move")
    assert {link.href for link in feed.feed.links if link.rel == "self"} == {f"http://testserver{address}"}
    assert feed.feed.language == "en-us"
    (entry,) = feed.entries
    assert entry.link == f"http://testserver/{post.slug}/"
    assert entry.author == post.author.name
    assert {tag.term for tag in entry.tags} == {"Pain", "Stairs"}
    assert post.published_at is not None
    assert entry.published_parsed[:3] == post.published_at.timetuple()[:3]
    (picture,) = [link for link in entry.links if link.rel == "enclosure"]
    assert picture.href.startswith("http://testserver/media/")
    assert int(picture.length) > 0
    assert picture.type.startswith("image/")
    content: Any = html.fromstring(entry.content[-1].value)
    assert "Not <advice>." in content.text_content()
    assert "First study" in content.text_content()
    assert content.xpath("//a/@href") == [
        "http://testserver/other/",
        f"http://testserver/{post.slug}/#ref",
        "https://example.com/study",
    ]
    assert all(src.startswith("http://testserver/media/") for src in content.xpath("//img/@src"))
    assert not content.xpath("//@srcset")
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


@EVERY
def test_a_feed_of_summaries_holds_the_disclaimer_and_a_link_but_not_the_text(client: Client, address: str) -> None:
    SiteInfo.objects.create(name="Move", disclaimer="Not advice.", feed_content="summary")
    post = furnished()
    response = client.get(address)
    (entry,) = feedparser.parse(response.content).entries
    assert "First study" not in response.content.decode()
    summary: Any = html.fromstring(entry.summary)
    assert "Not advice." in summary.text_content()
    assert "In short." in summary.text_content()
    assert summary.xpath("//a/@href") == [f"http://testserver/{post.slug}/"]


@EVERY
def test_a_post_that_moves_keeps_its_identity_and_an_edit_is_seen_at_once(client: Client, address: str) -> None:
    post = furnished()
    first = client.get(address)
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
    post.slug, post.body = "moved", "<p>Corrected.</p>"
    post.save()
    second = client.get(address, headers={"if-none-match": first["ETag"]})
    before, after = (feedparser.parse(each.content).entries[0] for each in (first, second))
    assert before.id == after.id
    assert after.link == "http://testserver/moved/"
    assert "Corrected." in after.content[-1].value


@pytest.mark.parametrize("page", ["/category/pain/", "/tag/stairs/", "/author/sam/"])
def test_a_page_of_posts_names_its_own_feed(client: Client, page: str) -> None:
    furnished()
    found = html.fromstring(client.get(page).content).xpath("//link[@type='application/rss+xml']/@href")
    assert found == ["/feed/", f"{page}feed/"]
    assert client.get(f"{page}feed/").status_code == 200


@pytest.mark.parametrize("address", ["/author/nobody/feed/", "/tag/nothing/feed/atom/", "/category/none/feed/atom/"])
def test_there_is_no_feed_of_what_readers_cannot_see(client: Client, address: str) -> None:
    make_author(slug="first")
    make_author(slug="nobody")
    assert client.get(address).status_code == 404
