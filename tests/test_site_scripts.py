"""The scripts of public pages do not depend on each other."""

import re
import time
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import FileSystemStorage
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from ptcomplete.staticfiles_storage import bundled
from tests.factories import make_post

SOURCES = FileSystemStorage(django_settings.BASE_DIR / "static")
BROKEN_SCRIPT = 'throw new Error("broken on purpose")\n'
# A link and an ad at the end of the page's text.
COUNTED = (
    '<p><a id="paid" href="#main" data-click-url="/clicked/">A mat</a></p>'
    '<div id="ad" data-impression-url="/impression/">An ad</div></main>'
)
SCRIPTS_TIMEOUT = 30  # seconds, on a busy machine
MOBILE_MENU = re.compile(r'<details class="mobile-menu">.*?</details>', re.DOTALL)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Visit:
    """A visitor's page with a fake clock, which records beacons and script errors."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.beacons: list[str] = []
        self.errors: list[str] = []
        page.on(
            "request", lambda request: self.beacons.append(request.url) if request.resource_type == "ping" else None
        )
        page.on("pageerror", lambda error: self.errors.append(error.message))
        page.clock.install()

    def open_post(self, *, has_mobile_menu: bool = True) -> None:
        """Open a post with an ad and a paid link, with or without the mobile menu in its header."""
        make_post(slug="the-knee", body="<p>Walk.</p>" * 3)

        def edit(route: Route) -> None:
            text, count = MOBILE_MENU.subn("", (response := route.fetch()).text())
            assert count == 1
            markup = response.text() if has_mobile_menu else text
            route.fulfill(response=response, body=markup.replace("</main>", COUNTED))

        self.page.route("**/the-knee/", edit)
        self.page.goto("/the-knee/")

    def assert_everything_is_counted(self) -> None:
        """Click, view the ad and stay for a while. Check that all three are counted and that the copy button works."""
        self.page.locator("#paid").click()
        expect(self.page.get_by_role("button", name="Copy link")).to_be_visible()
        for path in ("/clicked/", "/impression/", "/count-view/"):
            deadline = time.monotonic() + SCRIPTS_TIMEOUT
            while not any(path in url for url in self.beacons) and time.monotonic() < deadline:
                # Scripts load when they can, and what is above the ad may move it out of view again.
                self.page.locator("#ad").scroll_into_view_if_needed()
                self.page.clock.run_for(1_000)
                self.page.wait_for_timeout(50)
            assert [url for url in self.beacons if path in url], (path, self.beacons)


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Visit]:
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, permissions=["clipboard-read", "clipboard-write"])
    yield Visit(context.new_page())
    context.close()


@pytest.mark.parametrize("broken", ["menu", "feedback-form"])
def test_a_script_that_fails_does_not_stop_the_others(visit: Visit, broken: str) -> None:
    visit.page.route(f"**/{broken}.js", lambda route: route.fulfill(body=BROKEN_SCRIPT, content_type="text/javascript"))
    visit.open_post()
    visit.assert_everything_is_counted()
    assert visit.errors == ["broken on purpose"]


def test_a_bundled_script_that_fails_does_not_stop_the_others(visit: Visit) -> None:
    script = bundled("site/js/site.js", SOURCES).replace("try {\n", f"try {{\n{BROKEN_SCRIPT}", 1)
    visit.page.route("**/site/js/site.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    visit.open_post()
    visit.assert_everything_is_counted()
    assert visit.errors == ["broken on purpose"]


def test_scripts_work_without_a_mobile_menu(visit: Visit) -> None:
    visit.open_post(has_mobile_menu=False)
    visit.assert_everything_is_counted()
    assert visit.errors == []
