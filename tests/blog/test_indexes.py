"""Lists of posts come out of an index in their order, so that no page sorts all posts."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.admin.posts import PostAdmin
from blog.models import Post
from blog.models.post import PostQuerySet
from tests.factories import make_author, make_category, make_post


def plan_of(posts: PostQuerySet) -> str:
    """Return how the database reads the first of `posts`. PostgreSQL sorts only if it cannot do otherwise."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off")
    return posts[:10].explain()


@pytest.mark.django_db
def test_no_list_of_posts_is_sorted() -> None:
    category = make_category()
    make_post(primary_category=category)
    published = Post.objects.published().newest_first()
    lists = {
        "public": published,
        "category": published.filter(primary_category=category),
        "featured": published.filter(is_featured=True),
        "admin": Post.objects.not_trashed().order_by(*PostAdmin.ordering),
    }
    plans = {name: plan_of(posts) for name, posts in lists.items()}
    assert {name for name, plan in plans.items() if "Sort" in plan or "TEMP B-TREE" in plan} == set(), plans
    assert all("INDEX" in plan.upper() for plan in plans.values()), plans


@pytest.mark.django_db
def test_the_list_can_be_filtered_by_authors_with_posts(admin_client: Client) -> None:
    for name in ("Ann Busy", "Ben Busy"):
        make_post(author=make_author(name=name))
    make_author(name="Cid Idle")
    with CaptureQueriesContext(connection) as queries:
        page = admin_client.get("/admin/blog/post/").content.decode()
    assert "Ann Busy" in page
    assert "Ben Busy" in page
    assert "Cid Idle" not in page
    # The authors of all posts, which Django's filter reads.
    assert not [query["sql"] for query in queries if "SELECT DISTINCT" in query["sql"] and "author_id" in query["sql"]]
