"""Related posts: those chosen by the author, then similar ones. All are public, and none is the post itself."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from blog.models import Post, Series
from blog.related_posts import extract_keywords
from tests.factories import make_category, make_image, make_post, make_posts

pytestmark = pytest.mark.django_db


def test_chosen_posts_come_first_in_order_and_similar_posts_follow() -> None:
    knees = make_category()
    similar = make_post(primary_category=knees)
    second, first = make_post(), make_post()
    post = make_post(primary_category=knees, related_first=first, related_second=second)
    assert post.linked_posts().related == [first, second, similar]


def test_chosen_posts_that_are_not_public_are_skipped() -> None:
    draft = make_post(status=Post.Status.DRAFT)
    scheduled = make_post(published_at=timezone.now() + timedelta(days=1))
    trashed = make_post(trashed_at=timezone.now())
    public = make_post()
    post = make_post(related_first=draft, related_second=scheduled, related_third=trashed)
    assert post.linked_posts().related == [public]


def test_posts_that_share_tags_and_category_are_related_and_the_list_is_never_empty() -> None:
    knees, backs = make_category(), make_category()
    post = make_post(primary_category=knees, tags=["Stairs"])
    old = timezone.now() - timedelta(days=400)
    same_category = make_post(primary_category=knees, published_at=old)
    same_tag = make_post(primary_category=backs, tags=["stairs"], published_at=old)
    both = make_post(primary_category=knees, tags=["STAIRS"], published_at=old)
    for _ in range(4):
        make_post(primary_category=backs)
    assert post.linked_posts().related == [both, same_category, same_tag]
    lonely = make_post()
    assert len(lonely.linked_posts().related) == 3
    assert lonely not in lonely.linked_posts().related


def test_posts_that_share_keywords_are_related() -> None:
    old = timezone.now() - timedelta(days=50)
    similar = make_post(title="Climbing stairs with sore knees", published_at=old)
    for _ in range(3):
        make_post(title="Sleeping on your side")
    post = make_post(title="Why does my knee hurt on the stairs?")
    assert post.linked_posts().related[0] == similar


def test_of_equally_similar_posts_the_newer_come_first() -> None:
    now = timezone.now()
    older, newest, newer = (make_post(published_at=now - timedelta(days=days)) for days in (9, 1, 5))
    assert make_post().linked_posts().related == [newest, newer, older]


def test_a_post_without_category_tag_or_keyword_has_related_posts() -> None:
    other = make_post(title="How to do it")
    assert make_post(title="So?").linked_posts().related == [other]


def test_parts_of_the_same_series_come_last() -> None:
    series = Series.objects.create(title="Run", slug="run")
    part = make_post(series=series)
    other = make_post(published_at=timezone.now() - timedelta(days=90))
    post = make_post(series=series)
    assert post.linked_posts().related == [other, part]


def test_the_number_of_queries_does_not_grow_with_the_number_of_posts() -> None:
    category = make_category()

    def count_queries() -> int:
        post = Post.objects.prefetch_related("tags").newest_first()[0]  # type: ignore[misc]
        with CaptureQueriesContext(connection) as queries:
            shown = [
                (other.primary_category, other.featured_image, other.author) for other in post.linked_posts().related
            ]
            assert all(all(related) for related in shown)
        return len(queries)

    make_posts(12, categories=[category], tags=["A"], featured_image=make_image())
    with_twelve = count_queries()
    make_posts(108, categories=[category], tags=["A"], featured_image=make_image())
    assert count_queries() == with_twelve


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("How to help your knees, every day", "knee"),
        ("Exercises and an exercise", "exerci"),
        ("Колени и лестница", "колени лестни"),
        ("The 12_34 <b> ~", ""),
    ],
)
def test_keywords_are_stems_without_stop_words(text: str, keywords: str) -> None:
    assert extract_keywords([text]) == keywords


def test_a_post_cannot_be_related_to_itself_or_twice_to_the_same_post() -> None:
    post, other = make_post(), make_post()
    post.related_first = post
    with pytest.raises(ValidationError, match="related to itself"):
        post.clean()
    post.related_first = post.related_third = other
    with pytest.raises(ValidationError, match="already selected"):
        post.clean()


def test_revisions_and_copies_keep_the_chosen_posts(admin_client: Client) -> None:
    chosen = make_post()
    post = make_post(title="The original", related_second=chosen)
    admin_client.post(reverse("admin:blog_post_change", args=[post.pk]), {"_duplicate": "1"})
    assert Post.objects.get(title="Copy of The original").related_second == chosen
    data = post.snapshot()
    post.related_second = None
    post.save()
    post.apply(data)
    assert Post.objects.get(pk=post.pk).related_second == chosen
    chosen.delete()
    post.refresh_from_db()
    post.apply(data)
    assert Post.objects.get(pk=post.pk).related_second is None


def test_the_form_finds_posts_to_choose_by_title(admin_client: Client) -> None:
    make_post(title="Sore knees")
    query = {"term": "knee", "app_label": "blog", "model_name": "post", "field_name": "related_first"}
    found = admin_client.get(reverse("admin:autocomplete"), query).json()["results"]
    assert [each["text"] for each in found] == ["Sore knees"]


def test_without_a_query_the_link_dialog_suggests_similar_posts_that_are_not_linked_yet(admin_client: Client) -> None:
    linked = make_post(slug="linked", title="Sore knees on stairs")
    similar = make_post(title="Knees on stairs again", published_at=timezone.now() - timedelta(days=9))
    post = make_post(title="Stairs and knees", body='<p><a href="/linked/#more">There</a></p>')
    make_post(title="Sleep")
    suggestions = admin_client.get("/admin/links/", {"post": str(post.pk), "title": post.title}).json()["suggestions"]
    assert suggestions[0]["title"] == similar.title
    assert not {linked.title, post.title} & {suggestion["title"] for suggestion in suggestions}
    unsaved = admin_client.get("/admin/links/", {"title": "My knees", "post": "nonsense"}).json()["suggestions"]
    assert {unsaved[0]["title"], unsaved[1]["title"], unsaved[2]["title"]} == {linked.title, similar.title, post.title}
