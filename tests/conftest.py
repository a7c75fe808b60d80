"""The cast of the tests, and the browser."""

import math
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client, TransactionTestCase
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from affiliates import programs
from tests import chromium, databases

# A busy machine is slow, not wrong.
expect.set_options(timeout=15_000)
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")
TransactionTestCase._fixture_teardown = lambda _: databases.delete_rows()  # type: ignore[attr-defined]


def pytest_xdist_auto_num_workers() -> int:
    """Use one process more than there are cores, because tests also wait for servers, browsers and other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ask a database: only they can tell one from another."""
    for item in items:
        if item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


@pytest.fixture(scope="session")
def django_db_setup(
    pytestconfig: pytest.Config, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Create a database for this process. It is deleted with its folder or server."""
    cache = pytestconfig.cache
    assert cache
    with django_db_blocker.unblock():
        databases.create_database(cache.mkdir("databases"), os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> Path:
    """The folder of uploads, another one for each test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def no_kept_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts with a site that nobody has looked at, and whose programs are known: Amazon alone."""
    cache.clear()
    monkeypatch.setattr(programs._hosts, "_known", programs._ALWAYS)
    monkeypatch.setattr(programs._hosts, "_until", math.inf)


@pytest.fixture
def owner(db: None) -> User:
    """The one who may do everything."""
    return User.objects.create_superuser("owner@example.com", "a password for tests")


@pytest.fixture
def signed_in(owner: User) -> Client:
    """The owner's browser, at the writing desk."""
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def reader() -> Client:
    """Somebody who reads, without an account."""
    return Client()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser, one for all tests of a process."""
    # Playwright's loop runs in this thread; Django would take our queries for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.on_this_machine(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Page]:
    """A reader's page. Whatever it does, it may neither raise in a script nor break our content policy."""
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(error.message))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    # What was asked must be done, as the database is emptied right after. A closed connection ends its thread.
    for thread in threading.enumerate():
        if thread.name.endswith("(process_request_thread)"):
            thread.join(10)
    assert not faults


@pytest.fixture
def owner_page(page: Page, signed_in: Client, live_server: LiveServer) -> Page:
    """The same, with the owner signed in."""
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": signed_in.cookies[name].value, "url": live_server.url}])
    return page
