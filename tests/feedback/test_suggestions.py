"""Visitors suggest corrections and additions to a published post."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from audit.accessibility import violations_in_both_themes
from blog.models import Post
from feedback.models import HelpfulCount, Suggestion
from public_forms.forms import issue_token
from tests.factories import make_post
from tests.feedback.factories import SAME_ORIGIN, SEND_BUTTON, counts, parse, send


@pytest.mark.django_db
def test_a_suggestion_is_stored_once_and_queued(client: Client) -> None:
    post = make_post(slug="knee")
    response = send(
        client,
        passage="Two sets",
        source="example.org/study",
        name="Sam",
        email="sam@example.org",
        note="x",
        status="x",
    )
    assert (response.status_code, response["Location"]) == (303, "/feedback/knee/thanks/")
    row = Suggestion.objects.get()
    assert (row.post, row.kind, row.status, row.handled_at) == (post, "correction", "new", None)
    assert (row.passage, row.words, row.note) == ("Two sets", "Three sets, not two.", "")
    assert (row.source, row.name, row.email) == ("https://example.org/study", "Sam", "sam@example.org")
    assert list(Suggestion.objects.undecided()) == [row]
    assert not response.cookies
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.django_db
def test_the_missing_form_adds_to_the_same_queue(client: Client) -> None:
    make_post(slug="knee")
    assert send(client, "/feedback/knee/missing/")["Location"] == "/feedback/knee/thanks/"
    assert Suggestion.objects.get().kind == Suggestion.Kind.MISSING


@pytest.mark.django_db
def test_a_double_click_creates_one_suggestion(client: Client) -> None:
    make_post(slug="knee")
    token = issue_token("feedback", age=60)
    for _ in range(2):
        assert send(client, token=token).status_code == 303
    assert Suggestion.objects.count() == 1
    assert send(client, token=token, words="And slower.").status_code == 303
    assert Suggestion.objects.count() == 2


@pytest.mark.django_db
def test_spam_gets_the_usual_response_but_is_not_stored(client: Client) -> None:
    make_post(slug="knee")
    spam, real = send(client, homepage="https://pills.example.com"), send(client)
    assert (spam.status_code, spam["Location"]) == (real.status_code, real["Location"])
    assert Suggestion.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("age", [0, 25 * 3600])
def test_a_form_sent_too_soon_or_too_late_preserves_the_text_and_can_be_sent_again(client: Client, age: int) -> None:
    make_post(slug="knee")
    response = send(client, token=issue_token("feedback", age=age), passage="<b>Two</b>")
    assert Suggestion.objects.count() == 0
    form = parse(response.content).xpath("//form[@class='form']")[0]
    assert form.fields["words"].strip() == "Three sets, not two."
    assert form.fields["passage"].strip() == "<b>Two</b>"
    client.post("/feedback/knee/", {name: value or "" for name, value in form.fields.items()}, headers=SAME_ORIGIN)
    assert Suggestion.objects.get().passage == "<b>Two</b>"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/feedback/knee/", "/feedback/knee/missing/"])
def test_a_cross_site_form_stores_nothing_and_shows_the_text(client: Client, path: str) -> None:
    make_post(slug="knee")
    data = {"words": "Three sets.", "token": issue_token("feedback", age=60)}
    response = client.post(path, data, headers={"origin": "https://example.com"})
    assert response.status_code == 403
    assert "Three sets." in response.content.decode()
    assert Suggestion.objects.count() == 0


@pytest.mark.django_db
def test_an_incomplete_form_shows_an_error_beside_each_field(client: Client) -> None:
    make_post(slug="knee")
    page = parse(send(client, words=" ", email="sam@", name="Sam").content)
    assert page.findtext(".//title").startswith("Error: ")
    assert "2 fields" not in page.xpath("//*[@role='alert']")[0].text_content()
    wrong = page.xpath("//*[@aria-invalid]")
    assert [field.name for field in wrong] == ["words", "email"]
    for field in wrong:
        explained = [page.get_element_by_id(name) for name in field.get("aria-describedby").split()]
        assert any("errorlist" in each.get("class") for each in explained)
    assert page.xpath("//input[@name='name']/@value") == ["Sam"]
    assert Suggestion.objects.count() == 0


@pytest.mark.django_db
def test_one_network_can_send_twenty_suggestions_a_day(client: Client) -> None:
    make_post(slug="knee")
    for number in range(20):
        assert send(client, words=f"Number {number}").status_code == 303
    response = send(client, words="Number 20")
    assert response.status_code == 429
    assert "Number 20" in response.content.decode()
    assert Suggestion.objects.count() == 20


@pytest.mark.django_db
@pytest.mark.parametrize("passage", ["Bend <b>slowly</b> & stop.", "a\x00b\u202ec", "x" * 5000])
def test_the_query_string_fills_in_the_passage(client: Client, passage: str) -> None:
    make_post(slug="knee")
    response = client.get("/feedback/knee/", {"passage": passage})
    shown = parse(response.content).xpath("//textarea[@name='passage']")[0].text.strip()
    assert shown == passage.replace("\x00", "").replace("\u202e", "")[:1000]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "helpful/", "missing/", "thanks/"])
@pytest.mark.parametrize("kind", ["draft", "scheduled", "in the trash", "unknown"])
def test_only_published_posts_have_feedback_pages(client: Client, kind: str, page: str) -> None:
    case: dict[str, dict[str, Any]] = {
        "draft": {"status": Post.Status.DRAFT, "published_at": None},
        "scheduled": {"published_at": timezone.now() + timedelta(days=1)},
        "in the trash": {"trashed_at": timezone.now()},
        "unknown": {"slug": "ankle", "title": "Ankle"},
    }
    make_post(**{"slug": "knee", "title": "A secret title"} | case[kind])
    for response in (client.get(f"/feedback/knee/{page}"), send(client, f"/feedback/knee/{page}", answer="yes")):
        assert response.status_code == 404
        assert "secret" not in response.content.decode()
    assert Suggestion.objects.count() == HelpfulCount.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "helpful/", "missing/", "thanks/"])
def test_feedback_pages_are_neither_cached_nor_indexed(client: Client, page: str) -> None:
    make_post(slug="knee", title="<i>Knee</i>")
    client.get("/")  # fill the caches that all visitors share
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/feedback/knee/{page}")
    assert len(queries) <= 14  # nothing is kept between requests in the transaction of a test
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]
    shown = parse(response.content)
    assert response["X-Robots-Tag"] == shown.xpath("//meta[@name='robots']/@content")[0] == "noindex"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert len(shown.findall(".//h1")) == 1
    assert not shown.xpath("//main//i | //style | //@style | //script[not(@src)] | //link[@rel='canonical']")
    ids = shown.xpath("//@id")
    named = {name for names in shown.xpath("//@aria-labelledby | //@aria-describedby") for name in names.split()}
    assert len(ids) == len(set(ids))
    assert named | {href[1:] for href in shown.xpath("//a/@href") if href[0] == "#"} <= set(ids)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_selecting_text_opens_a_form_with_that_passage(page: Page) -> None:
    make_post(slug="knee", body="<p>Bend it slowly.</p>")
    page.goto("/knee/")
    button = page.locator(".quote-button")
    assert not button.is_visible()
    page.get_by_text("Bend it slowly.").select_text()
    button.click()
    assert page.get_by_label("Which passage?").input_value() == "Bend it slowly."


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_feedback_works_without_javascript(page: Page, browser: Browser, live_server: LiveServer) -> None:
    make_post(slug="knee")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain = context.new_page()
    plain.goto("/knee/")
    plain.get_by_role("button", name="No").click()
    plain.get_by_label("What was missing?").fill("Pictures.")
    plain.wait_for_timeout(2_100)  # faster submissions are rejected as spam
    plain.get_by_role("button", name=SEND_BUTTON).click()
    plain.get_by_text("better for the next reader").wait_for()
    plain.goto("/knee/")
    plain.get_by_role("link", name="Suggest a correction").click()
    plain.get_by_label("Which passage?").fill("Two sets")
    plain.get_by_label("What should change?").fill("Three sets.")
    plain.wait_for_timeout(2_100)
    plain.get_by_role("button", name=SEND_BUTTON).click()
    plain.get_by_text("better for the next reader").wait_for()
    assert context.cookies() == []
    context.close()
    assert counts() == [(0, 1)]
    assert set(Suggestion.objects.values_list("words", flat=True)) == {"Pictures.", "Three sets."}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_form_is_accessible(page: Page) -> None:
    make_post(slug="knee")
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/feedback/knee/?passage=Two")
    assert violations_in_both_themes(page) == []
    page.get_by_label("Your email address").fill("sam@")
    page.get_by_role("button", name=SEND_BUTTON).click()
    page.get_by_role("alert").wait_for()
    assert violations_in_both_themes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
