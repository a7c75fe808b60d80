"""Drafts and future posts: in no list, feed, map, neighbour, count or page, until their time comes by the clock."""

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


def public_addresses(post: Post) -> Iterator[str]:
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
    """A public post beside a draft and one of tomorrow that share everything with it."""
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


def test_a_hidden_post_is_on_no_public_page(client: Client, public_post: Post) -> None:
    for address in public_addresses(public_post):
        text = client.get(address).content.decode()
        assert text
        assert "unreleased" not in text.lower(), address


def test_a_hidden_post_has_no_address(client: Client, public_post: Post) -> None:
    for slug in ("unreleased-draft", "unreleased-empty", "unreleased-future"):
        assert client.get(f"/{slug}/").status_code == 404
    assert client.get("/open/").status_code == 200


def test_hidden_posts_are_not_counted(public_post: Post) -> None:
    assert Post.objects.published().archive_counts().categories == {"knees/": 1}
    assert [month.post_count for month in Post.objects.published().archive_counts().months] == [1]


def test_hidden_posts_are_nobodys_neighbour_or_relative(public_post: Post) -> None:
    assert public_post.surroundings() == (None, None, [], None)


def test_a_scheduled_post_goes_live_by_the_clock_alone(client: Client, public_post: Post) -> None:
    assert client.get("/unreleased-future/").status_code == 404
    later = timezone.now() + timedelta(hours=2)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert client.get("/unreleased-future/").status_code == 200
        for address in ("/", "/blog/", "/feed/", "/sitemap-posts.xml", "/category/knees/", "/open/"):
            assert "unreleased-future" in client.get(address).content.decode(), address


def test_the_rule_for_one_post_and_for_many_agree() -> None:
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


def test_an_empty_tag_category_or_author_is_not_on_the_map(client: Client, public_post: Post) -> None:
    Post.objects.filter(pk=public_post.pk).update(status=Post.Status.DRAFT)
    for name in ("categories", "tags", "authors", "posts"):
        assert "<loc>" not in client.get(f"/sitemap-{name}.xml").content.decode()


def test_names_that_only_hidden_posts_carry_are_nowhere(client: Client, public_post: Post) -> None:
    make_author(name="In the frame", position=0)
    Author.objects.filter(pk=public_post.author.pk).update(position=1)
    addresses = ("/tag/stairs/", "/tag/stairs/feed/", public_post.author.get_absolute_url())
    assert [client.get(address).status_code for address in addresses] == [200, 200, 200]
    Post.objects.filter(pk=public_post.pk).update(status=Post.Status.DRAFT)
    assert [client.get(address).status_code for address in addresses] == [404, 404, 404]
    assert client.get("/category/knees/").status_code == 200


def test_the_author_of_the_frame_has_a_page_before_the_first_post(client: Client) -> None:
    assert client.get(make_author().get_absolute_url()).status_code == 200


def test_the_owner_sees_a_draft_marked_and_uncached(admin_client: Client, public_post: Post) -> None:
    response = admin_client.get("/unreleased-draft/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response.content.decode()
    assert "noindex" not in admin_client.get("/open/").content.decode()


def test_an_account_without_rights_sees_no_draft(client: Client, public_post: Post, admin_user: User) -> None:
    client.force_login(User.objects.create_user("someone@example.com", "x"))
    assert client.get("/unreleased-draft/").status_code == 404
