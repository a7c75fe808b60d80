"""Series: posts link to the public parts before and after them, and only to those."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from blog.models import Post, Series
from tests.example_site import make_example_site
from tests.factories import make_image, make_post


def make_guide() -> Series:
    """Create a series of three public parts, saved out of order, and of a draft, a scheduled and a trashed part."""
    series = Series.objects.create(title="Run again", slug="run-again", description="Six weeks.")
    make_post(slug="third", title="Third", series=series, series_position=9)
    make_post(slug="first", title="First", series=series, series_position=1)
    make_post(slug="hidden", title="Hidden", series=series, series_position=2, status=Post.Status.DRAFT)
    later = timezone.now() + timedelta(days=1)
    make_post(slug="later", title="Later", series=series, series_position=3, published_at=later)
    make_post(slug="gone", title="Gone", series=series, series_position=4, trashed_at=timezone.now())
    make_post(slug="second", title="Second", series=series, series_position=5)
    return series


def navigation(client: Client, slug: str) -> tuple[str, list[str]]:
    """Return the text and the links of the series navigation on the post at `slug`."""
    found: Any = html.fromstring(client.get(f"/{slug}/").content).xpath("//nav[@class='series']")
    return (" ".join(found[0].text_content().split()), found[0].xpath(".//a/@href")) if found else ("", [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "position", "links"),
    [
        ("first", "Part 1 of 3", ["/second/"]),
        ("second", "Part 2 of 3", ["/first/", "/third/"]),
        ("third", "Part 3 of 3", ["/second/"]),
    ],
)
def test_a_part_links_to_the_public_parts_before_and_after_it(
    client: Client, slug: str, position: str, links: list[str]
) -> None:
    make_guide()
    text, found = navigation(client, slug)
    assert position in text
    assert found == ["/series/run-again/", *links]


@pytest.mark.django_db
def test_a_post_without_a_series_has_no_series_navigation(client: Client) -> None:
    make_post(slug="alone")
    assert navigation(client, "alone") == ("", [])


@pytest.mark.django_db
def test_the_series_lists_its_public_parts_in_order(client: Client) -> None:
    make_guide()
    page = html.fromstring(client.get("/series/run-again/").content)
    assert page.xpath("//article//h2/a/@href") == ["/first/", "/second/", "/third/"]
    assert "3 parts" in str(page.xpath("string(//main)"))


@pytest.mark.django_db
def test_a_series_without_public_parts_has_no_page_and_is_not_in_the_sitemap(client: Client) -> None:
    make_guide()
    Post.objects.exclude(slug="hidden").delete()
    assert client.get("/series/run-again/").status_code == 404
    assert "run-again" not in client.get("/sitemap-series.xml").content.decode()


@pytest.mark.django_db
def test_a_series_is_in_the_sitemap(client: Client) -> None:
    make_guide()
    assert "/series/run-again/" in client.get("/sitemap-series.xml").content.decode()


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_number_of_parts(client: Client) -> None:
    make_example_site()

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/the-knee/").status_code == 200
        return len(queries)

    series = Series.objects.create(title="All", slug="all")
    Post.objects.filter(slug="the-knee").update(series=series)
    count_queries()  # caches what is asked once a minute
    alone = count_queries()
    Post.objects.update(series=series)
    assert count_queries() == alone


@pytest.mark.django_db
def test_the_admin_lists_and_reorders_parts(admin_client: Client) -> None:
    series = make_guide()
    page = admin_client.get(reverse("admin:blog_series_change", args=[series.pk])).content.decode()
    assert page.index("First") < page.index("Hidden") < page.index("Second") < page.index("Third")
    assert "Gone" not in page
    parts = list(series.posts.filter(trashed_at=None).order_by("series_position"))
    data = {"title": series.title, "slug": series.slug, "description": "", "image": ""}
    data |= {"posts-TOTAL_FORMS": str(len(parts)), "posts-INITIAL_FORMS": str(len(parts))}
    for number, part in enumerate(parts):
        data |= {f"posts-{number}-id": str(part.pk), f"posts-{number}-series": str(series.pk)}
        data[f"posts-{number}-series_position"] = str(100 - number)
    assert admin_client.post(reverse("admin:blog_series_change", args=[series.pk]), data).status_code == 302
    reordered = Post.objects.published().filter(series=series).in_series_order()
    assert [part.title for part in reordered] == ["Third", "Second", "First"]


@pytest.mark.django_db
def test_deleting_a_series_keeps_its_posts(admin_client: Client) -> None:
    series = make_guide()
    admin_client.post(reverse("admin:blog_series_delete", args=[series.pk]), {"post": "yes"})
    assert not Series.objects.exists()
    assert Post.objects.filter(series=None).count() == 6


@pytest.mark.django_db
def test_the_image_of_a_series_cannot_be_deleted(admin_client: Client) -> None:
    image = make_image()
    Series.objects.create(title="Run", slug="run", image=image)
    admin_client.post(reverse("admin:images_image_delete", args=[image.pk]), {"post": "yes"})
    assert type(image).objects.filter(pk=image.pk).exists()
