"""Typed numbers and the typed list they refer to become citations, and nothing is lost."""

import pytest

from evidence.models import Source
from evidence.typed_lists import convert_typed_references
from richtext.analysis import plain_text
from richtext.sanitizer import sanitize

pytestmark = pytest.mark.django_db

FIRST = "Li Q. Walking and backs. Pain. 2001;1(2):11-22. doi:10.1000/a"
SECOND = "Wu X. Hips and stairs. Spine. 2002;3(4):33-44."
THIRD = "Yu Z. Feet. JAMA. 2003;5(6):55-66."
LISTS = [
    f"<h2>References</h2><ol><li>{FIRST}</li><li>{SECOND}</li><li>{THIRD}</li></ol>",
    f"<h3>Sources:</h3><p>1. {FIRST}</p><p>2. {SECOND}</p><p>3. {THIRD}</p>",
    f"<p><strong>References</strong></p><p>[1] {FIRST}</p><p>[2] {SECOND}</p><p>[3] {THIRD}</p>",
]


@pytest.mark.parametrize("typed_list", LISTS)
@pytest.mark.parametrize(
    "text",
    [
        "<p>Backs [1]. Hips [2,3] and feet [1-3].</p>",
        "<p>Backs<sup>1</sup>. Hips<sup>2, 3</sup> and feet<sup>[1–3]</sup>.</p>",
    ],
)
def test_numbers_become_citations_and_the_list_goes(text: str, typed_list: str) -> None:
    result = convert_typed_references(sanitize(text + typed_list))
    one, two, three = (source.pk for source in Source.objects.order_by("year"))
    assert result.body.count("data-cite") == result.citation_count == 3
    assert f'Backs<sup data-cite="{one}"></sup>. Hips<sup data-cite="{two} {three}"></sup>' in result.body
    assert f'<sup data-cite="{one} {two} {three}"></sup>.' in result.body
    assert plain_text(result.body) == "Backs. Hips and feet."
    assert Source.objects.order_by("year")[0].typed == FIRST


def test_entries_that_no_number_names_stay() -> None:
    result = convert_typed_references(sanitize("<p>Backs [1].</p>" + LISTS[0]))
    assert plain_text(result.body) == f"Backs.\nReferences\n{SECOND}\n{THIRD}"
    assert "stay in the typed list" in result.message


def test_a_number_that_is_not_in_the_list_stays() -> None:
    result = convert_typed_references(sanitize("<p>Backs [1] and [7], 10<sup>9</sup>.</p>" + LISTS[0]))
    assert plain_text(result.body).startswith("Backs and [7], 109.")
    assert result.citation_count == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<p>No list [1].</p>",
        "<h2>References</h2><p>Ask me.</p><p>[1]</p>",
        "<h2>Notes</h2><ol><li>One</li></ol>[1]",
    ],
)
def test_a_text_without_a_list_does_not_change(body: str) -> None:
    result = convert_typed_references(sanitize(body))
    assert result.body == sanitize(body)
    assert not Source.objects.exists()
    assert result.message.endswith(".")


def test_a_list_without_numbers_fills_the_library_and_the_text_stays() -> None:
    body = sanitize("<p>Backs get better.</p>" + LISTS[0])
    result = convert_typed_references(body)
    assert result.body == body
    assert len(result.sources) == Source.objects.count() == 3


def test_converting_twice_changes_nothing_more() -> None:
    once = convert_typed_references(sanitize("<p>Backs [1], hips [2], feet [3].</p>" + LISTS[0])).body
    assert convert_typed_references(once).body == once


def test_code_and_emphasized_text_are_handled() -> None:
    result = convert_typed_references(sanitize("<p><em>Backs [1]</em> <code>x[2]</code></p>" + LISTS[0]))
    assert result.citation_count == 1
    assert "x[2]" in result.body
    assert '<em>Backs<sup data-cite="' in result.body
