"""Citations as people type and copy them, in the forms of many styles and of works that are no articles."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from evidence.citations.formatting import format_ama, format_pubmed
from evidence.citations.typed import parse_typed

CASES = tomllib.loads(Path(__file__).with_name("citation_styles.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["citation"][:40])
def test_the_parts_of_a_citation_are_read(case: dict[str, Any]) -> None:
    expected = {name: value for name, value in case.items() if name != "citation"}
    record = parse_typed(case["citation"])
    found = {name: getattr(record, name, None) for name in expected}
    if "authors" in expected:
        found["authors"] = len(record.authors)
    if "first_author" in expected:
        found["first_author"] = record.authors[0].family
    assert found == expected
    assert record.typed == case["citation"]


@pytest.mark.parametrize(
    "citation",
    [
        "Smith JA. The effect of loading on tendon pain. Dissertation. La Trobe University; 2015.",
        "Wilk KE, Arrigo C. Rehabilitation of the shoulder. In: Pathology. 2nd ed. Elsevier; 2016:120-150.",
        "Neumann DA. Kinesiology of the Musculoskeletal System. 3rd ed. Elsevier; 2017.",
    ],
)
def test_books_chapters_and_theses_are_written_as_they_were(citation: str) -> None:
    assert format_ama(parse_typed(citation)) == citation


def test_a_thesis_in_the_form_of_pubmed_names_its_place() -> None:
    citation = "Smith JA. Loading and tendon pain [dissertation]. Melbourne: La Trobe University; 2015."
    assert format_pubmed(parse_typed(citation)) == citation


@pytest.mark.parametrize(
    "text",
    [
        "In: " * 900,
        "a " * 2000,
        "(1) " * 1300,
        "A. B. " * 700,
        ". In: x, eds. " * 300,
        "doi.org/" * 500,
        "Aa, A., " * 500,
    ],
)
def test_nonsense_is_read_in_time(text: str) -> None:
    started = time.process_time()
    parse_typed(text)
    assert time.process_time() - started < 2
