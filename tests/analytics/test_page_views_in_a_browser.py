"""What a real browser sends: one view for a visitor, none for anyone else, and the vitals when the page is left."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from analytics.models import HostCount, PageCount, SearchCount, VitalCount
from tests.analytics.beacons import count_all, views_of
from tests.conftest import wait_for_requests
from tests.factories import make_image, make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[BrowserContext]:
    """Return a browser that does not call itself headless."""
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, user_agent=CHROME)
    yield context
    context.close()
    wait_for_requests()


def leave(page: Page) -> None:
    """Leave the site, and wait for what the page sends then."""
    # As on switching to another tab. What Chromium sends while it unloads a page has its own user agent, a robot's.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    page.wait_for_timeout(500)
    page.goto("about:blank")
    page.wait_for_timeout(1000)
    wait_for_requests()


def open_and_leave(page: Page, path: str) -> None:
    """Open a page, wait until its scripts have run, and leave the site."""
    page.goto(path, wait_until="networkidle")
    leave(page)


def test_of_a_browser_a_robot_staff_and_a_prefetch_one_counts(
    visitor: BrowserContext, browser: Browser, live_server: LiveServer, admin_client: Client
) -> None:
    post = make_post(slug="knees", body="<p>Walk.</p>")
    answer = visitor.new_page()
    cookies: list[str | None] = []
    answer.on("response", lambda response: cookies.append(response.header_value("set-cookie")))
    open_and_leave(answer, post.get_absolute_url())
    assert any(cookies) is False
    assert visitor.cookies() == []
    robot = browser.new_context(base_url=live_server.url, user_agent=ROBOT)
    open_and_leave(robot.new_page(), post.get_absolute_url())
    staff = browser.new_context(base_url=live_server.url, user_agent=CHROME)
    name = django_settings.SESSION_COOKIE_NAME
    staff.add_cookies([{"name": name, "value": admin_client.cookies[name].value, "url": live_server.url}])
    open_and_leave(staff.new_page(), post.get_absolute_url())
    prefetch = browser.new_context(
        base_url=live_server.url, user_agent=CHROME, extra_http_headers={"Sec-Purpose": "prefetch"}
    )
    open_and_leave(prefetch.new_page(), post.get_absolute_url())
    for context in (robot, staff, prefetch):
        context.close()
    count_all()
    assert views_of("/knees/") == 1
    assert {kind for kind, _ in VitalCount.objects.values_list("kind", "metric")} == {"post"}
    assert "LCP" in VitalCount.objects.values_list("metric", flat=True)


def test_counting_waits_until_the_page_has_loaded(visitor: BrowserContext) -> None:
    make_post(slug="knees", featured_image=make_image())
    page = visitor.new_page()
    events: list[str] = []
    page.on("request", lambda request: events.append("view") if "/count-page/" in request.url else None)
    page.on("load", lambda _: events.append("load"))

    def answer_late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/media/**", answer_late)
    page.goto("/knees/", wait_until="networkidle")
    assert events == ["load", "view"]


def test_pages_of_one_visit_searches_and_outbound_clicks(visitor: BrowserContext, live_server: LiveServer) -> None:
    make_post(slug="knees", body='<p>Walk. <a href="https://pubmed.example/1/">Study</a></p>')
    page = visitor.new_page()
    page.route("https://pubmed.example/**", lambda route: route.fulfill(body="study"))
    page.goto("/", wait_until="networkidle")
    page.goto("/search/?q=Xyzzy+knee", wait_until="networkidle")
    page.evaluate("location.href = '/knees/'")
    page.wait_for_url("**/knees/")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Study").click()
    page.wait_for_url("https://pubmed.example/**")
    page.go_back(wait_until="networkidle")
    leave(page)
    count_all()
    assert views_of("/knees/") == 2
    assert SearchCount.objects.get().words == "xyzzy knee"
    assert HostCount.objects.get(is_outbound=True).host == "pubmed.example"
    assert PageCount.objects.get(page__path="").visitors == 1


def test_the_admin_sends_nothing(admin_page: Page) -> None:
    sent: list[str] = []
    admin_page.on("request", lambda request: sent.append(request.url) if "/count-page/" in request.url else None)
    admin_page.goto("/admin/", wait_until="networkidle")
    admin_page.goto("/", wait_until="networkidle")
    expect(admin_page.locator("body")).to_have_attribute("data-count-url", "/count-page/")
    assert sent == []
