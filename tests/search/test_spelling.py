"""Spelling suggestions: corrections come from public documents only."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Post
from search.engine import search
from search.queries import Query
from search.spelling import suggest
from tests.factories import make_post

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("sholder", "shoulder"),
        ("kene", "knee"),
        ("Sholder   pian", "shoulder pain"),
        ('"sholder pain"', "shoulder pain"),
        ("shoulders in my sleeep", "shoulders in my sleep"),
        ("shoulder", ""),
        ("quantum", ""),
        ("sholder -pain", ""),
    ],
)
def test_only_misspelled_words_are_corrected(text: str, suggestion: str) -> None:
    make_post(body="<p>The shoulder and the knee: pain in your sleep.</p>")
    assert suggest(Query.parse(text)) == suggestion
    assert not suggestion or search(Query.parse(suggestion)).total_count


@pytest.mark.parametrize(
    "hidden",
    [
        {"status": Post.Status.DRAFT},
        {"published_at": timezone.now() + timedelta(days=1)},
        {"trashed_at": timezone.now()},
    ],
    ids=["draft", "scheduled", "trashed"],
)
def test_words_of_hidden_posts_are_not_suggested(hidden: dict[str, Any]) -> None:
    make_post(title="Sesamoiditis", **hidden)
    assert suggest(Query.parse("sesamoidits")) == ""
    Post.objects.update(status=Post.Status.PUBLISHED, published_at=timezone.now(), trashed_at=None)
    assert suggest(Query.parse("sesamoidits")) == "sesamoiditis"


def test_a_spelling_in_drafts_is_not_suggested_for_a_public_word() -> None:
    make_post(body="<p>Strengthen.</p>")
    make_post(status=Post.Status.DRAFT, body="<p>Strengthening.</p>")
    assert suggest(Query.parse("strengthning")) != "strengthening"


def test_transposed_characters_are_corrected_first() -> None:
    make_post(title="Pain in a pan", body="<p>A pan, a pain.</p>")
    assert suggest(Query.parse("pian")) == "pain"


def test_a_spelling_in_drafts_is_not_suggested_however_many_public_posts_have_another_form() -> None:
    for _ in range(21):
        make_post(body="<p>Strengthen.</p>")
    make_post(status=Post.Status.DRAFT, body="<p>Strengthening.</p>")
    assert suggest(Query.parse("strengthning")) == "strengthen"


def test_a_suggestion_takes_one_query() -> None:
    make_post(body="<p>Knee and stairs.</p>")
    suggest(Query.parse("stiars"))  # caches the content types
    with CaptureQueriesContext(connection) as queries:
        suggest(Query.parse("stiars kene"))
    assert len(queries) == 1
