"""Clicks redirect to the stored URL and are counted for people only."""

from datetime import timedelta
from itertools import count
from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from affiliates.models import ClickCount, Program
from siteinfo.local_time import recent_site
from tests.affiliates.factories import make_link
from tests.factories import make_post

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
GOOGLEBOT = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
OWN_PAGE = BROWSER | {"Sec-Fetch-Site": "same-origin"}


def counts() -> list[tuple[str, int, int]]:
    return list(ClickCount.objects.order_by("pk").values_list("link__slug", "post", "count"))


def test_a_click_redirects_to_the_shop_with_the_tag_and_is_not_cached(shop: Program, client: Client) -> None:
    make_link(shop, slug="mat", destination="https://shop.example.com/mat?size=l")
    response = client.get("/go/mat/", headers=BROWSER)
    assert response.status_code == 302
    assert response["Location"] == "https://shop.example.com/mat?size=l&ref=me"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert counts() == [("mat", 0, 1)]


def test_redirects_of_bots_prefetches_and_staff_are_not_counted(
    shop: Program, client: Client, admin_client: Client
) -> None:
    make_link(shop, slug="mat")
    client.get("/go/mat/", headers=BROWSER)
    client.get("/go/mat/", headers=GOOGLEBOT)
    client.get("/go/mat/", headers={})
    client.head("/go/mat/", headers=BROWSER)
    for name, value in (("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch"), ("X-Moz", "prefetch")):
        client.get("/go/mat/", headers=BROWSER | {name: value})
    admin_client.get("/go/mat/", headers=BROWSER)
    assert counts() == [("mat", 0, 1)]


def test_direct_clicks_of_bots_other_sites_and_staff_are_not_counted(
    amazon: Program, client: Client, admin_client: Client
) -> None:
    make_link(amazon, slug="roller")
    assert client.post("/go/roller/click/", headers=OWN_PAGE).status_code == 204
    client.post("/go/roller/click/", headers=GOOGLEBOT | {"Sec-Fetch-Site": "same-origin"})
    client.post("/go/roller/click/", headers=BROWSER | {"Sec-Fetch-Site": "cross-site"})
    client.post("/go/roller/click/", headers=BROWSER)
    admin_client.post("/go/roller/click/", headers=OWN_PAGE)
    assert client.get("/go/roller/click/", headers=OWN_PAGE).status_code == 405
    assert client.head("/go/roller/click/", headers=OWN_PAGE).status_code == 405
    assert client.post("/go/never/click/", headers=OWN_PAGE).status_code == 204
    assert counts() == [("roller", 0, 1)]


def test_a_click_counts_for_the_post_it_comes_from(shop: Program, amazon: Program, client: Client) -> None:
    make_link(shop, slug="mat")
    make_link(amazon, slug="roller")
    post = make_post(slug="knees")
    for referer in (
        "http://testserver/knees/",
        "http://testserver/knees/?x=1#y",
        "http://testserver/",
        "https://elsewhere.example/knees/",
    ):
        client.get("/go/mat/", headers=BROWSER | {"Referer": referer})
    client.post("/go/roller/click/", headers=OWN_PAGE | {"Referer": "http://testserver/knees/"})
    assert counts() == [("mat", post.pk, 2), ("mat", 0, 2), ("roller", post.pk, 1)]


def test_clicks_are_counted_by_day(shop: Program, client: Client) -> None:
    link = make_link(shop, slug="mat")
    ClickCount.objects.create(link=link, day=timezone.localdate() - timedelta(days=30), count=7)
    for _ in range(2):
        client.get("/go/mat/", headers=BROWSER)
    assert ClickCount.objects.last_days(30).total() == 2
    assert ClickCount.objects.total() == 9


def test_a_click_takes_one_indexed_query_and_one_write(shop: Program, client: Client) -> None:
    make_link(shop, slug="mat")
    make_post(slug="knees")
    headers = BROWSER | {"Referer": "http://testserver/knees/"}
    client.get("/go/mat/", headers=headers)
    with CaptureQueriesContext(connection) as queries:
        client.get("/go/mat/", headers=headers)
    # The first asks whether the site is under maintenance.
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT", "INSERT"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[1]['sql']}")
            assert not [row for row in cursor.fetchall() if str(row[3]).startswith("SCAN")]


@pytest.mark.django_db(transaction=True)
def test_a_click_does_not_query_the_page_cache(client: Client) -> None:
    program = Program.objects.create(name="Shop", hosts="shop.example.com")
    make_link(program, slug="mat")
    recent_site()  # is asked for once a minute
    with CaptureQueriesContext(connection) as queries:
        client.get("/go/mat/", headers=BROWSER)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT", "INSERT"]


def test_amazon_links_get_a_page_instead_of_a_redirect(amazon: Program, client: Client) -> None:
    make_link(amazon, slug="roller", destination="https://www.amazon.com/dp/B000000001")
    response = client.get("/go/roller/", headers=BROWSER)
    page = response.content.decode()
    assert response.status_code == 200
    assert 'href="https://www.amazon.com/dp/B000000001?tag=mine-20"' in page
    assert page.index("I may earn a commission") < page.index("B000000001?tag")
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert counts() == []


def test_a_retired_link_redirects_to_its_replacement_or_is_not_found(shop: Program, client: Client) -> None:
    old, middle, new = (make_link(shop, slug=name) for name in ("old", "middle", "new"))
    old.retire(middle)
    middle.retire(new)
    for slug in ("old", "middle", "new"):
        assert client.get(f"/go/{slug}/", headers=BROWSER)["Location"] == new.shop_url
    assert counts() == [("new", 0, 3)]
    new.retire()
    for slug in ("old", "middle", "new", "never"):
        assert client.get(f"/go/{slug}/", headers=BROWSER).status_code == 404


@pytest.mark.parametrize("query", ["?url=https://evil.example/", "?next=//evil.example", "?to=https://evil.example"])
def test_there_is_no_open_redirect(shop: Program, client: Client, query: str) -> None:
    link = make_link(shop, slug="mat")
    assert client.get(f"/go/mat/{query}", headers=BROWSER)["Location"] == link.shop_url
    assert client.get("/go/https://evil.example/", headers=BROWSER).status_code == 404
    assert client.get("/go/%2F%2Fevil.example/", headers=BROWSER).status_code == 404


def test_a_failing_counter_does_not_break_the_redirect(
    shop: Program, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("database is locked")

    link = make_link(shop, slug="mat")
    monkeypatch.setattr("affiliates.models.clicks.ClickCountQuerySet.increment", fail)
    assert client.get("/go/mat/", headers=BROWSER)["Location"] == link.shop_url
    assert "A click was not counted" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_concurrent_clicks_are_all_counted() -> None:
    program = Program.objects.create(name="Shop", hosts="shop.example.com")
    make_link(program, slug="mat")
    threads, clicks = 6, 20
    start = Barrier(threads)
    visitors = count(1)

    def click() -> None:
        client = Client()
        start.wait()
        for _ in range(clicks):
            address = f"198.51.100.{next(visitors)}"
            assert client.get("/go/mat/", headers=BROWSER, REMOTE_ADDR=address).status_code == 302
        connection.close()

    workers = [Thread(target=click) for _ in range(threads)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert counts() == [("mat", 0, threads * clicks)]
