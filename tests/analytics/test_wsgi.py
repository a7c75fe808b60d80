"""Beacons are answered before Django handles the request, as by Django itself."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from analytics import spool
from analytics.wsgi import BeaconApplication
from ptcomplete.wsgi import application as production
from siteinfo.local_time import recent_zone
from tests.analytics.beacons import BROWSER, count_all, views_of

VIEW = {"k": "view", "p": "/", "w": 1280}


def refuse(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise AssertionError("Django got the beacon.")


def ask(
    application: Any,
    method: str = "post",
    path: str = "/count-page/",
    query: Mapping[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[str, dict[str, str], bytes]:
    """Return status, headers and body of the answer."""
    request = getattr(RequestFactory(), method)(path, query_params=query or VIEW, headers=BROWSER | (headers or {}))
    answers: list[tuple[str, dict[str, str]]] = []
    body = b"".join(application(request.environ, lambda status, found, *_: answers.append((status, dict(found)))))
    return (*answers[0], body)


@pytest.mark.django_db
def test_a_beacon_is_counted_without_django_and_without_a_query() -> None:
    recent_zone()
    with CaptureQueriesContext(connection) as queries:
        assert ask(BeaconApplication(refuse)) == ("204 No Content", {}, b"")
    assert len(queries) == 0
    count_all()
    assert views_of("/") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Googlebot/2.1"},
        {"User-Agent": ""},
        {"Sec-Purpose": "prefetch"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Cookie": "admin-open=1"},
        {"Cookie": "other=1; sessionid=x"},
    ],
)
def test_robots_prefetches_other_sites_and_staff_are_not_counted(headers: dict[str, str]) -> None:
    assert ask(BeaconApplication(refuse), headers=headers)[0] == "204 No Content"
    assert not spool.finished_files(include_current=True)


@pytest.mark.django_db
def test_what_no_page_sends_is_refused() -> None:
    application = BeaconApplication(refuse)
    assert ask(application, query={"k": "view", "p": "x"}) == ("400 Bad Request", {}, b"")
    assert ask(application, "get") == ("405 Method Not Allowed", {"Allow": "POST"}, b"")


def test_everything_else_is_passed_on() -> None:
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("X-Path", environ["PATH_INFO"])])
        return [b"page"]

    for path in ("/", "/count-page", "/count-page/x/"):
        assert ask(BeaconApplication(answer), path=path) == ("200 OK", {"X-Path": path}, b"page")


def test_production_answers_them_first() -> None:
    assert isinstance(production, BeaconApplication)
