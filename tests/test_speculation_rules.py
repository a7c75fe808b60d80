"""Pages are prefetched when the pointer rests on a link, and only pages."""

import json
from fnmatch import fnmatch
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from blog.models import PostViewCount
from ptcomplete.speculation_rules import header
from tests.factories import make_post

HEADER = "Speculation-Rules"
START = '"data:application/speculationrules+json,'


def rule(value: str) -> dict[str, Any]:
    """Return the only rule of a header. Its URL must be a structured header string (RFC 9651), without quotes inside."""
    assert value.startswith(START)
    assert value.endswith('"')
    assert value.isascii()
    text = value.removeprefix(START).removesuffix('"')
    assert '"' not in text
    assert "\\" not in text
    assert " " not in text
    (prefetch,) = json.loads(unquote(text))["prefetch"]
    return dict(prefetch)


@pytest.mark.django_db
@pytest.mark.any_database
def test_visitors_get_the_rules_with_every_page(client: Client) -> None:
    make_post(slug="the-knee")
    for path in ("/", "/blog/", "/the-knee/"):
        assert rule(client.get(path)[HEADER])["eagerness"] == "moderate"


@pytest.mark.django_db(transaction=True)
def test_cached_pages_have_the_header(client: Client) -> None:
    client.get("/")
    response = client.get("/")
    assert response["Cache-Status"] == "pages; hit"
    assert response[HEADER]


@pytest.mark.django_db
@pytest.mark.any_database
def test_nothing_is_prefetched_in_the_admin_or_for_signed_in_users(client: Client, admin_client: Client) -> None:
    for response in (client.get("/admin/login/"), admin_client.get("/admin/"), admin_client.get("/")):
        assert response.status_code == 200
        assert HEADER not in response


@pytest.mark.django_db
@pytest.mark.any_database
def test_only_pages_have_the_header(client: Client) -> None:
    for path in ("/feed/", "/robots.txt", "/sitemap.xml", "/healthz", "/nothing/here/"):
        assert HEADER not in client.get(path)


def test_paths_that_are_never_cached_are_never_prefetched() -> None:
    _, excluded, _ = rule(header())["where"]["and"]
    patterns = excluded["not"]["href_matches"]
    for path in (*settings.PAGE_CACHE_IGNORED_PATHS, "/newsletter/u/token/", "/feedback/the-knee/", "/preview/token/"):
        assert any(fnmatch(f"{path}x", pattern) for pattern in patterns), path
    assert not any(fnmatch("/category/pain/knee/", pattern) for pattern in patterns)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_resting_on_a_link_prefetches_the_page_and_counts_no_view(page: Page, live_server: LiveServer) -> None:
    make_post(slug="the-knee", title="The knee")
    page.goto("/blog/")
    with page.expect_request(f"{live_server.url}/the-knee/") as request:
        page.get_by_role("link", name="The knee").first.hover()
    assert request.value.all_headers()["sec-purpose"].startswith("prefetch")
    assert page.url == f"{live_server.url}/blog/"
    assert not PostViewCount.objects.exists()
    page.get_by_role("link", name="The knee").first.click()
    page.wait_for_url("**/the-knee/")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].deliveryType") == "navigational-prefetch"
