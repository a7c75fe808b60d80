"""Cached pages are served before Django handles the request, and equal those that Django serves."""

from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client, RequestFactory

from blog.models import Post
from pagecache.version_connection import version_connection
from pagecache.versions import VERSIONS_KEY
from pagecache.wsgi import PageCacheApplication
from tests.factories import make_post

pytestmark = pytest.mark.django_db(transaction=True)


class Server:
    """The application as a web server calls it. Records the requests that reach Django."""

    def __init__(self) -> None:
        self.django = WSGIHandler()
        self.application = PageCacheApplication(self._pass_on)
        self.passed_on: list[WSGIEnvironment] = []

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.passed_on.append(environ)
        return self.django(environ, start_response)

    def get(self, path: str, method: str = "GET", **environ: str) -> tuple[str, dict[str, str], bytes]:
        """Return status, headers and body."""
        started: list[Any] = []
        request = RequestFactory().generic(method, path)
        # The request has decoded the path, which servers send as bytes in Latin-1.
        sent = request.environ | environ | {"PATH_INFO": request.environ["PATH_INFO"].encode().decode("latin-1")}
        chunks = self.application(sent, lambda *arguments: started.extend(arguments[:2]))  # type: ignore[arg-type]
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        return started[0], dict(started[1]), body


@pytest.fixture
def server() -> Iterator[Server]:
    """Yield a server, and end its connection, which would keep the database from being deleted."""
    version_connection._paused_until = 0.0
    yield Server()
    version_connection.close()


@pytest.fixture
def post() -> Post:
    """Return a public post."""
    return make_post(title="Cached", body="<p>Before.</p>")


def is_hit(response: tuple[str, dict[str, str], bytes]) -> bool:
    return response[1].get("Cache-Status") == "pages; hit"


def test_the_second_visitor_gets_the_same_page_without_django(server: Server, post: Post) -> None:
    first = server.get(post.get_absolute_url())
    second = server.get(post.get_absolute_url())
    assert len(server.passed_on) == 1
    assert (second[0], second[2]) == (first[0], first[2])
    assert b"Before." in second[2]
    ids = {"X-Request-ID"}
    assert second[1] == first[1] | {"Cache-Status": "pages; hit"} | {name: second[1][name] for name in ids}
    assert first[1]["X-Request-ID"] != second[1]["X-Request-ID"]


def test_middleware_and_application_send_the_same_page(server: Server, post: Post) -> None:
    path = post.get_absolute_url()
    server.get(path)
    for accepted in ("", "gzip", "br", "zstd"):
        by_middleware = Client().get(path, headers={"accept-encoding": accepted})
        status, headers, body = server.get(path, HTTP_ACCEPT_ENCODING=accepted)
        assert status == "200 OK"
        assert body == by_middleware.content
        headers["X-Request-ID"] = by_middleware["X-Request-ID"]
        assert headers == dict(by_middleware.items())


@pytest.mark.parametrize("slug", ["café", "επίπεδο", "جدول", "膝"])
def test_a_path_beyond_ascii_reaches_django_and_then_the_cache(server: Server, slug: str) -> None:
    make_post(slug=slug, title="Stairs")
    first, second = server.get(f"/{slug}/"), server.get(f"/{slug}/")
    assert first[0] == "200 OK"
    assert b"Stairs" in first[2]
    assert is_hit(second)
    assert second[2] == first[2]


def test_a_changed_post_is_rendered_again_with_the_versions_that_were_read(server: Server, post: Post) -> None:
    path = post.get_absolute_url()
    server.get(path)
    post.body = "<p>After.</p>"
    post.save()
    assert b"After." in server.get(path)[2]
    assert VERSIONS_KEY in server.passed_on[-1]
    assert is_hit(server.get(path))


def test_a_client_that_has_the_page_gets_304(server: Server, post: Post) -> None:
    path = post.get_absolute_url()
    server.get(path)
    tag = server.get(path)[1]["ETag"]
    status, headers, body = server.get(path, HTTP_IF_NONE_MATCH=tag)
    assert (status, body) == ("304 Not Modified", b"")
    assert headers["ETag"] == tag
    assert "Content-Length" not in headers
    assert "Content-Type" not in headers
    by_middleware = Client().get(path, headers={"if-none-match": tag})
    assert {name.lower() for name in headers} == {name.lower() for name in by_middleware.headers}


@pytest.mark.parametrize(
    ("method", "environ"),
    [
        ("HEAD", {}),
        ("POST", {}),
        ("GET", {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}=abc"}),
        ("GET", {"QUERY_STRING": "q=anything"}),
        ("GET", {"HTTP_HOST": "elsewhere.example"}),
    ],
)
def test_other_requests_reach_django(server: Server, post: Post, method: str, environ: dict[str, str]) -> None:
    path = post.get_absolute_url()
    server.get(path)
    server.get(path, method, **environ)
    assert len(server.passed_on) == 2


@pytest.mark.parametrize("name", ["DEBUG", "PAGE_CACHE_BYTES"])
def test_nothing_is_served_while_the_cache_is_off(settings: Any, post: Post, name: str) -> None:
    setattr(settings, name, name == "DEBUG")
    server = Server()
    for _ in range(2):
        server.get(post.get_absolute_url())
    assert len(server.passed_on) == 2


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has a server")
def test_a_lost_connection_costs_one_page_that_django_serves(server: Server, post: Post) -> None:
    path = post.get_absolute_url()
    server.get(path)
    assert is_hit(server.get(path))
    opened = version_connection._connection
    assert opened is not None
    pid = opened.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert server.get(path)[0] == "200 OK"
    assert len(server.passed_on) == 2
    assert is_hit(server.get(path))
    assert len(server.passed_on) == 2


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has a server")
def test_without_a_connection_of_its_own_django_serves_the_page(
    server: Server, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = post.get_absolute_url()
    server.get(path)
    version_connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    assert is_hit(server.get(path))
    assert len(server.passed_on) == 2
    # It waits before the next attempt.
    monkeypatch.undo()
    server.get(path)
    assert len(server.passed_on) == 3
    monkeypatch.setattr(version_connection, "_paused_until", 0.0)
    server.get(path)
    assert len(server.passed_on) == 3
