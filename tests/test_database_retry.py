"""A request that only reads survives the loss of its connection to PostgreSQL; one that writes is not repeated."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.exception import convert_exception_to_response
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from pagecache.invalidation import _invalidate_on_write
from ptcomplete.database_retry import DatabaseRetryMiddleware, is_lost_connection
from ptcomplete.database_settings import complete
from ptcomplete.management.commands import worker
from public_forms.models import RateLimitCounter

type View = Callable[[HttpRequest], HttpResponse]

is_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has a server")


@pytest.fixture
def lose_connection(transactional_db: None) -> Iterator[Callable[[], None]]:
    """Yield a function that makes the server end this thread's connection, as a restart does."""

    def lose() -> None:
        other = connection.copy()
        with connection.cursor() as cursor, other.cursor() as killer:
            cursor.execute("SELECT pg_backend_pid()")
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
        other.close()

    yield lose
    connection.close()


def respond(view: View, request: HttpRequest) -> HttpResponse:
    """Return the response of `view` behind the middleware."""
    middleware: Any = DatabaseRetryMiddleware(cast("View", convert_exception_to_response(view)))
    return middleware(request)


def make_view(lose_connection: Callable[[], None], *, losses: int = 1, writes: bool = False) -> tuple[list[str], View]:
    """Return the list of attempts, and a view that loses its connection in the first ones."""
    attempts: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        attempts.append(request.method or "")
        if writes:
            RateLimitCounter.objects.create(fingerprint=f"attempt {len(attempts)}", day="2026-01-01")
        if len(attempts) <= losses:
            lose_connection()
        return HttpResponse(str(RateLimitCounter.objects.count()))

    return attempts, view


@is_postgres
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_is_built_again_on_a_new_connection(lose_connection: Callable[[], None], method: str) -> None:
    attempts, view = make_view(lose_connection)
    assert respond(view, RequestFactory().generic(method, "/")).status_code == 200
    assert attempts == [method, method]


@is_postgres
def test_there_is_one_more_attempt_only(lose_connection: Callable[[], None]) -> None:
    attempts, view = make_view(lose_connection, losses=5)
    assert respond(view, RequestFactory().get("/")).status_code == 500
    assert len(attempts) == 2


@is_postgres
def test_a_form_is_never_sent_twice(lose_connection: Callable[[], None]) -> None:
    attempts, view = make_view(lose_connection)
    assert respond(view, RequestFactory().post("/")).status_code == 500
    assert len(attempts) == 1


@is_postgres
def test_a_page_that_has_written_something_is_not_repeated(lose_connection: Callable[[], None]) -> None:
    attempts, view = make_view(lose_connection, writes=True)
    assert respond(view, RequestFactory().get("/")).status_code == 500
    connection.close()
    assert (len(attempts), RateLimitCounter.objects.count()) == (1, 1)


@is_postgres
@pytest.mark.django_db
def test_an_error_in_a_query_is_not_a_lost_connection() -> None:
    attempts: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        attempts.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(1)")
        return HttpResponse()

    assert respond(view, RequestFactory().get("/")).status_code == 500
    assert len(attempts) == 1


@is_postgres
def test_the_worker_tries_again_at_once(lose_connection: Callable[[], None], caplog: pytest.LogCaptureFixture) -> None:
    def work() -> int:
        lose_connection()
        return RateLimitCounter.objects.count()

    assert worker.run(worker.Job("counting", work, 3600)) == worker.Failure(worker.PAUSE_WITHOUT_DATABASE)
    assert "lost its connection" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.skipif("connection.vendor == 'postgresql'", reason="about SQLite")
def test_sqlite_has_no_connection_to_lose() -> None:
    assert not is_lost_connection(OperationalError("database is locked"))
    with pytest.raises(MiddlewareNotUsed):
        DatabaseRetryMiddleware(lambda request: HttpResponse())


def test_threads_share_a_pool_unless_it_is_turned_off() -> None:
    url = {"ENGINE": "django.db.backends.postgresql", "NAME": "clinic", "OPTIONS": {"sslmode": "require"}}
    pooled, unpooled = complete(url, pool_size=5), complete(url, pool_size=0)
    assert (pooled["OPTIONS"]["pool"]["max_size"], pooled["CONN_MAX_AGE"]) == (5, 0)
    assert ("pool" in unpooled["OPTIONS"], unpooled["CONN_MAX_AGE"]) == (False, None)
    assert {options["OPTIONS"]["sslmode"] for options in (pooled, unpooled)} == {"require"}


@is_postgres
def test_requests_that_connect_leave_only_the_write_hook_on_the_connection(transactional_db: None) -> None:
    """Those of a pool connect each time. What they left behind ended in a RecursionError after 1,000 requests."""
    _, view = make_view(lambda: None, losses=0)
    connection.execute_wrappers.clear()  # as in a new thread
    for _ in range(3):
        connection.close()
        assert respond(view, RequestFactory().get("/")).status_code == 200
        assert connection.execute_wrappers == [_invalidate_on_write]
