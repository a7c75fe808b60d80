"""Posts as rows: constraints, neighbours, likeness, addresses, what is kept beside the text."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from lxml import html
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Category, Post, Tag
from tests.factories import make_author, make_category, make_image, make_post

pytestmark = pytest.mark.django_db


def test_a_published_post_without_a_time_cannot_be_stored() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_post(published_at=None)
    post = make_post()
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(published_at=None)


def test_the_chain_of_neighbours_walks_every_public_post_once() -> None:
    moment = timezone.now() - timedelta(days=3)
    for days in (0, 1, 1, 1, 2):  # three of the same second
        make_post(published_at=moment + timedelta(days=days))
    make_post(status=Post.Status.DRAFT, published_at=moment + timedelta(hours=30))
    post: Post | None = Post.objects.published().newest_first().last()
    walked = []
    while post:
        walked.append(post)
        following = post.surroundings().next
        assert following is None or following.surroundings().previous == post
        post = following
    assert walked == list(Post.objects.published().newest_first().reverse())


def test_related_posts_share_tags_and_topic_and_are_never_empty() -> None:
    knees, backs = make_category(), make_category()
    post = make_post(primary_category=knees, tags=["Stairs"])
    old = timezone.now() - timedelta(days=400)
    same_category = make_post(primary_category=knees, published_at=old)
    same_tag = make_post(primary_category=backs, tags=["stairs"], published_at=old)
    both = make_post(primary_category=knees, tags=["STAIRS"], published_at=old)
    for _ in range(4):
        make_post(primary_category=backs)
    assert post.surroundings().related == [both, same_category, same_tag]
    lonely = make_post()
    assert len(lonely.surroundings().related) == 3
    assert lonely not in lonely.surroundings().related


def test_surroundings_cost_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    posts = [make_post(tags=["A"], featured_image=make_image(), primary_category=make_category()) for _ in range(5)]
    post = Post.objects.prefetch_related("tags").get(pk=posts[2].pk)  # type: ignore[misc]
    with django_assert_num_queries(1):
        around = post.surroundings()
        for each in (around.previous, around.next, *around.related):
            assert each
            assert str(each.primary_category), str(each.featured_image)


def test_counts_of_months_equal_their_lists(client: Client) -> None:
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
def test_a_post_cannot_take_an_address_of_the_site(slug: str) -> None:
    with pytest.raises(ValidationError, match="The site itself uses"):
        Post(title="x", slug=slug, author=make_author()).full_clean()


def test_a_second_post_at_an_address_is_refused_by_name() -> None:
    make_post(title="The first", slug="mine")
    with pytest.raises(ValidationError, match="The first"):
        Post(title="x", slug="mine", author=make_author()).clean()


def test_a_title_in_any_script_gives_an_address(client: Client) -> None:
    post = Post(title="Колено и лестница", author=make_author())
    post.full_clean()
    post.publish()
    assert post.slug == "колено-и-лестница"
    assert client.get(post.get_absolute_url()).status_code == 200


def test_tags_that_differ_in_capitals_are_one() -> None:
    make_post(tags=["Low Back"])
    make_post(tags=["low back", "LOW BACK"])
    assert [tag.name for tag in Tag.objects.all()] == ["Low Back"]


def test_words_headings_and_summary_follow_the_text() -> None:
    post = make_post(body="<h2>One</h2><p>Two three.</p><script>x</script>")
    assert (post.word_count, post.headings) == (3, [[2, "one", "One"]])
    assert post.body == '<h2 id="one">One</h2>\n<p>Two three.</p>'
    assert post.summary == "Two three."
    post.excerpt = "By hand."
    post.save()
    assert Post.objects.get().summary == "By hand."


def test_a_post_belongs_to_its_month_in_the_sites_time_zone(settings: Settings) -> None:
    settings.TIME_ZONE = "America/New_York"
    post = make_post(published_at=datetime(2026, 3, 1, 2, 0, tzinfo=UTC))
    assert post.month is not None
    assert (post.month.year, post.month.month) == (2026, 2)


@pytest.mark.django_db
def test_the_old_address_below_a_moved_category_leads_on_in_any_script(client: Client) -> None:
    above = make_category(slug="колено")
    make_post(categories=[make_category(slug="боль", parent=above)])
    above.slug = "бедро"
    above.save()
    assert client.get(client.get("/category/колено/боль/")["Location"]).status_code == 200


def test_moving_a_category_moves_the_branch_below_it() -> None:
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


def test_a_category_cannot_lie_below_itself() -> None:
    top = make_category()
    below = make_category(parent=top)
    top.parent = below
    with pytest.raises(ValidationError, match="below itself"):
        top.clean()


def test_a_category_counts_its_branch_and_every_post_once() -> None:
    pain = make_category(slug="pain")
    back = make_category(slug="back", parent=pain)
    make_category(slug="pain-free")
    make_post(categories=[pain, back])
    make_post(categories=[back])
    counts = Post.objects.published().archive_counts().categories
    assert counts == {"pain/": 2, "pain/back/": 2}
    for category in Category.objects.all():
        assert Post.objects.in_category(category).count() == counts.get(category.path, 0)


def test_the_main_category_is_one_of_the_posts_categories() -> None:
    first, second = make_category(position=1), make_category(position=0)
    post = make_post(categories=[first, second])
    assert post.primary_category == second
    other = make_category()
    post.primary_category = other
    post.save()
    post.set_categories([first])
    assert set(post.categories.all()) == {first, other}


def test_a_post_in_two_categories_of_a_branch_counts_once_whatever_their_order() -> None:
    pain, sport = make_category(slug="pain"), make_category(slug="sport")
    knee, hip = (make_category(slug=slug, parent=pain) for slug in ("knee", "hip"))
    make_post(categories=[knee, hip])
    make_post(categories=[hip, knee, sport])
    make_post()
    archive_counts = Post.objects.published().archive_counts()
    assert archive_counts.categories == {"pain/": 2, "pain/knee/": 2, "pain/hip/": 2, "sport/": 1}
    assert [month.post_count for month in archive_counts.months] == [3]


@pytest.mark.parametrize("year", [1, 1989, 2101, 9999])
def test_a_mistyped_year_is_refused_in_a_sentence(year: int) -> None:
    post = make_post()
    post.published_at = datetime(year, 5, 3, tzinfo=UTC)
    with pytest.raises(ValidationError, match="a year from 1990 to 2100"):
        post.clean()


def test_category_addresses_are_in_small_letters(client: Client) -> None:
    upper, lower = Category(name="Pain", slug="Pain"), Category(name="Ache", slug="pain")
    upper.full_clean()
    upper.save()
    assert upper.path == "pain/"
    with pytest.raises(ValidationError, match="“Pain” has this address already"):
        lower.full_clean()


def test_a_category_cannot_take_the_address_of_its_parents_feed() -> None:
    with pytest.raises(ValidationError, match="for its feeds"):
        Category(name="Feed", slug="Feed", parent=make_category()).full_clean()


def test_an_address_too_long_for_the_branch_is_refused_in_a_sentence() -> None:
    top = place = make_category(slug="a")
    for _ in range(4):
        place = make_category(slug="b" * 200, parent=place)
    top.slug = "c" * 195
    top.full_clean()
    top.slug = "c" * 196
    with pytest.raises(ValidationError, match="too long"):
        top.full_clean()
    with pytest.raises(ValidationError, match="too long"):
        Category(name="x", slug="d" * 197, parent=place).full_clean()


def test_names_of_signs_alone_get_addresses(client: Client) -> None:
    make_post(tags=["🎉", "🦵"], categories=[make_category(name="🎉", slug="")])
    assert set(Tag.objects.values_list("slug", flat=True)) == {"tag", "tag_1"}
    assert client.get("/category/category/").status_code == 200
    for tag in Tag.objects.all():
        assert client.get(tag.get_absolute_url()).status_code == 200
    assert client.get("/sitemap-tags.xml").status_code == 200


def test_control_characters_stay_out_of_names() -> None:
    assert make_category(name="Kn\x0bee", description="So\x00re").name == "Knee"
    assert Category.objects.get().description == "Sore"
    assert Tag.objects.create(name="Sta\x0birs").name == "Stairs"
