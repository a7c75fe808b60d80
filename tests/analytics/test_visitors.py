"""Which requests count as visits."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import User
from analytics.visitors import STAFF_COOKIE, is_bot, is_human, is_human_on_site

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


def visit(rf: RequestFactory, headers: dict[str, str] | None = None, user: User | None = None) -> HttpRequest:
    """Return a request by a browser with these headers, signed in as `user`."""
    request = rf.get("/", headers={"user-agent": FIREFOX} | (headers or {}))
    request.user = user or AnonymousUser()
    if user:
        request.COOKIES["sessionid"] = "x"
    return request


@pytest.mark.parametrize(
    "agent",
    ["", " ", "Mozilla/5.0 (compatible; ExampleBot/2.1)", "curl/8.5", "HeadlessChrome/140", "ia_archiver", "Snacktory"],
)
def test_bots_are_recognized_by_their_user_agent(agent: str) -> None:
    assert is_bot(agent)
    assert not is_bot(FIREFOX)


def test_a_phone_by_cubot_is_no_robot() -> None:
    agent = (
        "Mozilla/5.0 (Linux; Android 9; CUBOT_X18) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36"
    )
    assert not is_bot(agent)


def test_browsers_of_people_who_opened_the_admin_do_not_count(rf: RequestFactory) -> None:
    request = visit(rf)
    request.COOKIES[STAFF_COOKIE] = "1"
    assert not is_human(request)
    before_sessions = rf.get("/", headers={"user-agent": FIREFOX})
    before_sessions.COOKIES["sessionid"] = "x"
    assert not is_human(before_sessions)


def test_a_browser_is_human_and_a_prefetch_or_staff_is_not(rf: RequestFactory) -> None:
    assert is_human(visit(rf))
    assert not is_human(visit(rf, {"sec-purpose": "prefetch"}))
    assert not is_human(visit(rf, {"x-moz": "prefetch"}))
    assert is_human(visit(rf, user=User(is_staff=False)))
    assert not is_human(visit(rf, user=User(is_staff=True)))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, False),
        ({"origin": "http://testserver"}, True),
        ({"origin": "https://elsewhere.example"}, False),
        ({}, False),
        ({"sec-fetch-site": "same-origin", "user-agent": "ExampleBot"}, False),
    ],
)
def test_only_requests_from_pages_of_this_site_count(
    rf: RequestFactory, headers: dict[str, str], expected: bool
) -> None:
    assert is_human_on_site(visit(rf, headers)) is expected
