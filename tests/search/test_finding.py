"""What a search finds, in which order, and what it never shows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Post
from search.engine import LOOKED_INTO, Result, find, suggest
from search.queries import Query
from tests.factories import make_category, make_post

pytestmark = pytest.mark.django_db


def found(typed: str, **more: object) -> list[str]:
    """The titles found, best first; none when only some of the words were."""
    result: Result = find(Query.read(typed), **more)  # type: ignore[arg-type]
    return [] if result.is_loose else [str(hit.document) for hit in result.hits]


def test_a_word_in_one_body_finds_that_post() -> None:
    make_post(title="Quiet", body="<p>About the <em>meniscus</em>.</p>")
    make_post(title="Other")
    assert found("meniscus") == ["Quiet"]


def test_a_title_ranks_above_keywords_above_the_short_version_above_the_body_however_often() -> None:
    make_post(title="In the body", body="<p>" + "Tendon, tendons, tendon. " * 40 + "</p>")
    make_post(title="In the points", tldr="Load a tendon slowly.", body=f"<p>{'Other words. ' * 200}</p>")
    make_post(title="As a keyword", tags=["Tendon"], body=f"<p>{'Other words. ' * 200}</p>")
    make_post(title="Tendon", body=f"<p>{'Other words. ' * 200}</p>")
    assert found("tendon") == ["Tendon", "As a keyword", "In the points", "In the body"]


def test_the_newer_of_equals_comes_first() -> None:
    for title in ("First", "Second"):
        make_post(title=title, body="<p>About hinges.</p>")
    assert found("hinges") == ["Second", "First"]


@pytest.mark.parametrize("typed", ["stretch", "STRETCHES", "Stretching", "café", "cafe", "CAFÉ", "naive"])
def test_forms_of_a_word_capitals_and_accents_are_one(typed: str) -> None:
    make_post(title="This one", body="<p>She stretched at the Café. A naïve idea.</p>")
    assert found(typed) == ["This one"]


def test_quotes_ask_for_words_that_stand_together() -> None:
    make_post(title="Together", body="<p>Your lower back aches.</p>")
    make_post(title="Apart", body="<p>Come back to the lower step.</p>")
    assert found('"lower back"') == found("“lower back”") == ["Together"]
    assert sorted(found("lower back")) == ["Apart", "Together"]


def test_a_minus_leaves_out_and_alone_finds_nothing() -> None:
    make_post(title="Both", body="<p>Hip and knee.</p>")
    make_post(title="One", body="<p>Knee.</p>")
    assert found("knee -hip") == ["One"]
    assert found('knee -"hip and"') == ["One"]
    assert found("-hip") == []


@pytest.mark.parametrize("typed", ["x-ray", "x ray", "ice", "heat", "and or not near", "therapist's", "title:ice"])
def test_signs_and_operators_are_words_or_nothing(typed: str) -> None:
    make_post(title="This one", body="<p>Title: ice, an x-ray and ice/heat or not, near. The therapist’s.</p>")
    assert found(typed) == ["This one"]


def test_when_nothing_has_every_word_those_with_some_are_shown_and_said_to_be() -> None:
    make_post(title="Some", body="<p>The shoulder.</p>")
    make_post(title="Nothing of it", body="<p>Different words.</p>")
    result = find(Query.read("shoulder parachute"))
    assert result.is_loose
    assert [str(hit.document) for hit in result.hits] == ["Some"]


def test_what_was_found_is_marked_and_markup_in_a_text_stays_text() -> None:
    make_post(body="<p>Before &lt;script&gt; and <b>stretches</b> &amp; &lt;mark&gt; after.</p>")
    (hit,) = find(Query.read("stretching")).hits
    assert "<mark>stretches</mark>" in hit.snippet
    assert "&lt;script&gt;" in hit.snippet
    assert "&lt;mark&gt;" in hit.snippet
    assert hit.snippet.count("<") == 2


def test_angle_brackets_and_slashes_stay_in_a_snippet_and_part_words() -> None:
    make_post(body="<p>A pulse &lt;60 beats/minute is &lt;b&gt;fine&lt;/b&gt;.</p>")
    for typed, marked in {"beats": "<mark>beats</mark>/minute", "fine": "&lt;b&gt;<mark>fine</mark>"}.items():
        (hit,) = find(Query.read(typed)).hits
        assert marked in hit.snippet
        assert "pulse &lt;60" in hit.snippet


def test_a_text_cannot_bring_marks_of_its_own() -> None:
    post = make_post(title="Marks \x02here\x03", body="<p>plain</p>")
    post.tldr = "points \x02plain\x03"
    post.save()
    (hit,) = find(Query.read("plain")).hits
    assert hit.snippet.count("<mark>") == 1


@pytest.mark.parametrize(
    "state",
    [
        {"status": Post.Status.DRAFT},
        {"published_at": timezone.now() + timedelta(days=1)},
        {"trashed_at": timezone.now()},
    ],
    ids=["draft", "scheduled", "trashed"],
)
def test_what_is_not_public_is_neither_found_nor_counted_nor_suggested(state: dict[str, Any]) -> None:
    topic = make_category(slug="pain")
    make_post(title="Sesamoiditis", body="<p>Sesamoiditis and secret words.</p>", categories=[topic], **state)
    make_post(title="Public", body="<p>Nothing of it.</p>")
    assert find(Query.read("sesamoiditis")) == Result()
    assert find(Query.read("secret nothing")).categories == {}
    assert suggest(Query.read("sesamoidits")) == ""
    Post.objects.update(status=Post.Status.PUBLISHED, published_at=timezone.now(), trashed_at=None)
    assert found("secret") == ["Sesamoiditis"]
    assert suggest(Query.read("sesamoidits")) == "sesamoiditis"


def test_a_draft_does_not_lend_its_spelling_to_a_public_word() -> None:
    make_post(body="<p>Strengthen.</p>")
    make_post(status=Post.Status.DRAFT, body="<p>Strengthening.</p>")
    assert suggest(Query.read("strengthning")) != "strengthening"


def test_exchanged_letters_are_put_back_before_any_are_left_out() -> None:
    make_post(title="Pain in a pan", body="<p>A pan, a pain.</p>")
    assert suggest(Query.read("pian")) == "pain"


def test_a_form_in_drafts_alone_is_no_suggestion_however_many_public_texts_have_another() -> None:
    for _ in range(LOOKED_INTO + 1):
        make_post(body="<p>Strengthen.</p>")
    make_post(status=Post.Status.DRAFT, body="<p>Strengthening.</p>")
    with CaptureQueriesContext(connection) as queries:
        assert suggest(Query.read("strengthning")) == "strengthen"
    assert f"LIMIT {LOOKED_INTO}" in queries[0]["sql"]


@pytest.mark.parametrize(
    ("typed", "meant"),
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
def test_a_misspelt_word_is_put_right_and_a_right_one_left_alone(typed: str, meant: str) -> None:
    make_post(body="<p>The shoulder and the knee: pain in your sleep.</p>")
    assert suggest(Query.read(typed)) == meant
    assert not meant or find(Query.read(meant)).everywhere


def test_a_topic_filters_and_counts_every_post_of_its_branch_once() -> None:
    pain = make_category(name="Aches", slug="pain")
    knee = make_category(name="Joints", slug="knee", parent=pain)
    deep = make_category(slug="deep", parent=knee)
    sport = make_category(slug="pain-free")
    make_post(title="Deep", body="<p>stairs</p>", categories=[knee, deep])
    make_post(title="Two", body="<p>stairs</p>", categories=[pain, sport])
    make_post(title="None", body="<p>stairs</p>")
    result = find(Query.read("stairs"))
    assert result.categories == {"pain/": 2, "pain-free/": 1}
    assert result.everywhere == result.total == 3
    assert sorted(found("stairs", topic="pain")) == ["Deep", "Two"]
    assert found("stairs", topic="pain-free") == ["Two"]
    unknown = find(Query.read("stairs"), "no-such-topic")
    assert (unknown.hits, unknown.total, unknown.everywhere) == ([], 0, 3)


def test_pages_part_the_hits_and_the_last_one_stands_for_those_behind_it() -> None:
    for number in range(23):
        make_post(title=f"Post {number}", body="<p>stairs</p>")
    pages = [found("stairs", page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [10, 10, 3]
    assert len({title for page in pages for title in page}) == 23
    assert found("stairs", page=99) == pages[2]


def test_a_word_that_is_everywhere_ranks_the_latest_and_every_title(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("backends", "backends.sqlite", "backends.postgres", "engine"):
        monkeypatch.setattr(f"search.{module}.MOST", 4)
    make_post(title="Stairs")
    for number in range(6):
        make_post(title=f"Post {number}", body="<p>stairs</p>")
    result = find(Query.read("stairs"))
    assert [str(hit.document) for hit in result.hits] == ["Stairs", "Post 5", "Post 4", "Post 3", "Post 2"]
    assert result.is_many


def test_a_search_costs_two_queries_and_a_suggestion_one() -> None:
    for _ in range(3):
        make_post(body="<p>Knee and stairs.</p>")
    find(Query.read("stairs"))
    with CaptureQueriesContext(connection) as queries:
        find(Query.read('stairs "knee and" hello'))
    assert len(queries) == 2
    with CaptureQueriesContext(connection) as queries:
        suggest(Query.read("stiars kene"))
    assert len(queries) == 1
