"""Drafts and scheduled posts appear nowhere in public until their time comes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Author, User
from blog.models import Post
from tests.factories import make_author, make_category, make_image, make_post

pytestmark = pytest.mark.django_db


def public_urls(post: Post) -> Iterator[str]:
    yield "/"
    yield "/blog/"
    yield "/no-such-page/"
    yield "/feed/"
    yield from (
        "/sitemap.xml",
        *(f"/sitemap-{name}.xml" for name in ("pages", "posts", "categories", "tags", "authors")),
    )
    yield "/category/knees/"
    yield "/category/knees/feed/"
    yield "/tag/stairs/"
    yield "/tag/stairs/feed/"
    yield post.author.get_absolute_url()
    yield f"/{post.published_at:%Y}/"
    yield f"/{post.published_at:%Y/%m}/"
    yield post.get_absolute_url()


@pytest.fixture
def public_post() -> Post:
    """Return a public post. Drafts and a scheduled post share everything with it."""
    knees = make_category(name="Knees", slug="knees")
    shared: dict[str, Any] = {
        "author": make_author(),
        "primary_category": knees,
        "categories": [knees],
        "tags": ["Stairs"],
        "featured_image": make_image(),
    }
    make_post(**shared, title="Unreleased draft", slug="unreleased-draft", status=Post.Status.DRAFT)
    make_post(**shared, title="Unreleased empty", slug="unreleased-empty", status=Post.Status.DRAFT, published_at=None)
    soon = timezone.now() + timedelta(hours=1)
    make_post(**shared, title="Unreleased future", slug="unreleased-future", published_at=soon)
    return make_post(**shared, title="Open", slug="open")


def test_hidden_posts_are_on_no_public_page(client: Client, public_post: Post) -> None:
    for url in public_urls(public_post):
        text = client.get(url).content.decode()
        assert text
        assert "unreleased" not in text.lower(), url


def test_hidden_posts_have_no_page(client: Client, public_post: Post) -> None:
    for slug in ("unreleased-draft", "unreleased-empty", "unreleased-future"):
        assert client.get(f"/{slug}/").status_code == 404
    assert client.get("/open/").status_code == 200


def test_hidden_posts_are_not_counted(public_post: Post) -> None:
    counts = Post.objects.published().archive_counts()
    assert counts.categories == {"knees/": 1}
    assert [month.post_count for month in counts.months] == [1]


def test_hidden_posts_are_neither_previous_nor_next_nor_related(public_post: Post) -> None:
    assert public_post.linked_posts().previous is None
    assert public_post.linked_posts().next is None
    assert public_post.linked_posts().related == []


def test_a_scheduled_post_becomes_public_when_its_time_comes(client: Client, public_post: Post) -> None:
    assert client.get("/unreleased-future/").status_code == 404
    later = timezone.now() + timedelta(hours=2)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert client.get("/unreleased-future/").status_code == 200
        for url in ("/", "/blog/", "/feed/", "/sitemap-posts.xml", "/category/knees/", "/open/"):
            assert "unreleased-future" in client.get(url).content.decode(), url


def test_is_published_and_published_agree() -> None:
    now = timezone.now()
    for status in Post.Status:
        for published_at in (None, now - timedelta(seconds=1), now + timedelta(minutes=1)):
            if status == Post.Status.DRAFT or published_at:
                make_post(status=status, published_at=published_at)
    public = set(Post.objects.published())
    scheduled = set(Post.objects.scheduled())
    assert Post.objects.count() == 5
    for post in Post.objects.all():
        assert post.is_published == (post in public)
        assert post.is_scheduled == (post in scheduled)


def test_tags_categories_and_authors_without_public_posts_are_in_no_sitemap(client: Client, public_post: Post) -> None:
    Post.objects.filter(pk=public_post.pk).update(status=Post.Status.DRAFT)
    for name in ("categories", "tags", "authors", "posts"):
        assert "<loc>" not in client.get(f"/sitemap-{name}.xml").content.decode()


def test_tags_and_authors_of_hidden_posts_have_no_page(client: Client, public_post: Post) -> None:
    make_author(name="In the sidebar", position=0)
    Author.objects.filter(pk=public_post.author.pk).update(position=1)
    urls = ("/tag/stairs/", "/tag/stairs/feed/", public_post.author.get_absolute_url())
    assert [client.get(url).status_code for url in urls] == [200, 200, 200]
    Post.objects.filter(pk=public_post.pk).update(status=Post.Status.DRAFT)
    assert [client.get(url).status_code for url in urls] == [404, 404, 404]
    assert client.get("/category/knees/").status_code == 200


def test_the_author_in_the_sidebar_has_a_page_before_the_first_post(client: Client) -> None:
    assert client.get(make_author().get_absolute_url()).status_code == 200


def test_the_owner_sees_a_draft_marked_as_private(admin_client: Client, public_post: Post) -> None:
    response = admin_client.get("/unreleased-draft/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response.content.decode()
    assert "noindex" not in admin_client.get("/open/").content.decode()


def test_a_user_without_permissions_sees_no_draft(client: Client, public_post: Post, admin_user: User) -> None:
    client.force_login(User.objects.create_user("someone@example.com", "x"))
    assert client.get("/unreleased-draft/").status_code == 404
