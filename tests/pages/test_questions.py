"""Questions and answers in a text, and their structured data."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from pages.models import Page
from tests.factories import make_page, make_post
from tests.pages.public_pages import get_tree, nodes_of_type

pytestmark = pytest.mark.django_db
FAQ = "<details><summary>Does it <em>hurt</em>?</summary><p>A little.</p><ul><li>Not for long.</li></ul></details>"


@pytest.mark.parametrize("make", [make_post, make_page])
def test_structured_data_of_questions_matches_the_page(client: Client, make: Any) -> None:
    make(slug="faq", body=f"<p>Words.</p>{FAQ}")
    page = get_tree(client, "/faq/")
    (questions,) = nodes_of_type(page, "FAQPage")
    (question,) = questions["mainEntity"]
    (details,) = page.xpath("//div[@class='prose']/details")
    assert question["name"] == details.findtext("summary") + "hurt?" == "Does it hurt?"
    shown = [text for text in details.xpath("*[not(self::summary)]//text()") if text.strip()]
    assert question["acceptedAnswer"]["text"].split("\n") == shown == ["A little.", "Not for long."]


def test_a_page_without_questions_has_no_faq_data(client: Client) -> None:
    make_page(slug="plain")
    assert not nodes_of_type(get_tree(client, "/plain/"), "FAQPage")


def test_feeds_show_answers_expanded(client: Client) -> None:
    make_post(body=FAQ)
    text = client.get("/feed/").content.decode()
    assert "A little." in text
    assert "details" not in text


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_question_is_written_in_the_editor_and_published(admin_page: BrowserPage) -> None:
    admin_page.goto(reverse("admin:pages_page_add"))
    admin_page.get_by_label("Title:", exact=True).fill("Questions")
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.type("Read this.")
    admin_page.get_by_role("button", name="More tools").click()
    admin_page.get_by_title("Question and answer").click()
    admin_page.keyboard.type("Does it hurt?")
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("A little.")
    admin_page.get_by_role("button", name="Publish …").click()
    admin_page.get_by_role("button", name="Publish now").click()
    expect(admin_page.get_by_role("heading", name="Published")).to_be_visible()
    page = Page.objects.get()
    assert page.path == "questions"
    lines = page.body.replace("\n", "")
    assert lines == "<p>Read this.</p><details><summary>Does it hurt?</summary><p>A little.</p></details>"
