"""Feeds: full texts or summaries, up to date after every change, and well-formed whatever is stored."""

from datetime import UTC, timedelta
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
from tests.evidence.factories import set_disclaimer
from tests.factories import make_author, make_category, make_image, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
PLACES = ("/feed/", "/category/pain/feed/", "/tag/stairs/feed/", "/author/sam/feed/")
EVERY = pytest.mark.parametrize("url", [f"{place}{end}" for place in PLACES for end in ("", "atom/")])
BODY = """<p>See <a href="/other/">this</a> and <a href="#ref">that</a>.</p><figure><img data-image="{}"></figure>
<h2 id="ref">References</h2><ol><li><a href="https://example.com/study">First study</a></li></ol>"""


def furnished() -> Post:
    """Return a public post with everything that a feed shows."""
    image = make_image()
    return make_post(
        author=make_author(name="Sam", slug="sam"),
        excerpt="In short.",
        body=BODY.format(image.pk),
        featured_image=image,
        categories=[make_category(name="Pain", slug="pain")],
        tags=["Stairs"],
    )


def test_the_number_of_queries_does_not_grow_with_the_number_of_posts(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/feed/").status_code == 200
        return len(queries)

    make_post(body=f'<figure><img data-image="{make_image().pk}"></figure>', categories=[make_category()], tags=["A"])
    with_one = count()
    for _ in range(19):
        make_post(body=f'<figure><img data-image="{make_image().pk}"></figure>')
    assert count() == with_one <= 10
    assert client.get("/feed/").content.decode().count("&lt;img ") == 20


@pytest.mark.parametrize("url", ["/feed/", "/sitemap-posts.xml", "/sitemap-tags.xml"])
def test_a_conditional_request_notices_edits_and_unpublished_posts(client: Client, url: str) -> None:
    make_post(tags=["Kept", "Gone"], published_at=timezone.now() - timedelta(days=3))
    newest = make_post(tags=["Kept", "Gone"])
    first = client.get(url)
    known = {"if-none-match": first["ETag"]}
    assert "Last-Modified" not in first
    assert client.get(url, headers=known).status_code == 304
    newest.trash()
    assert client.get(url, headers=known).status_code == 200


def test_only_a_change_in_substance_moves_the_date_of_the_feed(client: Client) -> None:
    published_at = timezone.now() - timedelta(days=30)
    post = make_post(published_at=published_at)

    def updated() -> tuple[int, ...]:
        return tuple(feedparser.parse(client.get("/feed/").content).feed.updated_parsed[:3])

    assert updated() == published_at.timetuple()[:3]
    post.updated_on = timezone.localdate()
    post.save()
    changed_at = post.last_changed_at
    assert changed_at is not None
    assert changed_at > published_at
    assert updated() == changed_at.astimezone(UTC).timetuple()[:3]


@EVERY
def test_control_characters_do_not_break_a_feed(client: Client, url: str) -> None:
    SiteInfo.objects.create(name="Move\x0b better")
    post = furnished()
    Category.objects.update(name="Pa\x0bin", description="So\x01re")
    Post.objects.filter(pk=post.pk).update(
        title="The\x0b knee", summary="A\x1f word", tldr="Sh\x02ort", body="<p>A\x0c\uffff</p>"
    )
    feed = feedparser.parse(client.get(url).content)
    assert not feed.bozo
    assert feed.entries[0].title == "The knee"
    assert feed.entries[0].summary == "A word"


@EVERY
def test_a_feed_contains_what_feed_readers_need(client: Client, url: str) -> None:
    SiteInfo.objects.create(name="Move", description="Less ache.")
    set_disclaimer("Not <advice>.")
    post = furnished()
    response = client.get(url)
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.feed.title.endswith("Move")
    assert {link.href for link in feed.feed.links if link.rel == "self"} == {f"http://testserver{url}"}
    assert feed.feed.language == "en-us"
    (entry,) = feed.entries
    assert entry.link == f"http://testserver/{post.slug}/"
    assert entry.author == post.author.name
    assert {tag.term for tag in entry.tags} == {"Pain", "Stairs"}
    assert post.published_at is not None
    assert entry.published_parsed[:3] == post.published_at.timetuple()[:3]
    (enclosure,) = [link for link in entry.links if link.rel == "enclosure"]
    assert enclosure.href.startswith("http://testserver/media/")
    assert int(enclosure.length) > 0
    assert enclosure.type.startswith("image/")
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
    assert client.head(url).status_code == 200
    assert client.post(url).status_code == 405


@EVERY
def test_a_feed_of_summaries_contains_the_disclaimer_and_a_link_but_not_the_text(client: Client, url: str) -> None:
    SiteInfo.objects.create(name="Move", feed_content="summary")
    set_disclaimer("Not advice.")
    post = furnished()
    response = client.get(url)
    (entry,) = feedparser.parse(response.content).entries
    assert "First study" not in response.content.decode()
    summary: Any = html.fromstring(entry.summary)
    assert "Not advice." in summary.text_content()
    assert "In short." in summary.text_content()
    assert summary.xpath("//a/@href") == [f"http://testserver/{post.slug}/"]


@EVERY
def test_a_post_with_a_new_url_keeps_its_id_and_an_edit_appears_immediately(client: Client, url: str) -> None:
    post = furnished()
    first = client.get(url)
    assert client.get(url, headers={"if-none-match": first["ETag"]}).status_code == 304
    post.slug, post.body = "moved", "<p>Corrected.</p>"
    post.save()
    second = client.get(url, headers={"if-none-match": first["ETag"]})
    before, after = (feedparser.parse(each.content).entries[0] for each in (first, second))
    assert before.id == after.id
    assert after.link == "http://testserver/moved/"
    assert "Corrected." in after.content[-1].value


@pytest.mark.parametrize("page", ["/category/pain/", "/tag/stairs/", "/author/sam/"])
def test_a_list_of_posts_links_to_its_feed(client: Client, page: str) -> None:
    furnished()
    found = html.fromstring(client.get(page).content).xpath("//link[@type='application/rss+xml']/@href")
    assert found == ["/feed/", f"{page}feed/"]
    assert client.get(f"{page}feed/").status_code == 200


def test_an_author_without_posts_has_no_link_to_a_feed(client: Client) -> None:
    author = make_author(slug="reviewer", short_bio="Reads what others write.")
    assert "/author/reviewer/feed/" not in client.get("/author/reviewer/").content.decode()
    make_post(author=author)
    assert "/author/reviewer/feed/" in client.get("/author/reviewer/").content.decode()


@pytest.mark.parametrize("url", ["/author/nobody/feed/", "/tag/nothing/feed/atom/", "/category/none/feed/atom/"])
def test_lists_without_a_page_have_no_feed(client: Client, url: str) -> None:
    make_author(slug="first")
    make_author(slug="nobody")
    assert client.get(url).status_code == 404
