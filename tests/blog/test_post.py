"""Posts, categories and tags: constraints, URLs, order, counts and derived fields."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from lxml import html
from pytest_django import Settings

from blog.models import Category, Post, Tag
from tests.factories import make_author, make_category, make_post

pytestmark = pytest.mark.django_db


def test_a_published_post_needs_a_publication_time() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_post(published_at=None)
    post = make_post()
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(published_at=None)


def test_next_posts_lead_through_every_public_post_once_and_previous_posts_back() -> None:
    moment = timezone.now() - timedelta(days=3)
    for days in (0, 1, 1, 1, 2):  # three at the same time
        make_post(published_at=moment + timedelta(days=days))
    make_post(status=Post.Status.DRAFT, published_at=moment + timedelta(hours=30))
    post: Post | None = Post.objects.published().newest_first().last()
    visited = []
    while post:
        visited.append(post)
        next_post = post.linked_posts().next
        assert next_post is None or next_post.linked_posts().previous == post
        post = next_post
    assert visited == list(Post.objects.published().newest_first().reverse())


def test_the_count_of_a_month_equals_the_length_of_its_list(client: Client) -> None:
    for months_ago in (0, 0, 2, 14):
        make_post(published_at=timezone.now() - timedelta(days=1 + 30 * months_ago))
    make_post(published_at=timezone.now() + timedelta(days=1))
    make_post(status=Post.Status.DRAFT, published_at=timezone.now() - timedelta(days=60))
    months = Post.objects.published().archive_counts().months
    assert sum(month.post_count for month in months) == 4
    assert months == sorted(months, reverse=True)
    for month in months:
        page: Any = html.fromstring(client.get(f"/{month.first_day:%Y/%m}/").content)
        assert len(page.xpath("//main//article")) == month.post_count


@pytest.mark.parametrize("slug", ["admin", "blog", "feed", "2026"])
def test_a_post_cannot_take_a_url_of_the_site(slug: str) -> None:
    with pytest.raises(ValidationError, match="The site itself uses"):
        Post(title="x", slug=slug, author=make_author()).full_clean()


def test_the_error_for_a_taken_url_names_the_other_post() -> None:
    make_post(title="The first", slug="mine")
    with pytest.raises(ValidationError, match="The first"):
        Post(title="x", slug="mine", author=make_author()).clean()


def test_a_slug_is_created_from_a_title_in_any_script(client: Client) -> None:
    post = Post(title="Колено и лестница", author=make_author())
    post.full_clean()
    post.publish()
    assert post.slug == "колено-и-лестница"
    assert client.get(post.get_absolute_url()).status_code == 200


def test_the_tags_of_a_post_are_in_alphabetical_order() -> None:
    for name in ("Posture", "Neck", "Desk work"):
        make_post().tags.add(name)
    post = make_post(tags=["Neck", "Posture", "Desk work"])
    prefetched = Post.objects.prefetch_related("tags").get(pk=post.pk)  # type: ignore[misc]
    for found in (Post.objects.get(pk=post.pk), prefetched):
        assert [tag.name for tag in found.tags.all()] == ["Desk work", "Neck", "Posture"]


def test_tags_are_case_insensitive() -> None:
    make_post(tags=["Low Back"])
    make_post(tags=["low back", "LOW BACK"])
    assert [tag.name for tag in Tag.objects.all()] == ["Low Back"]


def test_word_count_headings_and_summary_are_derived_from_the_text() -> None:
    post = make_post(body="<h2>One</h2><p>Two three.</p><script>x</script>")
    assert (post.word_count, post.headings) == (3, [[2, "one", "One"]])
    assert post.body == '<h2 id="one">One</h2>\n<p>Two three.</p>'
    assert post.summary == "Two three."
    post.excerpt = "By hand."
    post.save()
    assert Post.objects.get().summary == "By hand."


def test_the_month_of_a_post_is_in_the_sites_time_zone(settings: Settings) -> None:
    settings.TIME_ZONE = "America/New_York"
    post = make_post(published_at=datetime(2026, 3, 1, 2, 0, tzinfo=UTC))
    assert post.month is not None
    assert (post.month.year, post.month.month) == (2026, 2)


def test_the_url_of_a_subcategory_redirects_after_its_parent_moved_in_any_script(client: Client) -> None:
    above = make_category(slug="колено")
    make_post(categories=[make_category(slug="боль", parent=above)])
    above.slug = "бедро"
    above.save()
    assert client.get(client.get("/category/колено/боль/")["Location"]).status_code == 200


def test_renaming_a_category_changes_the_paths_of_its_subcategories() -> None:
    pain = make_category(slug="pain")
    back = make_category(slug="back", parent=pain)
    low = make_category(slug="low", parent=back)
    make_category(slug="pain-free")
    pain.slug = "sore"
    pain.save()
    assert set(Category.objects.values_list("path", flat=True)) == {
        "sore/",
        "sore/back/",
        "sore/back/low/",
        "pain-free/",
    }
    back.refresh_from_db()
    back.parent = None
    back.save()
    low.refresh_from_db()
    assert low.path == "back/low/"


def test_a_category_cannot_be_its_own_ancestor() -> None:
    top = make_category()
    below = make_category(parent=top)
    top.parent = below
    with pytest.raises(ValidationError, match="cannot be its own parent"):
        top.clean()


def test_the_count_of_a_category_includes_subcategories_and_counts_every_post_once() -> None:
    pain = make_category(slug="pain")
    back = make_category(slug="back", parent=pain)
    make_category(slug="pain-free")
    make_post(categories=[pain, back])
    make_post(categories=[back])
    counts = Post.objects.published().archive_counts().categories
    assert counts == {"pain/": 2, "pain/back/": 2}
    for category in Category.objects.all():
        assert Post.objects.in_category(category).count() == counts.get(category.path, 0)


def test_the_primary_category_is_one_of_the_categories() -> None:
    first, second = make_category(position=1), make_category(position=0)
    post = make_post(categories=[first, second])
    assert post.primary_category == second
    other = make_category()
    post.primary_category = other
    post.save()
    post.set_categories([first])
    assert set(post.categories.all()) == {first, other}


def test_a_post_in_several_subcategories_counts_once_for_their_parent() -> None:
    pain, sport = make_category(slug="pain"), make_category(slug="sport")
    knee, hip = (make_category(slug=slug, parent=pain) for slug in ("knee", "hip"))
    make_post(categories=[knee, hip])
    make_post(categories=[hip, knee, sport])
    make_post()
    archive_counts = Post.objects.published().archive_counts()
    assert archive_counts.categories == {"pain/": 2, "pain/knee/": 2, "pain/hip/": 2, "sport/": 1}
    assert [month.post_count for month in archive_counts.months] == [3]


@pytest.mark.parametrize("year", [1, 1989, 2101, 9999])
def test_an_unlikely_year_is_refused(year: int) -> None:
    post = make_post()
    post.published_at = datetime(year, 5, 3, tzinfo=UTC)
    with pytest.raises(ValidationError, match="a year from 1990 to 2100"):
        post.clean()


def test_category_slugs_are_lowercase(client: Client) -> None:
    upper, lower = Category(name="Pain", slug="Pain"), Category(name="Ache", slug="pain")
    upper.full_clean()
    upper.save()
    assert upper.path == "pain/"
    with pytest.raises(ValidationError, match="“Pain” already has this URL"):
        lower.full_clean()


def test_a_category_cannot_take_the_url_of_a_feed() -> None:
    with pytest.raises(ValidationError, match="for the site's feeds"):
        Category(name="Feed", slug="Feed", parent=make_category()).full_clean()


def test_a_slug_that_makes_the_path_of_a_subcategory_too_long_is_refused() -> None:
    top = lowest = make_category(slug="a")
    for _ in range(4):
        lowest = make_category(slug="b" * 200, parent=lowest)
    top.slug = "c" * 195
    top.full_clean()
    top.slug = "c" * 196
    with pytest.raises(ValidationError, match="too long"):
        top.full_clean()
    with pytest.raises(ValidationError, match="too long"):
        Category(name="x", slug="d" * 197, parent=lowest).full_clean()


def test_names_without_letters_get_slugs(client: Client) -> None:
    make_post(tags=["🎉", "🦵"], categories=[make_category(name="🎉", slug="")])
    assert set(Tag.objects.values_list("slug", flat=True)) == {"tag", "tag_1"}
    assert client.get("/category/category/").status_code == 200
    for tag in Tag.objects.all():
        assert client.get(tag.get_absolute_url()).status_code == 200
    assert client.get("/sitemap-tags.xml").status_code == 200


def test_control_characters_are_removed_from_names() -> None:
    assert make_category(name="Kn\x0bee", description="So\x00re").name == "Knee"
    assert Category.objects.get().description == "Sore"
    assert Tag.objects.create(name="Sta\x0birs").name == "Stairs"


def test_the_large_columns_of_a_post_are_the_last_in_the_table() -> None:
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, "blog_post")]
    # SQLite moves foreign keys to the same table behind all others.
    columns = [name for name in columns if not name.startswith("related_")]
    assert columns[-2:] == ["headings", "body"]
