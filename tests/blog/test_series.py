"""Guides in several parts: readers find the way through the public ones, and only those."""

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


def guide() -> Series:
    """Three public parts, saved out of order, with a draft, a scheduled and a trashed one among them."""
    series = Series.objects.create(title="Run again", slug="run-again", description="Six weeks.")
    make_post(slug="third", title="Third", series=series, series_position=9)
    make_post(slug="first", title="First", series=series, series_position=1)
    make_post(slug="hidden", title="Hidden", series=series, series_position=2, status=Post.Status.DRAFT)
    later = timezone.now() + timedelta(days=1)
    make_post(slug="later", title="Later", series=series, series_position=3, published_at=later)
    make_post(slug="gone", title="Gone", series=series, series_position=4, trashed_at=timezone.now())
    make_post(slug="second", title="Second", series=series, series_position=5)
    return series


def box(client: Client, slug: str) -> tuple[str, list[str]]:
    """The words and the links of the box on the post at `slug`."""
    found: Any = html.fromstring(client.get(f"/{slug}/").content).xpath("//nav[@class='series']")
    return (" ".join(found[0].text_content().split()), found[0].xpath(".//a/@href")) if found else ("", [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "words", "links"),
    [
        ("first", "Part 1 of 3", ["/second/"]),
        ("second", "Part 2 of 3", ["/first/", "/third/"]),
        ("third", "Part 3 of 3", ["/second/"]),
    ],
)
def test_a_part_leads_to_the_public_parts_beside_it(client: Client, slug: str, words: str, links: list[str]) -> None:
    guide()
    said, found = box(client, slug)
    assert words in said
    assert found == ["/series/run-again/", *links]


@pytest.mark.django_db
def test_a_post_of_no_series_has_no_box(client: Client) -> None:
    make_post(slug="alone")
    assert box(client, "alone") == ("", [])


@pytest.mark.django_db
def test_the_series_lists_its_public_parts_in_order(client: Client) -> None:
    guide()
    page = html.fromstring(client.get("/series/run-again/").content)
    assert page.xpath("//article//h2/a/@href") == ["/first/", "/second/", "/third/"]
    assert "3 parts" in str(page.xpath("string(//main)"))


@pytest.mark.django_db
def test_a_series_without_a_public_part_is_unknown_to_readers_and_maps(client: Client) -> None:
    guide()
    Post.objects.exclude(slug="hidden").delete()
    assert client.get("/series/run-again/").status_code == 404
    assert "run-again" not in client.get("/sitemap-series.xml").content.decode()


@pytest.mark.django_db
def test_the_map_names_the_series(client: Client) -> None:
    guide()
    assert "/series/run-again/" in client.get("/sitemap-series.xml").content.decode()


@pytest.mark.django_db
def test_a_post_in_a_series_costs_no_query_more(client: Client) -> None:
    post = make_example_site()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/the-knee/").status_code == 200
        return len(queries)

    client.get("/")  # which sites pay is asked for once a minute
    alone = count()
    Post.objects.update(series=Series.objects.create(title="All", slug="all"))
    assert post.pk
    assert count() == alone


@pytest.mark.django_db
def test_parts_are_sorted_by_number_on_the_desk(admin_client: Client) -> None:
    series = guide()
    page = admin_client.get(reverse("admin:blog_series_change", args=[series.pk])).content.decode()
    assert page.index("First") < page.index("Hidden") < page.index("Second") < page.index("Third")
    assert "Gone" not in page
    parts = list(series.posts.filter(trashed_at=None).order_by("series_position"))
    sent = {"title": series.title, "slug": series.slug, "description": "", "image": ""}
    sent |= {"posts-TOTAL_FORMS": str(len(parts)), "posts-INITIAL_FORMS": str(len(parts))}
    for number, part in enumerate(parts):
        sent |= {f"posts-{number}-id": str(part.pk), f"posts-{number}-series": str(series.pk)}
        sent[f"posts-{number}-series_position"] = str(100 - number)
    assert admin_client.post(reverse("admin:blog_series_change", args=[series.pk]), sent).status_code == 302
    assert [part.title for part in series.parts()] == ["Third", "Second", "First"]


@pytest.mark.django_db
def test_deleting_a_series_keeps_its_posts(admin_client: Client) -> None:
    series = guide()
    admin_client.post(reverse("admin:blog_series_delete", args=[series.pk]), {"post": "yes"})
    assert not Series.objects.exists()
    assert Post.objects.filter(series=None).count() == 6


@pytest.mark.django_db
def test_the_picture_of_a_series_stays_in_the_library(admin_client: Client) -> None:
    image = make_image()
    Series.objects.create(title="Run", slug="run", image=image)
    admin_client.post(reverse("admin:images_image_delete", args=[image.pk]), {"post": "yes"})
    assert type(image).objects.filter(pk=image.pk).exists()
