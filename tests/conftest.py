"""Fixtures that all tests share: clients, the database, the browser."""

import math
import os
import shutil
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from affiliates.models import programs
from evidence.glossary import rendering as glossary
from evidence.glossary.matcher import Matcher
from pagecache import per_version
from pagecache.storage import page_store
from public_forms import client_counts
from siteinfo.local_time import recent_site
from tests import chromium, databases
from tests.accounts.staff import sign_in
from tests.example_site import PUBLIC_PATHS, make_example_site
from tests.fuzzing import examples

# Generous, because a busy machine is slow but not broken.
expect.set_options(timeout=15_000)
hypothesis_settings.register_profile("suite", deadline=None, max_examples=examples(100))
hypothesis_settings.load_profile("suite")
TransactionTestCase._fixture_teardown = lambda _: databases.delete_rows()  # type: ignore[attr-defined]

MEDIA = django_settings.DATA_DIR / "test-media"
_numbers = count()


def pytest_xdist_auto_num_workers() -> int:
    """Use one process more than there are cores, because tests also wait for servers, browsers and other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a database: only they can differ between SQLite and PostgreSQL."""
    for item in items:
        if item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


@pytest.fixture(autouse=True)
def forget_client_counts() -> None:
    """Count the client of each test from zero."""
    client_counts.clear()


@pytest.fixture(scope="session")
def django_db_setup(
    pytestconfig: pytest.Config, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Create a database for this process. It is deleted with its folder or server."""
    cache = pytestconfig.cache
    assert cache
    with django_db_blocker.unblock():
        databases.create_database(cache.mkdir("databases"), os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture(scope="session")
def public_pages(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Any]:
    """Render every kind of public page once for all tests that only read them. Return the responses by path."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=MEDIA / "public"), transaction.atomic():
        make_example_site()
        responses = {path: Client().get(path) for path in PUBLIC_PATHS}
        transaction.set_rollback(True)
    assert {response.status_code for response in responses.values()} == {200}
    return responses


@pytest.fixture(autouse=True)
def media_root(settings: Settings) -> Iterator[Path]:
    """Return the folder of this test's uploads, which is created by the first upload."""
    folder = MEDIA / str(next(_numbers))
    settings.MEDIA_ROOT = folder
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def page_view_dir(settings: Settings, media_root: Path) -> None:
    """Store the page views of each test in a new folder."""
    settings.PAGE_VIEW_DIR = media_root / "page-views"


@pytest.fixture(autouse=True)
def clear_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test without cached pages and terms, and with Amazon as the only known affiliate program."""
    cache.clear()
    page_store.clear()
    per_version.clear()
    recent_site.cache_clear()
    monkeypatch.setattr(glossary, "_current", glossary.Glossary((0, None), Matcher(()), {}))
    monkeypatch.setattr(programs._host_cache, "_hosts", programs._AMAZON_HOSTS)
    monkeypatch.setattr(programs._host_cache, "_expires_at", math.inf)


@pytest.fixture
def admin_user(db: None) -> User:
    """Return the superuser that `admin_client` and `admin_page` are signed in as."""
    return User.objects.create_superuser("owner@example.com", "a password for tests")


@pytest.fixture
def admin_client(admin_user: User) -> Client:
    """Return a client that has just signed in as `admin_user`."""
    return sign_in(admin_user)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a Chromium that all tests of a process share."""
    # Playwright runs an event loop in this thread, where Django refuses queries by default.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def wait_for_requests(seconds: float = 10) -> None:
    """Wait until the live server has answered every request, so that the database can be emptied."""
    # A thread that was just created is listed already but cannot be joined yet, so we look instead of joining.
    deadline = time.monotonic() + seconds
    while any(thread.name.endswith("(process_request_thread)") for thread in threading.enumerate()):
        if time.monotonic() > deadline:
            break
        time.sleep(0.005)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Page]:
    """Return a visitor's page. The test fails when a script raises or the content security policy is violated."""
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    wait_for_requests()
    assert not errors


@pytest.fixture
def admin_page(page: Page, admin_client: Client, live_server: LiveServer) -> Page:
    """Return a page that is signed in as `admin_user`."""
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": admin_client.cookies[name].value, "url": live_server.url}])
    return page
