"""The page of the editorial policy counts what is in the database."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from lxml.html import HtmlElement

from richtext.sanitizer import sanitize
from tests.evidence.factories import cite, make_source
from tests.example_site import get_page
from tests.factories import make_page, make_post
from tests.publishing.reviews import make_review, make_reviewer

pytestmark = pytest.mark.django_db


def figures(page: HtmlElement) -> dict[str, str]:
    (section,) = page.find_class("editorial-process")
    rows = section.xpath(".//dl/div")
    return {_words(row.find("dt")): _words(row.find("dd")) for row in rows}


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_the_figures_equal_the_database(client: Client) -> None:
    make_page(title="Editorial policy", slug="editorial-policy", role="editorial")
    reviewer, today = make_reviewer(), timezone.localdate()
    strong, weak = make_source(title="A review", evidence_level="review"), make_source(title="A view")
    retracted = make_source(title="Gone", evidence_level="rct", retraction="Retraction")
    hidden = make_source(title="Only in a draft", evidence_level="cohort")
    first = make_post(body=sanitize(f"<p>Knees{cite(strong, weak)}.</p>"), updated_on=today)
    make_post(body=sanitize(f"<p>Hips{cite(strong, retracted)}.</p>"), origin="drafted")
    draft = make_post(body=sanitize(f"<p>Backs{cite(hidden)}.</p>"), status="draft", published_at=None)
    page = make_page(origin="assisted")
    make_review(first, reviewer, days_ago=10)
    make_review(first, reviewer, days_ago=500)
    make_review(page, reviewer, days_ago=40, due_on=today - timedelta(days=1))
    make_review(draft, reviewer, days_ago=400)
    for text, is_correction, days in (("New.", False, 1), ("Wrong.", True, 20), ("Old.", True, 400)):
        first.changes.create(text=text, is_correction=is_correction, changed_on=today - timedelta(days=days))
    draft.changes.create(text="Not public.")
    assert figures(get_page(client, "/editorial-policy/")) == {
        "Posts with a medical review": "1 of 2",
        "Median age of a review": "25 days",
        "Reviews that are overdue": "1 of 2",
        "A text is reviewed again after": "24 months, 36 at most",
        "Works cited": "3, 1 of them retracted",
        "Updates in the last 12 months": "1",
        "Corrections in the last 12 months": "1",
        "Texts written with the help of AI": "1",
        "Texts drafted by AI": "1",
        "Systematic review": "1",
        "Randomized trial": "1",
        "Not rated": "1",
    }


def test_an_empty_site_claims_nothing(client: Client) -> None:
    make_page(title="Editorial policy", slug="editorial-policy", role="editorial")
    found = figures(get_page(client, "/editorial-policy/"))
    assert found["Posts with a medical review"] == "0 of 0"
    assert "Median age of a review" not in found


def test_the_figures_follow_a_new_review_at_once(client: Client) -> None:
    make_page(title="Editorial policy", slug="editorial-policy", role="editorial")
    post = make_post()
    assert figures(get_page(client, "/editorial-policy/"))["Posts with a medical review"] == "0 of 1"
    make_review(post)
    assert figures(get_page(client, "/editorial-policy/"))["Posts with a medical review"] == "1 of 1"
