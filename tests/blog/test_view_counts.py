"""Views of posts are counted without storing anything about visitors, and make posts popular."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from blog.models import Post
from blog.models.view_counts import PostViewCount, count_view
from tests.factories import make_post

BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def send(client: Client, post: Post, **headers: str) -> int:
    """Send the request of a browser, with other `headers`, and return the number of views of the post."""
    response = client.post(f"/count-view/{post.pk}/", headers=BROWSER | headers)
    assert (response.status_code, response.content, bool(response.cookies)) == (204, b"", False)
    return sum(PostViewCount.objects.filter(post=post).values_list("count", flat=True))


@pytest.mark.django_db
def test_views_are_counted_by_post_and_day(client: Client) -> None:
    post = make_post()
    assert [send(client, post), send(client, post)] == [1, 2]
    PostViewCount.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert send(client, post) == 3
    assert PostViewCount.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example.com"},
        {"Sec-Purpose": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; ExampleBot/2.1)"},
        {"User-Agent": ""},
    ],
)
def test_bots_other_sites_and_prefetches_are_not_counted(client: Client, headers: dict[str, str]) -> None:
    assert send(client, make_post(), **headers) == 0


@pytest.mark.django_db
def test_browsers_that_send_only_an_origin_are_counted(client: Client) -> None:
    assert send(client, make_post(), **{"Sec-Fetch-Site": "", "Origin": "http://testserver"}) == 1


@pytest.mark.django_db
def test_views_by_staff_and_of_hidden_posts_are_not_counted(admin_client: Client, client: Client) -> None:
    assert send(admin_client, make_post()) == 0
    assert send(client, make_post(status=Post.Status.DRAFT)) == 0
    for url in ("/count-view/999999/", f"/count-view/{10**30}/"):
        assert client.post(url, headers=BROWSER).status_code == 204
    assert client.get("/count-view/1/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_concurrent_views_are_all_counted() -> None:
    post, start = make_post(), Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(5):
            count_view(post.pk)
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert PostViewCount.objects.get().count == 20


@pytest.mark.django_db
def test_popular_posts_are_the_most_viewed_of_90_days_then_featured_then_newest() -> None:
    now, today = timezone.now(), timezone.localdate()
    newest, featured, some, much, long_ago, draft = (
        make_post(published_at=now - timedelta(days=days)) for days in range(1, 7)
    )
    Post.objects.filter(pk=featured.pk).update(is_featured=True)
    Post.objects.filter(pk=draft.pk).update(status=Post.Status.DRAFT)
    for post, days, count in ((some, 80, 3), (much, 1, 2), (much, 2, 2), (long_ago, 91, 99), (draft, 0, 99)):
        PostViewCount.objects.create(post=post, day=today - timedelta(days=days), count=count)
    assert Post.objects.published().popular(4) == [much, some, featured, newest]
    assert draft not in Post.objects.published().popular(9)


@pytest.mark.django_db
def test_the_home_page_starts_with_the_newest_featured_post(client: Client) -> None:
    now = timezone.now()
    featured = make_post(title="Featured", is_featured=True, published_at=now - timedelta(days=50))
    make_post(title="Featured before", is_featured=True, published_at=now - timedelta(days=60))
    make_post(title="Not yet", is_featured=True, published_at=now + timedelta(days=1))
    newest = [make_post(published_at=now - timedelta(days=days)) for days in range(1, 7)]
    assert Post.objects.published().featured_first(5) == [featured, *newest[:4]]
    titles = html.fromstring(client.get("/").content).xpath(
        "//section[@aria-labelledby='home-latest-posts']//h3/a/text()"
    )
    assert titles == ["Featured", *(post.title for post in newest[:4])]


@pytest.mark.django_db
def test_the_admin_features_posts_and_shows_recent_views(admin_client: Client) -> None:
    url = reverse("admin:blog_post_changelist")
    for number in range(3):
        post = make_post(title=f"Viewed {number}")
        PostViewCount.objects.create(post=post, day=timezone.localdate(), count=70 + number)
    admin_client.post(url, {"action": "feature", "_selected_action": [str(post.pk)]})
    assert [each.pk for each in Post.objects.filter(is_featured=True)] == [post.pk]
    page = html.fromstring(admin_client.get(url, {"is_featured__exact": "1"}).content)
    assert page.xpath("//td[@class='field-recent_views']/text()") == ["72"]
    admin_client.post(url, {"action": "unfeature", "_selected_action": [str(post.pk)]})
    assert not Post.objects.filter(is_featured=True)


@pytest.mark.django_db
def test_the_page_of_a_public_post_counts_views_and_that_of_a_draft_does_not(admin_client: Client) -> None:
    public, draft = make_post(), make_post(status=Post.Status.DRAFT)
    page = html.fromstring(admin_client.get(public.get_absolute_url()).content)
    assert page.xpath("//@data-view-url") == [f"/count-view/{public.pk}/"]
    page = html.fromstring(admin_client.get(draft.get_absolute_url()).content)
    assert not page.xpath("//@data-view-url")
