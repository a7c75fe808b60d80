"""What a search finds, how results are ranked, and what stays hidden."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Post
from search.engine import Results, search
from search.queries import Query
from tests.factories import make_category, make_post

pytestmark = pytest.mark.django_db


def titles(text: str, **options: Any) -> list[str]:
    """Return the titles found, best first; none if only some of the terms matched."""
    results = search(Query.parse(text), **options)
    return [] if results.is_partial else [str(hit.document) for hit in results.hits]


def test_a_word_in_the_body_finds_its_post() -> None:
    make_post(title="Quiet", body="<p>About the <em>meniscus</em>.</p>")
    make_post(title="Other")
    assert titles("meniscus") == ["Quiet"]


def test_title_outranks_tags_outranks_tldr_outranks_any_number_of_matches_in_the_body() -> None:
    make_post(title="In the body", body="<p>" + "Tendon, tendons, tendon. " * 40 + "</p>")
    make_post(title="In the points", tldr="Load a tendon slowly.", body=f"<p>{'Other words. ' * 200}</p>")
    make_post(title="As a keyword", tags=["Tendon"], body=f"<p>{'Other words. ' * 200}</p>")
    make_post(title="Tendon", body=f"<p>{'Other words. ' * 200}</p>")
    assert titles("tendon") == ["Tendon", "As a keyword", "In the points", "In the body"]


def test_newer_posts_come_first_among_equal_matches() -> None:
    for title in ("First", "Second"):
        make_post(title=title, body="<p>About hinges.</p>")
    assert titles("hinges") == ["Second", "First"]


@pytest.mark.parametrize("text", ["stretch", "STRETCHES", "Stretching", "café", "cafe", "CAFÉ", "naive"])
def test_word_forms_case_and_accents_are_ignored(text: str) -> None:
    make_post(title="This one", body="<p>She stretched at the Café. A naïve idea.</p>")
    assert titles(text) == ["This one"]


def test_a_quoted_phrase_matches_adjacent_words() -> None:
    make_post(title="Together", body="<p>Your lower back aches.</p>")
    make_post(title="Apart", body="<p>Go back to the lower step.</p>")
    assert titles('"lower back"') == titles("“lower back”") == ["Together"]
    assert sorted(titles("lower back")) == ["Apart", "Together"]


def test_a_minus_excludes_a_term_and_finds_nothing_alone() -> None:
    make_post(title="Both", body="<p>Hip and knee.</p>")
    make_post(title="One", body="<p>Knee.</p>")
    assert titles("knee -hip") == ["One"]
    assert titles('knee -"hip and"') == ["One"]
    assert titles("-hip") == []


@pytest.mark.parametrize("text", ["x-ray", "x ray", "ice", "heat", "and or not near", "therapist's", "title:ice"])
def test_punctuation_and_operators_are_plain_text(text: str) -> None:
    make_post(title="This one", body="<p>Title: ice, an x-ray and ice/heat or not, near. The therapist’s.</p>")
    assert titles(text) == ["This one"]


def test_without_a_full_match_results_are_partial() -> None:
    make_post(title="Some", body="<p>The shoulder.</p>")
    make_post(title="Nothing of it", body="<p>Different words.</p>")
    results = search(Query.parse("shoulder parachute"))
    assert results.is_partial
    assert [str(hit.document) for hit in results.hits] == ["Some"]


def test_matches_are_marked_and_markup_in_a_text_is_escaped() -> None:
    make_post(body="<p>Before &lt;script&gt; and <b>stretches</b> &amp; &lt;mark&gt; after.</p>")
    (hit,) = search(Query.parse("stretching")).hits
    assert "<mark>stretches</mark>" in hit.excerpt
    assert "&lt;script&gt;" in hit.excerpt
    assert "&lt;mark&gt;" in hit.excerpt
    assert hit.excerpt.count("<") == 2


def test_angle_brackets_and_slashes_separate_words_and_remain_in_the_excerpt() -> None:
    make_post(body="<p>A pulse &lt;60 beats/minute is &lt;b&gt;fine&lt;/b&gt;.</p>")
    for text, marked in {"beats": "<mark>beats</mark>/minute", "fine": "&lt;b&gt;<mark>fine</mark>"}.items():
        (hit,) = search(Query.parse(text)).hits
        assert marked in hit.excerpt
        assert "pulse &lt;60" in hit.excerpt


def test_control_characters_in_a_text_are_not_mistaken_for_match_marks() -> None:
    post = make_post(title="Marks \x02here\x03", body="<p>plain</p>")
    post.tldr = "points \x02plain\x03"
    post.save()
    (hit,) = search(Query.parse("plain")).hits
    assert hit.excerpt.count("<mark>") == 1


@pytest.mark.parametrize(
    "hidden",
    [
        {"status": Post.Status.DRAFT},
        {"published_at": timezone.now() + timedelta(days=1)},
        {"trashed_at": timezone.now()},
    ],
    ids=["draft", "scheduled", "trashed"],
)
def test_hidden_posts_are_neither_found_nor_counted(hidden: dict[str, Any]) -> None:
    category = make_category(slug="pain")
    make_post(title="Sesamoiditis", body="<p>Sesamoiditis and secret words.</p>", categories=[category], **hidden)
    make_post(title="Public", body="<p>Nothing of it.</p>")
    assert search(Query.parse("sesamoiditis")) == Results()
    assert search(Query.parse("secret nothing")).category_counts == {}
    Post.objects.update(status=Post.Status.PUBLISHED, published_at=timezone.now(), trashed_at=None)
    assert titles("secret") == ["Sesamoiditis"]


def test_a_category_filter_includes_subcategories_and_counts_every_post_once() -> None:
    pain = make_category(name="Aches", slug="pain")
    knee = make_category(name="Joints", slug="knee", parent=pain)
    deep = make_category(slug="deep", parent=knee)
    sport = make_category(slug="pain-free")
    make_post(title="Deep", body="<p>stairs</p>", categories=[knee, deep])
    make_post(title="Two", body="<p>stairs</p>", categories=[pain, sport])
    make_post(title="None", body="<p>stairs</p>")
    results = search(Query.parse("stairs"))
    assert results.category_counts == {"pain/": 2, "pain-free/": 1}
    assert results.total_count == results.count == 3
    assert sorted(titles("stairs", category="pain")) == ["Deep", "Two"]
    assert titles("stairs", category="pain-free") == ["Two"]
    unknown = search(Query.parse("stairs"), "no-such-category")
    assert (unknown.hits, unknown.count, unknown.total_count) == ([], 0, 3)


def test_results_are_paginated_and_a_page_beyond_the_last_shows_the_last() -> None:
    for number in range(23):
        make_post(title=f"Post {number}", body="<p>stairs</p>")
    pages = [titles("stairs", page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [10, 10, 3]
    assert len({title for page in pages for title in page}) == 23
    assert titles("stairs", page=99) == pages[2]


def test_for_a_very_common_word_the_newest_posts_and_every_title_are_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("engine", "backends.sqlite", "backends.postgres"):
        monkeypatch.setattr(f"search.{module}.MAX_RANKED", 4)
    make_post(title="Stairs")
    for number in range(6):
        make_post(title=f"Post {number}", body="<p>stairs</p>")
    results = search(Query.parse("stairs"))
    assert [str(hit.document) for hit in results.hits] == ["Stairs", "Post 5", "Post 4", "Post 3", "Post 2"]
    assert results.is_capped


def test_with_very_many_matches_those_in_the_title_are_first_and_then_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.backends.sqlite._MAX_SCORED", 3)
    make_post(title="Stairs", body="<p>Other words.</p>")
    make_post(title="As a keyword", tags=["Stairs"], body="<p>Other words.</p>")
    for number in range(3):
        make_post(title=f"Post {number}", body="<p>stairs</p>")
    assert titles("stairs") == ["Stairs", "As a keyword", "Post 2", "Post 1", "Post 0"]


def test_a_search_takes_one_query_and_one_more_for_each_kind_of_document_found() -> None:
    for _ in range(3):
        make_post(body="<p>Knee and stairs.</p>")
    search(Query.parse("stairs"))
    with CaptureQueriesContext(connection) as queries:
        search(Query.parse('stairs "knee and" hello'))
    assert len(queries) == 2
