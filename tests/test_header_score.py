"""The security headers of every kind of response get the best grade of the public graders.

The points follow the HTTP Observatory of MDN (https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring): start
at 100, subtract for each fault, add for what is better than needed; 90 is an A, 100 an A+. securityheaders.com demands six
headers for its A+, which `missing_headers` lists.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from ptcomplete import edit_bar
from redirects import services
from tests.factories import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

# Sources: MDN's pages about each header, and the rules of the HTTP Observatory.
HALF_A_YEAR, ONE_YEAR = timedelta(days=180).total_seconds(), timedelta(days=365).total_seconds()
SAFE_REFERRER_POLICIES = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
# https://securityheaders.com: the headers that count, for responses that a browser shows as a page.
PAGE_HEADERS = ("Content-Security-Policy", "Permissions-Policy", "Referrer-Policy", "X-Frame-Options")
ALL_HEADERS = ("Strict-Transport-Security", "X-Content-Type-Options", "Cross-Origin-Resource-Policy")


class Rule(NamedTuple):
    """A change of the score, and why."""

    points: int
    reason: str


def directives(policy: str) -> dict[str, list[str]]:
    """Return the directives of a Content-Security-Policy. The first of two with the same name counts."""
    found: dict[str, list[str]] = {}
    for directive in policy.split(";"):
        name, *values = directive.split() or [""]
        found.setdefault(name.lower(), values)
    return found


def policy_rules(policy: str) -> Iterator[Rule]:
    """Score a Content-Security-Policy as the HTTP Observatory does."""
    parts = directives(policy)
    if not policy:
        yield Rule(-25, "no Content-Security-Policy")
        return
    scripts = parts.get("script-src", parts.get("default-src", ["*"]))
    styles = parts.get("style-src", parts.get("default-src", ["*"]))
    has_nonce = any(value.startswith(("'nonce-", "'sha256-")) for value in scripts)
    if ("'unsafe-inline'" in scripts and not has_nonce) or {"*", "data:", "https:", "http:"} & set(scripts):
        yield Rule(-20, "scripts from anywhere")
    elif "'unsafe-eval'" in scripts:
        yield Rule(-10, "eval is allowed")
    elif "'unsafe-inline'" in styles:
        yield Rule(0, "inline styles")
    elif parts.get("default-src") == ["'none'"]:
        yield Rule(10, "everything is forbidden unless listed")
    else:
        yield Rule(5, "no inline scripts or styles")
    if parts.get("object-src", parts.get("default-src")) != ["'none'"]:
        yield Rule(-5, "plugins are allowed")
    if "sandbox" not in parts and parts.get("base-uri") not in (["'none'"], ["'self'"]):
        yield Rule(-5, "base elements may point anywhere")


def cookie_rules(response: HttpResponseBase) -> Iterator[Rule]:
    """Score cookies: Secure, HttpOnly, SameSite, and the prefix __Host- with its conditions (RFC 6265bis)."""
    for name, cookie in response.cookies.items():
        if not cookie["secure"]:
            yield Rule(-40, f"{name} is sent without TLS")
        # A hint for scripts, which opens nothing.
        if not cookie["httponly"] and name != edit_bar.COOKIE:
            yield Rule(-30, f"scripts can read {name}")
        if cookie["samesite"] not in {"Lax", "Strict"}:
            yield Rule(-20, f"{name} is sent with requests of other sites")
        # A subdomain must not be able to replace these. Other cookies are signed.
        is_session = name.endswith(("sessionid", "csrftoken"))
        if is_session and (not name.startswith("__Host-") or cookie["domain"] or cookie["path"] != "/"):
            yield Rule(-5, f"other subdomains can set {name}")


def transport_rules(response: HttpResponseBase) -> Iterator[Rule]:
    """Score HSTS, and what its preload list demands (https://hstspreload.org)."""
    hsts = response.get("Strict-Transport-Security", "")
    max_age = int((re.findall(r"max-age=(\d+)", hsts) or ["0"])[0])
    if max_age < HALF_A_YEAR:
        yield Rule(-10, "HSTS for less than half a year")
    if "preload" in hsts and not (max_age >= ONE_YEAR and "includeSubDomains" in hsts):
        yield Rule(-10, "asks for preloading without being eligible")


def page_rules(response: HttpResponseBase) -> Iterator[Rule]:
    """Score what matters for responses that a browser shows as a page."""
    policy = response.get("Content-Security-Policy", "")
    yield from policy_rules(policy)
    ancestors = directives(policy).get("frame-ancestors", [])
    is_framed = ancestors not in (["'none'"], ["'self'"]) and "sandbox" not in directives(policy)
    if is_framed or response.get("X-Frame-Options", "").upper() not in {"DENY", "SAMEORIGIN"}:
        yield Rule(-20, "other sites may frame this")
    if response.get("Referrer-Policy") not in SAFE_REFERRER_POLICIES:
        yield Rule(-5, "paths leak to other sites")
    if response.get("Cross-Origin-Opener-Policy") != "same-origin":
        yield Rule(-5, "other sites keep a handle on the window")
    forbidden = set(re.findall(r"([\w-]+)=\(\)", response.get("Permissions-Policy", "")))
    if not {"camera", "geolocation", "microphone"} <= forbidden:
        yield Rule(-5, "frames and scripts may ask for sensors")


def rules(response: HttpResponseBase) -> Iterator[Rule]:
    """Yield what changes the score of a response."""
    is_redirect = response.status_code in {301, 302, 303, 307, 308}
    is_page = not is_redirect and response.get("Content-Type", "").startswith(("text/html", "image/svg"))
    for name in ALL_HEADERS + (PAGE_HEADERS if is_page else ()):
        if not response.get(name):
            yield Rule(-25, f"no {name}")
    if response.get("X-Content-Type-Options", "").lower() != "nosniff":
        yield Rule(-5, "types are guessed")
    if response.get("Access-Control-Allow-Origin"):
        yield Rule(-50, "other sites may read this")
    yield from transport_rules(response)
    yield from cookie_rules(response)
    if is_page:
        yield from page_rules(response)


def grade(response: HttpResponseBase) -> tuple[str, list[Rule]]:
    """Return the grade of a response, and the faults. Like the Observatory, give bonus points only without large faults."""
    found = list(rules(response))
    score = 100 + sum(rule.points for rule in found if rule.points < 0)
    if score >= 90:
        score += sum(rule.points for rule in found if rule.points > 0)
    return "A+" if score >= 100 else "A" if score >= 90 else "B or worse", [rule for rule in found if rule.points < 0]


@pytest.fixture
def site(settings: Settings) -> None:
    """Set what settings.py derives from a SITE_URL with https://, and the strictest HSTS."""
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SECURE_HSTS_SECONDS = int(ONE_YEAR)
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    make_post(title="Knee pain", slug="knee-pain")
    services.create_redirect("/old/", "/knee-pain/")


RESPONSES = [
    ("/", 200),
    ("/knee-pain/", 200),
    ("/search/?q=knee", 200),
    ("/feed/", 200),
    ("/sitemap.xml", 200),
    ("/robots.txt", 200),
    ("/healthz", 200),
    ("/old/", 301),
    ("/knee-pain", 301),
    ("/nowhere/", 404),
    ("/contact/", 200),
    ("/newsletter/", 200),
    ("/admin/", 302),
    ("/admin/login/", 200),
    ("/media/nothing.png", 404),
]


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(("path", "status"), RESPONSES)
def test_every_kind_of_response_has_the_best_grade(path: str, status: int, client: Client) -> None:
    for _ in range(2):  # the second page comes from the page cache
        response = client.get(path, secure=True)
        assert response.status_code == status
        assert grade(response) == ("A+", [])


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("name", ["drawing.svg", "program.pdf", "page.html", "clip.mp4"])
def test_uploads_have_the_best_grade(name: str, client: Client) -> None:
    response = client.get(f"/media/{default_storage.save(name, ContentFile(b'content'))}", secure=True)
    assert grade(response) == ("A+", [])


@pytest.mark.usefixtures("site")
def test_static_files_have_the_best_grade(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "site.0123456789ab.css").write_text("body { color: black }")
    response = Client().get("/static/site.0123456789ab.css", secure=True)
    assert response.status_code == 200
    assert grade(response) == ("A+", [])


@pytest.mark.usefixtures("site")
def test_pages_for_signed_in_users_and_their_cookies_have_the_best_grade(admin_user: User) -> None:
    client = Client()
    page = client.get("/admin/login/", secure=True)
    assert page.cookies
    user = {"login": admin_user.email, "password": "a password for tests"}
    signed_in = client.post("/admin/login/", user, secure=True, headers={"Referer": "https://testserver/"})
    assert "__Host-sessionid" in signed_in.cookies
    for response in (page, signed_in, client.get("/admin/", secure=True), client.get("/admin/blog/post/", secure=True)):
        assert grade(response) == ("A+", [])


@pytest.mark.usefixtures("site")
def test_errors_have_the_best_grade(client: Client) -> None:
    forbidden = Client(enforce_csrf_checks=True).post("/admin/login/", {"a": "b"}, secure=True)
    too_large = client.post("/", {"a": "b" * 100_000}, secure=True)
    not_allowed = client.post("/", secure=True)
    assert [each.status_code for each in (forbidden, too_large, not_allowed)] == [403, 413, 405]
    for response in (forbidden, too_large, not_allowed):
        assert grade(response) == ("A+", [])


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-Security-Policy", "default-src *"),
        ("Content-Security-Policy", "default-src 'self'"),
        ("Strict-Transport-Security", "max-age=300"),
        ("Strict-Transport-Security", "max-age=31536000; preload"),
        ("X-Content-Type-Options", ""),
        ("X-Frame-Options", "ALLOWALL"),
        ("Referrer-Policy", "unsafe-url"),
        ("Permissions-Policy", "camera=*"),
        ("Cross-Origin-Opener-Policy", "unsafe-none"),
        ("Cross-Origin-Resource-Policy", ""),
        ("Access-Control-Allow-Origin", "*"),
        ("Set-Cookie", ""),
    ],
)
def test_a_weaker_header_lowers_the_grade(header: str, value: str, client: Client) -> None:
    response = client.get("/", secure=True)
    if header == "Set-Cookie":
        response.set_cookie("sessionid", "1")
    else:
        response.headers[header] = value
    assert grade(response)[1]


@pytest.mark.usefixtures("site")
def test_plain_http_is_redirected_on_the_same_host(client: Client) -> None:
    response = client.get("/knee-pain/?a=b")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/knee-pain/?a=b")
