"""Public forms: origin, token, honeypot, rate limit and text fields."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from public_forms.decorators import public_form
from public_forms.fields import EmailField, LinkField, PlainTextField
from public_forms.forms import HONEYPOT, MAX_AGE, PublicForm, issue_token
from public_forms.models import RateLimitCounter
from public_forms.ratelimit import client_network, delete_expired, hit
from public_forms.same_origin import is_same_origin

SAME_ORIGIN = {"headers": {"origin": "http://testserver"}}


class NoteForm(PublicForm):
    purpose = "note"
    daily_limit = 2
    words = PlainTextField(label="Words", rows=2, max_length=20)
    link = LinkField(required=False, max_length=60)
    email = EmailField(required=False)


def submit(rf: RequestFactory, data: dict[str, str] | None = None, **extra: Any) -> NoteForm:
    """Return the form as submitted a minute after the page was opened, with `data` overridden."""
    filled = {"words": "Hello.", "token": issue_token("note", age=60)} | (data or {})
    return NoteForm(rf.post("/", filled, **(SAME_ORIGIN | extra)))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "same-site", "origin": "http://testserver"}, False),
        ({"sec-fetch-site": "cross-site", "referer": "http://testserver/"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://testserver"}, True),
        ({"origin": "http://localhost"}, False),
        ({"origin": "https://testserver"}, False),
        ({"origin": "http://testserver.example.com"}, False),
        ({"origin": "null", "referer": "http://testserver/"}, False),
        ({"origin": "http://[", "referer": "http://testserver/"}, False),
        ({"referer": "http://testserver/a-post/"}, True),
        ({"referer": "https://example.com/?http://testserver/"}, False),
        ({"referer": "/a-post/"}, False),
        ({}, False),
    ],
)
def test_only_requests_from_our_own_pages_are_same_origin(
    rf: RequestFactory, headers: dict[str, str], expected: bool
) -> None:
    assert is_same_origin(rf.post("/", headers=headers)) is expected


def test_the_site_url_is_same_origin_behind_a_proxy_that_changes_the_host(
    rf: RequestFactory, settings: Settings
) -> None:
    settings.SITE_URL = "https://clinic.example.com"
    assert is_same_origin(rf.post("/", headers={"origin": "https://clinic.example.com"}))


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_complete_form_is_valid(rf: RequestFactory) -> None:
    form = submit(rf)
    assert form.is_valid(), form.errors
    assert not form.is_spam
    assert form.cleaned_data == {"words": "Hello.", "link": "", "email": ""}


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_cross_site_form_is_rejected_with_its_text_preserved(rf: RequestFactory) -> None:
    form = submit(rf, headers={"sec-fetch-site": "cross-site"})
    assert not form.is_valid()
    assert form.status == 403
    assert form["words"].value() == "Hello."
    assert not RateLimitCounter.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "\x00",
        lambda: "forged",
        lambda: issue_token("note", age=60)[:-1],
        lambda: issue_token("another form", age=60),
        lambda: issue_token("note", age=MAX_AGE + 1),
        lambda: issue_token("note"),
        lambda: issue_token("note", age=-60),
    ],
    ids=["none", "nul", "forged", "truncated", "for another form", "expired", "too new", "in the future"],
)
@pytest.mark.any_database
def test_an_invalid_token_is_rejected_and_sending_again_works(rf: RequestFactory, make: Callable[[], str]) -> None:
    form = submit(rf, {"token": make()})
    assert not form.is_valid()
    assert "send it again" in form.non_field_errors()[0]
    again = submit(rf, {"words": form["words"].value(), "token": form.new_token})
    assert again.is_valid(), again.errors


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_page_just_opened_cannot_be_submitted(rf: RequestFactory) -> None:
    page = NoteForm(rf.get("/"))
    assert not submit(rf, {"token": page.new_token}).is_valid()


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_filled_honeypot_is_spam_and_does_not_count_toward_the_limit(rf: RequestFactory) -> None:
    form = submit(rf, {HONEYPOT: "https://pills.example.com"})
    assert form.is_valid()
    assert form.is_spam
    assert not RateLimitCounter.objects.exists()


@pytest.mark.django_db
@pytest.mark.any_database
def test_beyond_the_limit_a_form_is_rejected_with_its_text_preserved(rf: RequestFactory) -> None:
    assert submit(rf).is_valid()
    assert not submit(rf, {"words": ""}).is_valid()  # a form with other errors does not count
    assert submit(rf).is_valid()
    third = submit(rf)
    assert not third.is_valid()
    assert third.status == 429
    assert "tomorrow" in third.non_field_errors()[0]
    assert third["words"].value() == "Hello."
    assert submit(rf, REMOTE_ADDR="192.0.2.7").is_valid()


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_double_click_is_one_submission_and_a_changed_text_is_another(rf: RequestFactory) -> None:
    token = issue_token("note", age=60)
    first, twin, other = (submit(rf, {"token": token, "words": words}) for words in ("A", "A", "B"))
    other.daily_limit = 3  # type: ignore[misc]
    assert all(form.is_valid() for form in (first, twin, other))
    assert first.submission == twin.submission != other.submission


@pytest.mark.parametrize("name", ["words", "link", "email"])
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x9b"])
@pytest.mark.django_db
@pytest.mark.any_database
def test_control_codes_are_rejected_and_removed(rf: RequestFactory, name: str, character: str) -> None:
    typed = {"words": "a{}b", "link": "https://example.org/{}b", "email": "a{}b@example.org"}[name]
    form = submit(rf, {name: typed.format(character)})
    assert "invisible characters" in form.errors[name][0]
    assert form[name].value() == typed.format("")
    assert submit(rf, {name: form[name].value()}).is_valid()


@pytest.mark.parametrize("name", ["words", "link", "email"])
@pytest.mark.parametrize("character", ["\u202a", "\u202e", "\u2066"])
@pytest.mark.django_db
@pytest.mark.any_database
def test_marks_for_the_direction_of_text_are_removed(rf: RequestFactory, name: str, character: str) -> None:
    typed = {"words": "a{}b", "link": "https://example.org/{}b", "email": "a{}b@example.org"}[name]
    form = submit(rf, {name: typed.format(character)})
    assert form.is_valid()
    assert form.cleaned_data[name] == form[name].value() == typed.format("")


@pytest.mark.parametrize(
    "email", ["ana@example.org\u200b", "\ufeffana@example.org", "an\u00ada@example.org", "\u00a0ana@example.org"]
)
@pytest.mark.django_db
@pytest.mark.any_database
def test_what_copying_adds_to_an_email_address_is_removed(rf: RequestFactory, email: str) -> None:
    form = submit(rf, {"email": email})
    assert form.is_valid()
    assert form.cleaned_data["email"] == "ana@example.org"


@pytest.mark.django_db
@pytest.mark.any_database
def test_right_to_left_text_and_any_line_endings_are_accepted(rf: RequestFactory) -> None:
    form = submit(rf, {"words": "שלום\u200f\r\nb\tc"})
    assert form.is_valid()
    assert form.cleaned_data["words"] == "שלום\u200f\nb\tc"


@pytest.mark.django_db
@pytest.mark.any_database
def test_text_that_is_too_long_stays_in_the_field(rf: RequestFactory) -> None:
    form = submit(rf, {"words": "x" * 25})
    assert form.errors["words"] == ["This is 25 characters long; the limit is 20. Please shorten it."]
    assert form["words"].value() == "x" * 25


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "two words", "https://", "http://["])
@pytest.mark.any_database
def test_an_invalid_url_is_explained(rf: RequestFactory, link: str) -> None:
    assert "such as https://" in submit(rf, {"link": link}).errors["link"][0]


@pytest.mark.django_db
@pytest.mark.any_database
def test_an_incomplete_email_address_is_explained(rf: RequestFactory) -> None:
    assert "such as name@" in submit(rf, {"email": "sam@"}).errors["email"][0]


@pytest.mark.parametrize(
    ("remote_addr", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "20010db800010002"),
        ("2001:db8:1:2:ffff::9", "20010db800010002"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_64(rf: RequestFactory, remote_addr: str, expected: str) -> None:
    assert client_network(rf.get("/", REMOTE_ADDR=remote_addr)) == expected


@pytest.mark.parametrize(
    ("proxies", "forwarded_for", "expected"),
    [
        (0, "203.0.113.9, 192.0.2.1", "10.0.0.1"),
        (1, "203.0.113.9, 192.0.2.1", "192.0.2.1"),
        (2, "198.51.100.7,203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (3, "203.0.113.9, 192.0.2.1", "unknown"),
        (1, "", "unknown"),
    ],
)
def test_the_client_address_is_the_one_seen_by_the_first_trusted_proxy(
    rf: RequestFactory, settings: Settings, proxies: int, forwarded_for: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": forwarded_for})
    assert client_network(request) == expected


@pytest.mark.django_db
@pytest.mark.any_database
def test_no_ip_address_is_stored_and_counters_expire_the_next_day(rf: RequestFactory) -> None:
    assert hit(rf.get("/", REMOTE_ADDR="192.0.2.1"), "x", limit=1)
    counter = RateLimitCounter.objects.get()
    assert "192.0.2.1" not in counter.fingerprint
    assert delete_expired() == 0
    RateLimitCounter.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert delete_expired() == 1
    assert not RateLimitCounter.objects.exists()


@pytest.mark.django_db
@pytest.mark.any_database
def test_fingerprints_change_every_day(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hit(rf.get("/"), "x", limit=1)
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda: tomorrow)
    assert hit(rf.get("/"), "x", limit=1)
    assert RateLimitCounter.objects.values("fingerprint").distinct().count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_limit_is_exact_under_concurrency(rf: RequestFactory) -> None:
    def attempt(_: int) -> bool:
        try:
            return hit(rf.get("/"), "x", limit=5)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(40))) == 5


@public_form
def _page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.POST.get("words", "form"))


def test_a_page_with_a_form_is_neither_cached_nor_indexed(rf: RequestFactory) -> None:
    response = _page(rf.get("/"))
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]
    assert _page(rf.put("/")).status_code == 405
