"""Links within the site: every kind without a page that visitors can see is found, and no other."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from affiliates.models import Program
from blog import checklist
from blog.internal_links import LinkChecker, broken_links, missing_pages, orphan_posts
from blog.models import Post, Series, Snippet, Tag
from richtext.links import site_path
from tests.affiliates.factories import make_link
from tests.factories import make_author, make_category, make_page, make_post
from tests.redirects.factories import make_redirect

pytestmark = pytest.mark.django_db


def link(url: str) -> str:
    """Return a paragraph with a link."""
    return f'<p><a href="{url}">there</a></p>'


# The URLs that `site_with_everything` creates, each with whether visitors get a page.
URLS = {
    "/": True,
    "/?utm_source=mail": True,
    "/blog/": True,
    "/blog": True,
    "/search/": True,
    "/search/?q=knee": True,
    "/shop/": True,
    "/feed/": True,
    "/sitemap.xml": True,
    "/robots.txt": True,
    "/public-post/": True,
    "/public-post": True,
    "/public-post/#part": True,
    "/draft-post/": False,
    "/scheduled-post/": False,
    "/trashed-post/": False,
    "/public-post/below/": False,
    "/no-such-page/": False,
    "/public-page/": True,
    "/public-page/child/": True,
    "/child/": False,
    "/draft-page/": False,
    "/category/pain/": True,
    "/category/pain/knee/": True,
    "/category/pain/feed/": True,
    "/category/knee/": False,
    "/category/none/": False,
    "/category/none/feed/": False,
    "/tag/stairs/": True,
    "/tag/stairs/feed/": True,
    "/tag/unused/": False,
    "/tag/unused/feed/": False,
    "/tag/only-draft/": False,
    "/tag/none/": False,
    "/series/run/": True,
    "/series/empty/": False,
    "/series/none/": False,
    "/author/sam/": True,
    "/author/sam/feed/": True,
    "/author/nobody/": False,
    "/author/nobody/feed/": False,
    "/author/none/": False,
    "/2026/": True,
    "/2025/": False,
    "/0000/": False,
    "/2026/03/": True,
    "/2026/04/": False,
    "/media/there.txt": True,
    "/media/none.jpg": False,
    "/go/roller/": True,
    "/go/none/": False,
    "/go/retired/": False,
    "/go/replaced/": True,
    "/moved/": True,
    "/moved-to-a-draft/": False,
    "/moved-to-another-site/": True,
    "/gone/": False,
    "/old/stairs/": True,
    "/old/none/": False,
    "/admin/": False,
    "/admin/blog/post/": False,
}


@pytest.fixture
def site_with_everything() -> Iterator[None]:
    """Create what URLS names."""
    sam = make_author(slug="sam", position=0)
    make_author(slug="nobody", position=1)
    pain = make_category(slug="pain")
    make_category(slug="knee", parent=pain)
    Tag.objects.create(name="Unused", slug="unused")
    run = Series.objects.create(title="Run", slug="run")
    empty = Series.objects.create(title="Empty", slug="empty")
    march = timezone.now().replace(year=2026, month=3, day=10)
    make_post(slug="public-post", author=sam, categories=[pain], tags=["Stairs"], series=run, published_at=march)
    make_post(slug="draft-post", author=sam, tags=["Only draft"], series=empty, status=Post.Status.DRAFT)
    make_post(slug="scheduled-post", author=sam, published_at=timezone.now() + timedelta(days=400))
    make_post(slug="trashed-post", author=sam, trashed_at=timezone.now(), published_at=march)
    parent = make_page(slug="public-page")
    make_page(slug="child", parent=parent)
    make_page(slug="draft-page", status="draft")
    shop = Program.objects.create(name="Shop", hosts="shop.example")
    roller = make_link(shop, slug="roller")
    make_link(shop, slug="retired").retire()
    make_link(shop, slug="replaced").retire(replacement=roller)
    make_redirect("/moved/", "/public-post/")
    make_redirect("/moved-to-a-draft/", "/draft-post/")
    make_redirect("/moved-to-another-site/", "https://example.org/")
    make_redirect("/gone/", "", 410)
    make_redirect("/old/*", "/tag/*")
    default_storage.save("there.txt", ContentFile(b"text"))
    yield
    default_storage.delete("there.txt")


def shows_page(client: Client, url: str) -> bool:
    """Return whether a visitor who requests `url` gets a page, here or on another site."""
    response = client.get(url)
    while response.status_code in {301, 302}:
        location = response["Location"]
        if location.startswith("https://"):
            return True
        response = client.get(location)
    return response.status_code == 200


def test_a_link_is_broken_if_and_only_if_visitors_get_no_page(site_with_everything: None, client: Client) -> None:
    paths = {url: site_path(url) or "" for url in URLS}
    checker = LinkChecker(paths.values())
    for url, has_page in URLS.items():
        assert (checker.broken_reason(paths[url]) == "") is has_page, url
        if not url.startswith("/admin/"):  # which shows visitors the login page
            assert shows_page(client, url) is has_page, url


def test_the_checklist_names_every_broken_link(site_with_everything: None) -> None:
    post = make_post(body="".join(map(link, URLS)))
    messages = " ".join(finding.message for finding in checklist.findings(post.snapshot()))
    for url, has_page in URLS.items():
        assert (f"Fix the link to {url}." not in messages) is has_page, url


def test_the_report_lists_every_broken_link(site_with_everything: None) -> None:
    post = make_post(body="".join(map(link, URLS)))
    reported = {broken.path for broken in broken_links() if broken.source == post}
    expected = {f"/{site_path(url)}/" for url, has_page in URLS.items() if not has_page}
    assert reported == expected


def test_links_in_all_public_texts_are_reported() -> None:
    make_post(title="A post", body=link("/in-a-post/"))
    make_page(title="A page", body=link("/in-a-page/"))
    make_author(name="An author", long_bio=link("/in-a-profile/"))
    Snippet.objects.create(name="A snippet", body=link("/in-a-snippet/"))
    make_post(title="A draft", body=link("/in-a-draft/"), status=Post.Status.DRAFT)
    assert {(str(broken.source), broken.path) for broken in broken_links()} == {
        ("A post", "/in-a-post/"),
        ("A page", "/in-a-page/"),
        ("An author", "/in-a-profile/"),
        ("A snippet", "/in-a-snippet/"),
    }


def test_the_reason_says_what_is_wrong(site_with_everything: None) -> None:
    Post.objects.filter(slug="trashed-post").update(title="Old")
    checker = LinkChecker(["trashed-post", "tag/unused", "author/nobody", "2026/04", "media/none.jpg"])
    assert checker.reasons == {
        "trashed-post": "“Old” is in the trash.",
        "tag/unused": "No public post has this tag.",
        "author/nobody": "This author has no public posts.",
        "2026/04": "No posts were published at that time.",
        "media/none.jpg": "This file does not exist.",
    }


def test_a_redirected_path_has_no_page_of_its_own(site_with_everything: None) -> None:
    assert set(missing_pages(["moved", "public-post"])) == {"moved"}


def test_the_number_of_queries_does_not_grow_with_the_number_of_paths(site_with_everything: None) -> None:
    def count_queries(copies: int) -> int:
        paths = [f"{site_path(url)}{copy or ''}" for url in URLS for copy in range(copies) if "/old/" not in url]
        with CaptureQueriesContext(connection) as queries:
            LinkChecker(paths)
        return len(queries)

    count_queries(1)  # caches the content types
    assert count_queries(10) == count_queries(1)


def test_posts_that_no_other_public_text_links_to_are_orphans() -> None:
    author = make_author(long_bio=link("/by-profile/"))
    Snippet.objects.create(name="S", body=link("/by-snippet/"))
    make_page(body=link("/by-page/"))
    for slug in ("by-post", "by-profile", "by-page", "by-snippet", "by-draft", "by-itself"):
        make_post(slug=slug, author=author, body=link(f"/{slug}/") if slug == "by-itself" else "<p>x</p>")
    make_post(slug="source", author=author, body=link("/by-post/"))
    make_post(slug="draft", author=author, body=link("/by-draft/"), status=Post.Status.DRAFT)
    assert {post.slug for post in orphan_posts()} == {"by-draft", "by-itself", "source"}


def test_the_report_shows_an_orphan_and_a_broken_link(admin_client: Client) -> None:
    orphan = make_post(title="Lonely one")
    source = make_post(title="Linking one", body=link("/nowhere/"))
    page = admin_client.get(reverse("admin:blog_post_links")).content.decode()
    for text in ("Lonely one", "Linking one", "/nowhere/", "There is no page at this URL."):
        assert text in page
    for post in (orphan, source):
        assert reverse("admin:blog_post_change", args=[post.pk]) in page
    assert reverse("admin:blog_post_links") in admin_client.get(reverse("admin:blog_post_changelist")).content.decode()


def test_the_report_takes_the_same_number_of_queries_for_many_posts(admin_client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(reverse("admin:blog_post_links"))
        return len(queries)

    make_post(body=link("/nowhere/") + link("/category/x/"))
    count_queries()  # caches the content types
    with_one = count_queries()
    for number in range(12):
        make_post(body=link(f"/nowhere-{number}/") + link("/category/x/"))
    assert count_queries() == with_one


def test_the_report_requires_permission_to_view_posts(admin_user: User, client: Client) -> None:
    url = reverse("admin:blog_post_links")
    assert client.get(url).status_code == 302
    guest = User.objects.create_user("guest@example.com", is_staff=True)
    client.force_login(guest)
    assert client.get(url).status_code == 403
    guest.user_permissions.add(Permission.objects.get(codename="view_post"))
    assert client.get(url).status_code == 200
