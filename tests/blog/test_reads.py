"""Featured and popular posts, and how reads are counted without knowing anything about readers."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from blog.models import Post
from blog.models.views import PostViewCount, count_view
from tests.factories import make_post

BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def send(client: Client, post: Post, **headers: str) -> int:
    """Send what a reader's browser sends, with other `headers`; how often the post was read by now."""
    response = client.post(f"/count-view/{post.pk}/", headers=BROWSER | headers)
    assert (response.status_code, response.content, bool(response.cookies)) == (204, b"", False)
    return sum(PostViewCount.objects.filter(post=post).values_list("count", flat=True))


@pytest.mark.django_db
def test_reads_are_counted_by_post_and_day(client: Client) -> None:
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
def test_robots_other_sites_and_prefetches_are_not_counted(client: Client, headers: dict[str, str]) -> None:
    assert send(client, make_post(), **headers) == 0


@pytest.mark.django_db
def test_browsers_that_send_only_an_origin_are_counted(client: Client) -> None:
    assert send(client, make_post(), **{"Sec-Fetch-Site": "", "Origin": "http://testserver"}) == 1


@pytest.mark.django_db
def test_the_desk_and_posts_that_are_not_public_are_not_counted(admin_client: Client, client: Client) -> None:
    assert send(admin_client, make_post()) == 0
    assert send(client, make_post(status=Post.Status.DRAFT)) == 0
    for address in ("/count-view/999999/", f"/count-view/{10**30}/"):
        assert client.post(address, headers=BROWSER).status_code == 204
    assert client.get("/count-view/1/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_reads_at_the_same_moment_are_all_counted() -> None:
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
def test_popular_posts_are_the_most_read_of_90_days_then_the_featured_then_the_newest() -> None:
    now, today = timezone.now(), timezone.localdate()
    newest, featured, some, much, long_ago, draft = (
        make_post(published_at=now - timedelta(days=days)) for days in range(1, 7)
    )
    Post.objects.filter(pk=featured.pk).update(is_featured=True)
    Post.objects.filter(pk=draft.pk).update(status=Post.Status.DRAFT)
    for post, days, count in ((some, 80, 3), (much, 1, 2), (much, 2, 2), (long_ago, 91, 99), (draft, 0, 99)):
        PostViewCount.objects.create(post=post, day=today - timedelta(days=days), count=count)
    with CaptureQueriesContext(connection) as queries:
        assert Post.objects.published().popular(4) == [much, some, featured, newest]
    assert len(queries) == 1
    assert draft not in Post.objects.published().popular(9)


@pytest.mark.django_db
def test_the_newest_featured_post_leads_the_home_page_once(client: Client) -> None:
    now = timezone.now()
    lead = make_post(title="Lead", is_featured=True, published_at=now - timedelta(days=50))
    make_post(title="Led before", is_featured=True, published_at=now - timedelta(days=60))
    make_post(title="Not yet", is_featured=True, published_at=now + timedelta(days=1))
    newest = [make_post(published_at=now - timedelta(days=days)) for days in range(1, 7)]
    assert Post.objects.published().featured_first(5) == [lead, *newest[:4]]
    titles = html.fromstring(client.get("/").content).xpath(
        "//section[@aria-labelledby='home-latest-posts']//h3/a/text()"
    )
    assert titles == ["Lead", *(post.title for post in newest[:4])]


@pytest.mark.django_db
def test_the_desk_features_posts_and_shows_how_often_they_were_read(admin_client: Client) -> None:
    address = reverse("admin:blog_post_changelist")
    for number in range(3):
        post = make_post(title=f"Read {number}")
        PostViewCount.objects.create(post=post, day=timezone.localdate(), count=70 + number)
    admin_client.post(address, {"action": "lead_with_chosen", "_selected_action": [str(post.pk)]})
    assert [each.pk for each in Post.objects.filter(is_featured=True)] == [post.pk]
    page = html.fromstring(admin_client.get(address, {"is_featured__exact": "1"}).content)
    assert page.xpath("//td[@class='field-reads']/text()") == ["72"]
    admin_client.post(address, {"action": "stop_leading", "_selected_action": [str(post.pk)]})
    assert not Post.objects.filter(is_featured=True)


@pytest.mark.django_db
def test_a_public_post_asks_to_be_counted_and_a_draft_does_not(admin_client: Client) -> None:
    public, draft = make_post(), make_post(status=Post.Status.DRAFT)
    page = html.fromstring(admin_client.get(public.get_absolute_url()).content)
    assert page.xpath("//@data-view-url") == [f"/count-view/{public.pk}/"]
    page = html.fromstring(admin_client.get(draft.get_absolute_url()).content)
    assert not page.xpath("//@data-view-url")
