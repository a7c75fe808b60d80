"""Visitors answer “Was this helpful?” below a post."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import Page

from blog.models import Post
from feedback.models import HelpfulCount, Suggestion
from tests.factories import make_post
from tests.feedback.factories import SAME_ORIGIN, SEND_BUTTON, answer, counts, parse


@pytest.mark.django_db
def test_an_answer_counts_for_its_post_and_day(client: Client) -> None:
    post = make_post(slug="knee")
    assert answer(client)["Location"] == "/feedback/knee/thanks/"
    response = answer(client, "no", REMOTE_ADDR="192.0.2.2")
    assert (response.status_code, response["Location"]) == (303, "/feedback/knee/missing/")
    assert not response.cookies
    assert counts() == [(1, 1)]
    assert str(HelpfulCount.objects.for_post(post)) == "1 of 2 (50%)"
    assert str(HelpfulCount.objects.for_post(make_post())) == "No answers yet"


@pytest.mark.django_db
def test_a_second_answer_on_the_same_day_is_thanked_but_not_counted(client: Client) -> None:
    make_post(slug="knee")
    assert answer(client).status_code == answer(client, "no").status_code == 303
    assert counts() == [(1, 0)]


@pytest.mark.django_db
def test_answers_beyond_the_daily_limit_are_not_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.views.DAILY_ANSWER_LIMIT", 2)
    for number in range(4):
        slug = make_post(slug=f"post-{number}-of-four").slug
        assert client.post(f"/feedback/{slug}/helpful/", {"answer": "yes"}, headers=SAME_ORIGIN).status_code == 303
    assert counts() == [(1, 0), (1, 0)]


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}])
def test_a_cross_site_answer_shows_the_question_again(client: Client, headers: dict[str, str]) -> None:
    make_post(slug="knee")
    response = answer(client, headers=headers)
    assert response.status_code == 403
    assert parse(response.content).xpath("//form[@class='answers']//button/@value") == ["yes", "no"]
    assert counts() == []


@pytest.mark.django_db
@pytest.mark.parametrize("choice", ["", "maybe", "\x00"])
def test_an_unknown_answer_shows_the_question_again(client: Client, choice: str) -> None:
    make_post(slug="knee")
    assert "Was this helpful?" in answer(client, choice).content.decode()
    assert counts() == []


@pytest.mark.django_db(transaction=True)
def test_concurrent_answers_are_counted_exactly() -> None:
    make_post(slug="knee")

    def send_answer(number: int) -> int:
        try:
            # Two answers from each visitor.
            return answer(Client(), REMOTE_ADDR=f"192.0.2.{number // 2}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(send_answer, range(30))) == {303}
    assert counts() == [(15, 0)]


@pytest.mark.django_db
def test_published_posts_ask_for_feedback_and_drafts_do_not(admin_client: Client) -> None:
    make_post(slug="knee")
    make_post(slug="draft", status=Post.Status.DRAFT, published_at=None)
    page = parse(admin_client.get("/knee/").content)
    assert page.xpath("//form[@class='answers']/@action") == ["/feedback/knee/helpful/"]
    assert page.xpath("//*[@id='helpful']//a/@href") == ["/feedback/knee/"]
    assert b"helpful" not in admin_client.get("/draft/").content


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_visitor_answers_in_place_and_says_what_was_missing(page: Page) -> None:
    make_post(slug="knee")
    page.goto("/knee/")
    page.get_by_role("button", name="No").click()
    box = page.get_by_label("What was missing?")
    box.wait_for()
    assert page.evaluate("document.activeElement.textContent").startswith("If you like")
    page.get_by_role("button", name=SEND_BUTTON).click()
    page.get_by_text("Enter what was missing").wait_for()
    assert page.evaluate("document.activeElement.name") == "words"
    box.fill("Pictures.")
    page.get_by_role("button", name=SEND_BUTTON).click()
    page.get_by_text("better for the next reader").wait_for()
    assert page.url.endswith("/knee/")
    assert counts() == [(0, 1)]
    assert Suggestion.objects.get().words == "Pictures."
    assert page.context.cookies() == []
