"""Comments in a browser: without JavaScript, answered in place, long ones, and without accessibility violations."""

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from audit.accessibility import violations_in_both_themes
from comments.models import Comment
from comments.threads import SHOWN_AT_ONCE
from tests.comments.factories import make_comment, turn_on
from tests.factories import make_author, make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_comment_is_sent_without_javascript_and_cookies(browser: Browser, live_server: LiveServer) -> None:
    turn_on()
    post = make_post()
    comment = make_comment(post, name="Robin")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(post.get_absolute_url())
    page.get_by_role("link", name="Reply to Robin").click()
    page.get_by_label("Your name").fill("Sam")
    page.get_by_role("button", name="Send comment").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Your comment").fill("Me too.")
    page.get_by_role("button", name="Send comment").click()
    page.get_by_text("Your comment is awaiting review").wait_for()
    assert context.cookies() == []
    context.close()
    answer = Comment.objects.get(status="pending")
    assert (answer.parent, answer.body) == (comment, "<p>Me too.</p>")


def test_an_answer_is_written_below_the_comment(page: Page) -> None:
    turn_on()
    post = make_post()
    make_comment(post, name="First")
    second = make_comment(post, name="Second")
    page.goto(post.get_absolute_url())
    page.get_by_role("link", name="Reply to Second").click()
    form = page.locator(f"#{second.anchor} form")
    form.get_by_label("Your comment").wait_for()
    assert page.get_by_role("heading", name="Reply to Second").is_visible()
    assert form.locator("[name=reply]").input_value() == str(second.pk)
    form.get_by_role("button", name="Cancel").click()
    assert page.get_by_role("heading", name="Write a comment").is_visible()
    assert page.locator("[name=reply]").input_value() == ""


def test_a_link_to_a_comment_further_down_opens_it(page: Page) -> None:
    turn_on()
    post = make_post()
    for number in range(SHOWN_AT_ONCE + 3):
        make_comment(post, imported_id=number + 1, body=f"<p>Number {number}</p>")
    page.goto(f"{post.get_absolute_url()}#comment-{SHOWN_AT_ONCE + 2}")
    page.get_by_text(f"Number {SHOWN_AT_ONCE + 1}").wait_for()
    page.goto(post.get_absolute_url())
    assert not page.get_by_text(f"Number {SHOWN_AT_ONCE + 1}").is_visible()
    page.get_by_text("Show 3 more comments").click()
    page.get_by_text(f"Number {SHOWN_AT_ONCE + 1}").wait_for()


def test_comments_are_accessible(page: Page) -> None:
    turn_on()
    post = make_post(author=make_author())
    parent = make_comment(post, website="https://example.org/", body=f"<p>{'Long' * 60}</p>")
    for _ in range(5):
        parent = make_comment(post, parent=parent, author=post.author if parent.author is None else None)
    page.set_viewport_size({"width": 320, "height": 800})
    for path in (post.get_absolute_url(), f"/comments/write{post.get_absolute_url()}?reply={parent.pk}"):
        page.goto(path)
        assert violations_in_both_themes(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="Send comment").click()
    page.get_by_role("alert").wait_for()
    assert violations_in_both_themes(page) == []
