"""Structured data for documents."""

from typing import Any

from accounts.structured_data import person
from publishing.models import Document
from richtext.analysis import find_questions
from richtext.problems import render_one
from siteinfo.structured_data import Node, node


def faq_nodes(document: Document, url: str) -> list[Node]:
    """Return the questions and answers of the text as one FAQPage, or nothing if there are none.

    https://developers.google.com/search/docs/appearance/structured-data/faqpage
    """
    found: list[tuple[str, str]] = render_one(document, "structured data", lambda: find_questions(document.body), [])
    questions = [
        node("Question", name=question, acceptedAnswer=node("Answer", text=answer)) for question, answer in found
    ]
    return [node("FAQPage", id=f"{url}#faq", mainEntity=questions)] if questions else []


def review_properties(document: Document) -> dict[str, Any]:
    """Return what `PageMeta` takes about the medical review that the page of `document` names."""
    review = document.current_review
    if review is None or review.reviewer is None:
        return {}
    return {
        "schema_type": "MedicalWebPage",
        "reviewed_on": review.reviewed_on,
        "reviewer": person(review.reviewer),
    }
