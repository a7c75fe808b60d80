"""Test the redirects of WordPress URLs."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Category, Post, Tag
from tests.factories import make_author, make_category, make_post, make_posts
from wordpress.models import ImportedObject

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported_post() -> Post:
    """Create an imported site with twelve posts, and return the post with the WordPress ID 45."""
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
        ImportedObject.objects.create(site="old.example", kind=kind, key=key, object_id=row.pk)
    return post


LEGACY_URLS = {
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


def test_legacy_url_redirects_permanently_in_one_step(client: Client, imported_post: Post) -> None:
    responses = {old: client.get(old) for old in LEGACY_URLS}
    assert {old: (response.status_code, response.get("Location")) for old, response in responses.items()} == {
        old: (301, now) for old, now in LEGACY_URLS.items()
    }
    assert not [old for old, response in responses.items() if response.cookies]


def test_redirect_targets_exist(client: Client, imported_post: Post) -> None:
    for url in {url for url in LEGACY_URLS.values() if not url.startswith("/search/")}:
        assert client.get(url).status_code == 200, url


def test_every_wordpress_feed_has_a_feed_here(client: Client, imported_post: Post) -> None:
    for kind in ("", "category/pain/", "tag/stairs/", "author/sam-example/"):
        for old in (f"/{kind}feed/", f"/{kind}feed/atom/"):
            response = client.get(old)
            if response.status_code == 301:
                response = client.get(response["Location"])
            assert response.status_code == 200, old
            assert "xml" in response["Content-Type"]


def test_comment_feeds_lead_to_the_post_and_to_the_feed_of_posts(client: Client, imported_post: Post) -> None:
    wanted = {
        "/comments/feed/": "/feed/",
        "/comments/feed/atom/": "/feed/",
        "/?feed=comments-rss2": "/feed/",
        "/the-knee/feed/": "/the-knee/",
        "/2024/05/the-knee/feed/": "/the-knee/",
    }
    assert {old: client.get(old)["Location"] for old in wanted} == wanted


def test_unknown_urls_return_404(client: Client, imported_post: Post) -> None:
    for path in (
        *("/?p=46", "/?cat=8", "/?author=99", "/?m=209913", "/?m=nonsense", "/?tag=none", "/?attachment_id=45"),
        *("/?p=%00", "/?p=" + "9" * 6000, "/no-such-post/", "/2024/13/", "/2024/06/", "/2024/05/no-such-post/"),
        *("/tag/none/page/2/", "/category/none/", "/page/x/", "/a%00b/c/", "/index.php/none/", "/feed/none/"),
    ):
        assert client.get(path).status_code == 404, path[:40]


def test_urls_of_this_site_are_not_redirected(client: Client, imported_post: Post) -> None:
    for path in ("/", "/?utm_source=x", "/?p=", "/blog/", "/the-knee/", "/category/pain/", "/2024/05/"):
        assert client.get(path).status_code == 200, path


def test_drafts_have_no_legacy_urls(client: Client, imported_post: Post) -> None:
    Post.objects.filter(pk=imported_post.pk).update(status=Post.Status.DRAFT)
    for path in ("/?p=45", "/2024/05/17/the-knee/", "/The-Knee/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/wp-login.php", "/wp-admin/", "/wp-admin/admin-ajax.php", "/xmlrpc.php", "/wp-json/"]
)
def test_wordpress_endpoints_return_404_without_queries(client: Client, path: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert (response.status_code, response.content, len(queries)) == (404, b"Not found", 0)


def test_post_requests_are_not_redirected(client: Client, imported_post: Post) -> None:
    assert client.post("/2024/05/17/the-knee/").status_code == 405


def test_category_with_slug_page_keeps_its_url(client: Client, imported_post: Post) -> None:
    make_category(slug="2", name="Two", parent=make_category(slug="page", parent=Category.objects.get(slug="pain")))
    assert client.get("/category/pain/page/2/").status_code == 200
