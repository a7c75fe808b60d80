"""Old addresses: each leads to its page of today in one step, and nothing else changes."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Category, Post, Tag
from tests.factories import make_author, make_category, make_post, make_posts
from wordpress.models import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved() -> Post:
    """A site of twelve posts that came from WordPress; the post is the one that had the number 45 there."""
    sam = make_author(name="Sam", slug="sam-example")
    pain = make_category(slug="pain", name="Pain")
    knee = make_category(slug="knee", name="Knee", parent=pain)
    when = datetime(2024, 5, 17, 12, tzinfo=UTC)
    make_posts(11, categories=[knee], tags=["Stairs"], published_at=when)
    post = make_post(slug="the-knee", categories=[knee], tags=["Stairs"], published_at=when)
    for kind, key, row in (
        ("post", "post:45:https://old.example/?p=45", post),
        ("category", "#7", knee),
        ("category", "knee", knee),
        ("tag", "steps", Tag.objects.get()),
        ("author", "#3", sam),
        ("author", "sam_login", sam),
    ):
        Origin.objects.create(site="old.example", kind=kind, key=key, object_id=row.pk)
    return post


ADDRESSES = {
    "/?p=45": "/the-knee/",
    "/?p=45&preview=true": "/the-knee/",
    "/?page_id=45": "/the-knee/",
    "/?name=the-knee": "/the-knee/",
    "/?p=45&utm_source=news&utm_medium=mail": "/the-knee/?utm_source=news&utm_medium=mail",
    "/?cat=7": "/category/pain/knee/",
    "/?cat=7&paged=2": "/category/pain/knee/?page=2",
    "/?cat=7&feed=rss2": "/category/pain/knee/feed/",
    "/?tag=stairs": "/tag/stairs/",
    "/?author=3": "/author/sam-example/",
    "/?m=202405": "/2024/05/",
    "/?m=20240517": "/2024/05/",
    "/?m=2024": "/2024/",
    "/?s=knee+pain": "/search/?q=knee+pain",
    "/?paged=2": "/blog/?page=2",
    "/?feed=rss2": "/feed/",
    "/feed/rss2/": "/feed/",
    "/feed/rss/": "/feed/",
    "/feed/rdf/": "/feed/",
    "/rss2/": "/feed/",
    "/category/pain/knee/feed/rss2/": "/category/pain/knee/feed/",
    "/tag/stairs/feed/rss2/": "/tag/stairs/feed/",
    "/blog/feed/": "/feed/",
    "/page/2/": "/blog/?page=2",
    "/page/1/": "/",
    "/blog/page/2/": "/blog/?page=2",
    "/blog/page/2": "/blog/?page=2",
    "/blog/page/99/": "/blog/",
    "/category/pain/knee/page/2/": "/category/pain/knee/?page=2",
    "/category/pain/knee/page/2": "/category/pain/knee/?page=2",
    "/category/pain/knee/page/2/?utm_source=x": "/category/pain/knee/?utm_source=x&page=2",
    "/category/knee/": "/category/pain/knee/",
    "/category/elsewhere/knee/": "/category/pain/knee/",
    "/Category/Pain/": "/category/pain/",
    "/tag/stairs/page/2/": "/tag/stairs/?page=2",
    "/tag/steps/": "/tag/stairs/",
    "/tag/Stairs/": "/tag/stairs/",
    "/author/sam-example/page/2/": "/author/sam-example/?page=2",
    "/author/sam_login/": "/author/sam-example/",
    "/2024/05/page/2/": "/2024/05/?page=2",
    "/2024/page/2/": "/2024/?page=2",
    "/2024/05/17/": "/2024/05/",
    "/2024/05/the-knee/": "/the-knee/",
    "/2024/05/17/the-knee/": "/the-knee/",
    "/2024/05/17/the-knee": "/the-knee/",
    "/2024/05/17/the-knee/?utm_source=x": "/the-knee/?utm_source=x",
    "/blog/the-knee/": "/the-knee/",
    "/pain/knee/the-knee/": "/the-knee/",
    "/archives/45": "/the-knee/",
    "/The-Knee/": "/the-knee/",
    "/THE-KNEE": "/the-knee/",
    "/the-knee": "/the-knee/",
    "/the-knee/2/": "/the-knee/",
    "/the-knee/amp/": "/the-knee/",
    "/the-knee/comment-page-2/": "/the-knee/",
    "/index.php": "/",
    "/index.php/2024/05/17/the-knee/": "/the-knee/",
    "/wp-sitemap.xml": "/sitemap.xml",
    "/sitemap_index.xml": "/sitemap.xml",
}


def test_an_old_address_leads_to_its_page_in_one_permanent_step(client: Client, moved: Post) -> None:
    answers = {old: client.get(old) for old in ADDRESSES}
    assert {old: (answer.status_code, answer.get("Location")) for old, answer in answers.items()} == {
        old: (301, now) for old, now in ADDRESSES.items()
    }
    assert not [old for old, answer in answers.items() if answer.cookies]


def test_where_an_old_address_leads_there_is_a_page(client: Client, moved: Post) -> None:
    for now in {address for address in ADDRESSES.values() if not address.startswith("/search/")}:
        assert client.get(now).status_code == 200, now


def test_every_feed_of_before_has_one_now(client: Client, moved: Post) -> None:
    for kind in ("", "category/pain/", "tag/stairs/", "author/sam-example/"):
        for old in (f"/{kind}feed/", f"/{kind}feed/atom/"):
            response = client.get(old)
            if response.status_code == 301:
                response = client.get(response["Location"])
            assert response.status_code == 200, old
            assert "xml" in response["Content-Type"]


def test_feeds_of_comments_are_gone_for_good(client: Client, moved: Post) -> None:
    for old in (
        *("/comments/feed/", "/comments/feed/atom/", "/the-knee/feed/", "/?feed=comments-rss2"),
        "/2024/05/the-knee/feed/",
    ):
        assert client.get(old).status_code == 410, old


def test_what_never_was_is_an_honest_404(client: Client, moved: Post) -> None:
    for path in (
        *("/?p=46", "/?cat=8", "/?author=99", "/?m=209913", "/?m=nonsense", "/?tag=none", "/?attachment_id=45"),
        *("/?p=%00", "/?p=" + "9" * 6000, "/no-such-post/", "/2024/13/", "/2024/06/", "/2024/05/no-such-post/"),
        *("/tag/none/page/2/", "/category/none/", "/page/x/", "/a%00b/c/", "/index.php/none/", "/feed/none/"),
    ):
        assert client.get(path).status_code == 404, path[:40]


def test_what_the_site_answers_itself_is_left_alone(client: Client, moved: Post) -> None:
    for path in ("/", "/?utm_source=x", "/?p=", "/blog/", "/the-knee/", "/category/pain/", "/2024/05/"):
        assert client.get(path).status_code == 200, path


def test_drafts_have_no_old_address(client: Client, moved: Post) -> None:
    Post.objects.filter(pk=moved.pk).update(status=Post.Status.DRAFT)
    for path in ("/?p=45", "/2024/05/17/the-knee/", "/The-Knee/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/wp-login.php", "/wp-admin/", "/wp-admin/admin-ajax.php", "/xmlrpc.php", "/wp-json/"]
)
def test_robots_at_the_old_machinery_cost_nothing(client: Client, path: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert (response.status_code, response.content, len(queries)) == (404, b"Not found", 0)


def test_nothing_that_is_sent_is_redirected(client: Client, moved: Post) -> None:
    assert client.post("/2024/05/17/the-knee/").status_code == 405


def test_a_category_named_page_keeps_its_own_address(client: Client, moved: Post) -> None:
    make_category(slug="2", name="Two", parent=make_category(slug="page", parent=Category.objects.get(slug="pain")))
    assert client.get("/category/pain/page/2/").status_code == 200
