"""One client is counted a limited number of times a day."""

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from blog.models import PostViewCount
from blog.views import MAX_VIEWS_COUNTED
from ptcomplete.views import MAX_NOT_FOUND
from public_forms import client_counts
from public_forms.client_counts import counts_today
from redirects.models import NotFoundLog
from tests.factories import make_post

BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def test_each_network_has_its_own_limit_and_no_address_is_stored(rf: RequestFactory) -> None:
    first, second = (rf.get("/", REMOTE_ADDR=ip) for ip in ("198.51.100.1", "198.51.100.2"))
    assert [counts_today(first, "x", limit=2) for _ in range(4)] == [True, True, False, False]
    assert counts_today(second, "x", limit=2)
    assert counts_today(first, "y", limit=2)
    assert "198.51" not in repr(client_counts._counts)


@pytest.mark.django_db
def test_identical_views_of_one_client_are_counted_a_limited_number_of_times(client: Client) -> None:
    post = make_post()
    for _ in range(MAX_VIEWS_COUNTED + 10):
        client.post(f"/count-view/{post.pk}/", headers=BROWSER)
    assert PostViewCount.objects.total() == MAX_VIEWS_COUNTED


@pytest.mark.django_db
def test_many_missing_pages_of_one_client_are_answered_cheaply_and_not_logged(client: Client) -> None:
    for number in range(MAX_NOT_FOUND):
        client.get(f"/missing-{number}/", headers=BROWSER)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/one-more/", headers=BROWSER)
    assert (response.status_code, response.content) == (404, b"Page not found.")
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert NotFoundLog.objects.count() == MAX_NOT_FOUND


@pytest.mark.django_db
def test_a_broken_link_under_the_pointer_is_not_logged(client: Client) -> None:
    client.get("/missing/", headers=BROWSER | {"Sec-Purpose": "prefetch;prerender"})
    assert not NotFoundLog.objects.exists()
