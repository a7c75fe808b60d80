"""What keeps a form that anybody may send: its origin, its time, its limit, and the words in it."""

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

from public_forms.fields import LinkField, MailField, WordsField
from public_forms.forms import DECOY, MOST_SECONDS, GuardedForm, issue
from public_forms.models import Tally
from public_forms.ratelimit import admit, forget, network
from public_forms.same_origin import is_own
from public_forms.views import MOST_BYTES, public_form

OWN = {"headers": {"origin": "http://testserver"}}


class NoteForm(GuardedForm):
    purpose = "note"
    most_a_day = 2
    words = WordsField(label="Words", rows=2, max_length=20)
    link = LinkField(required=False, max_length=60)
    email = MailField(required=False)


def sent(rf: RequestFactory, data: dict[str, str] | None = None, **extra: Any) -> NoteForm:
    """The form as somebody filled it in who opened the page a minute ago, `data` apart."""
    filled = {"words": "Hello.", "token": issue("note", age=60)} | (data or {})
    return NoteForm(rf.post("/", filled, **(OWN | extra)))


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
def test_only_a_page_of_our_own_is_believed(rf: RequestFactory, headers: dict[str, str], expected: bool) -> None:
    assert is_own(rf.post("/", headers=headers)) is expected


def test_the_public_address_is_our_own_behind_a_proxy_that_changes_the_host(
    rf: RequestFactory, settings: Settings
) -> None:
    settings.SITE_URL = "https://clinic.example.com"
    assert is_own(rf.post("/", headers={"origin": "https://clinic.example.com"}))


@pytest.mark.django_db
def test_a_form_of_our_own_is_taken(rf: RequestFactory) -> None:
    form = sent(rf)
    assert form.is_valid(), form.errors
    assert not form.is_spam
    assert form.cleaned_data == {"words": "Hello.", "link": "", "email": ""}


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_and_keeps_the_words(rf: RequestFactory) -> None:
    form = sent(rf, headers={"sec-fetch-site": "cross-site"})
    assert not form.is_valid()
    assert form.status == 403
    assert form["words"].value() == "Hello."
    assert not Tally.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "\x00",
        lambda: "forged",
        lambda: issue("note", age=60)[:-1],
        lambda: issue("another form", age=60),
        lambda: issue("note", age=MOST_SECONDS + 1),
        lambda: issue("note"),
        lambda: issue("note", age=-60),
    ],
    ids=["none", "nul", "forged", "cut", "of another form", "expired", "too new", "of the future"],
)
def test_a_wrong_token_is_refused_and_one_more_press_suffices(rf: RequestFactory, make: Callable[[], str]) -> None:
    form = sent(rf, {"token": make()})
    assert not form.is_valid()
    assert "press" in form.non_field_errors()[0]
    again = sent(rf, {"words": form["words"].value(), "token": form.fresh_token})
    assert again.is_valid(), again.errors


@pytest.mark.django_db
def test_the_token_of_a_page_just_opened_is_too_new(rf: RequestFactory) -> None:
    page = NoteForm(rf.get("/"))
    assert not sent(rf, {"token": page.fresh_token}).is_valid()


@pytest.mark.django_db
def test_a_filled_decoy_looks_fine_and_is_spam_that_costs_nobody_a_turn(rf: RequestFactory) -> None:
    form = sent(rf, {DECOY: "https://pills.example.com"})
    assert form.is_valid()
    assert form.is_spam
    assert not Tally.objects.exists()


@pytest.mark.django_db
def test_after_the_limit_a_person_is_told_so_and_keeps_the_words(rf: RequestFactory) -> None:
    assert sent(rf).is_valid()
    assert not sent(rf, {"words": ""}).is_valid()  # with an error of its own it does not count
    assert sent(rf).is_valid()
    third = sent(rf)
    assert not third.is_valid()
    assert third.status == 429
    assert "tomorrow" in third.non_field_errors()[0]
    assert third["words"].value() == "Hello."
    assert sent(rf, REMOTE_ADDR="192.0.2.7").is_valid()


@pytest.mark.django_db
def test_the_same_words_of_one_page_are_one_submission_and_other_words_another(rf: RequestFactory) -> None:
    token = issue("note", age=60)
    first, twin, other = (sent(rf, {"token": token, "words": words}) for words in ("A", "A", "B"))
    other.most_a_day = 3  # type: ignore[misc]
    assert all(form.is_valid() for form in (first, twin, other))
    assert first.submission == twin.submission != other.submission


@pytest.mark.parametrize("name", ["words", "link", "email"])
@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x9b", "\u202e", "\u2066"])
@pytest.mark.django_db
def test_unseen_characters_are_named_and_gone_from_what_is_shown_again(
    rf: RequestFactory, name: str, sign: str
) -> None:
    typed = {"words": "a{}b", "link": "https://example.org/{}b", "email": "a{}b@example.org"}[name]
    form = sent(rf, {name: typed.format(sign)})
    assert "nobody can see" in form.errors[name][0]
    assert form[name].value() == typed.format("")
    assert sent(rf, {name: form[name].value()}).is_valid()


@pytest.mark.django_db
def test_right_to_left_words_and_line_ends_of_any_kind_are_fine(rf: RequestFactory) -> None:
    form = sent(rf, {"words": "שלום\u200f\r\nb\tc"})
    assert form.is_valid()
    assert form.cleaned_data["words"] == "שלום\u200f\nb\tc"


@pytest.mark.django_db
def test_a_text_that_is_too_long_is_kept_and_its_length_told(rf: RequestFactory) -> None:
    form = sent(rf, {"words": "x" * 25})
    assert form.errors["words"] == ["This has 25 characters, and 20 fit. Please shorten it."]
    assert form["words"].value() == "x" * 25


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "two words", "https://", "http://["])
def test_what_is_no_web_address_is_refused_in_words(rf: RequestFactory, link: str) -> None:
    assert "looks like https://" in sent(rf, {"link": link}).errors["link"][0]


@pytest.mark.django_db
def test_an_incomplete_mail_address_is_refused_in_words(rf: RequestFactory) -> None:
    assert "looks like name@" in sent(rf, {"email": "sam@"}).errors["email"][0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "20010db800010002"),
        ("2001:db8:1:2:ffff::9", "20010db800010002"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_network_is_an_address_or_half_of_one(rf: RequestFactory, address: str, expected: str) -> None:
    assert network(rf.get("/", REMOTE_ADDR=address)) == expected


def test_only_the_proxys_own_entry_is_believed_and_only_behind_one(rf: RequestFactory, settings: Settings) -> None:
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": "203.0.113.9, 192.0.2.1"})
    assert network(request) == "10.0.0.1"
    settings.BEHIND_PROXY = True
    assert network(request) == "192.0.2.1"


@pytest.mark.django_db
def test_no_address_is_kept_and_the_next_day_erases_the_tallies(rf: RequestFactory) -> None:
    assert admit(rf.get("/", REMOTE_ADDR="192.0.2.1"), "x", most=1)
    tally = Tally.objects.get()
    assert "192.0.2.1" not in tally.fingerprint
    assert forget() == 0
    Tally.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert forget() == 1
    assert not Tally.objects.exists()


@pytest.mark.django_db
def test_the_same_reader_has_another_fingerprint_tomorrow(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert admit(rf.get("/"), "x", most=1)
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda: tomorrow)
    assert admit(rf.get("/"), "x", most=1)
    assert Tally.objects.values("fingerprint").distinct().count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_limit_is_exact_when_many_come_at_once(rf: RequestFactory) -> None:
    def come(_: int) -> bool:
        try:
            return admit(rf.get("/"), "x", most=5)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(come, range(40))) == 5


@public_form
def _page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.POST.get("words", "form"))


def test_a_page_with_a_form_is_kept_by_nobody(rf: RequestFactory) -> None:
    response = _page(rf.get("/"))
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]
    assert _page(rf.put("/")).status_code == 405


def test_more_than_any_form_holds_is_refused_before_it_is_read(rf: RequestFactory) -> None:
    response = _page(rf.post("/", {"words": "x" * MOST_BYTES}))
    assert response.status_code == 413
    assert b"too much at once" in response.content
