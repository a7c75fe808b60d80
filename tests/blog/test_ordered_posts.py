"""The pages of a list of posts are counted and ordered once, whatever the number of posts."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Post
from blog.ordered_posts import OrderedPosts
from exercises.models import BodyRegion, Condition
from pagecache import per_version
from tests.factories import make_post

pytestmark = pytest.mark.django_db(transaction=True)


def read_page(number: int, path: str = "/blog/") -> list[str]:
    """Return the titles on a page of two posts, as a new request sees them."""
    posts: Any = OrderedPosts(RequestFactory().get(path), Post.objects.published().newest_first())
    return [post.title for post in Paginator(posts, 2).page(number)]


def test_a_page_has_its_posts_newest_first() -> None:
    now = timezone.now()
    for days in (3, 1, 2):
        make_post(title=f"{days} days old", published_at=now - timedelta(days=days))
    make_post(title="Tomorrow", published_at=now + timedelta(days=1))
    make_post(title="Draft", status=Post.Status.DRAFT, published_at=None)
    assert read_page(1) == ["1 days old", "2 days old"]
    assert read_page(2) == ["3 days old"]


def test_only_the_first_request_reads_the_order() -> None:
    for number in range(3):
        make_post(title=f"Post {number}")
    read_page(1)
    with CaptureQueriesContext(connection) as queries:
        read_page(2)
    sql = [query["sql"] for query in queries if "blog_post" in query["sql"]]
    assert len(sql) == 1
    assert "ORDER BY" not in sql[0]
    assert "COUNT" not in sql[0]


def test_a_published_post_appears_and_a_withdrawn_one_goes() -> None:
    old = make_post(title="Old", published_at=timezone.now() - timedelta(days=9))
    assert read_page(1) == ["Old"]
    make_post(title="New")
    assert read_page(1) == ["New", "Old"]
    old.status = Post.Status.DRAFT
    old.save()
    assert read_page(1) == ["New"]


def test_a_post_that_is_no_longer_public_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = make_post(title="Draft", status=Post.Status.DRAFT, published_at=None)
    public = make_post(title="Public")
    monkeypatch.setattr("blog.ordered_posts.ids_per_version", lambda *_: [draft.pk, public.pk])
    assert read_page(1) == ["Public"]


def test_an_order_that_is_too_large_is_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(per_version._ids._stored, "_Cache__maxsize", 400 + 8)
    for number in range(3):
        make_post(title=f"Post {number}")
    read_page(1)
    assert not per_version._ids._stored.currsize
    assert len(read_page(1)) == 2


def test_a_list_that_is_narrowed_down_has_its_own_order(client: Client) -> None:
    region = BodyRegion.objects.create(name="Knee")
    condition = Condition.objects.create(name="Arthritis")
    for title in ("Knee only", "Both"):
        make_post(title=title).body_regions.add(region)
    Post.objects.get(title="Both").conditions.add(condition)
    for query, titles in (("", {"Knee only", "Both"}), ("?condition=arthritis", {"Both"})):
        page = client.get(region.get_absolute_url() + query).context["page"]
        assert {post.title for post in page} == titles
