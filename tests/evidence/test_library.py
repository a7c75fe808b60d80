"""The library holds each source once, also if it is added in other ways."""

from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction

from evidence.citations.record import Name, Record
from evidence.library import add_record, add_references, merge, resolve
from evidence.models import CitationStyle, EvidenceSettings, Source
from evidence.rendering import citation_html

TYPED = "1. Li Q, Wu XY. Walking and backs. Pain. 2001;1(2):1011-22. doi: 10.1000/aBc. PMID: 11111111."


@pytest.mark.django_db
def test_a_pasted_citation_becomes_a_record_with_its_text() -> None:
    [source] = add_references(TYPED)
    source.refresh_from_db()
    assert source.names == (Name("Li", "Q."), Name("Wu", "X. Y."))
    assert (source.title, source.container, source.year, source.volume) == ("Walking and backs", "Pain", 2001, "1")
    assert (source.issue, source.pages, source.doi, source.pmid) == ("2", "1011-1022", "10.1000/aBc", "11111111")
    assert source.lookup == Source.Lookup.WAITING
    assert source.formatted(CitationStyle.TYPED) == TYPED
    assert source.formatted(CitationStyle.AMA) == (
        "Li Q, Wu XY. Walking and backs. Pain. 2001;1(2):1011-1022. doi:10.1000/aBc"
    )
    assert source.formatted(CitationStyle.PUBMED) == TYPED.removeprefix("1. ")
    assert source.label == "Li and Wu 2001: Walking and backs"


@pytest.mark.django_db
@pytest.mark.parametrize("again", ["10.1000/ABC", "PMID 11111111", "https://doi.org/10.1000/abc", TYPED])
def test_the_same_source_is_added_once(again: str) -> None:
    assert add_references(TYPED) == add_references(again)
    assert Source.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "pasted",
    [
        "TY  - JOUR\nTI  - Backs\nPY  - 2001\nUR  - javascript:alert(1)\nER  - ",
        "@article{a, title = {Backs}, year = 2001, url = {javascript:alert(1)}}",
        "@article{a, title = {Backs}, year = 2001, url = {data:text/html,<b>x</b>}}",
    ],
)
def test_a_url_that_is_no_page_is_dropped(pasted: str) -> None:
    [source] = add_references(pasted)
    assert (source.title, source.url) == ("Backs", "")
    assert "javascript" not in citation_html(source, CitationStyle.AMA)


@pytest.mark.django_db
def test_a_citation_without_identifiers_is_added_once_and_not_looked_up() -> None:
    typed = "Li Q. Walking and backs. Pain. 2001;1(2):11-22."
    [source] = add_references(typed)
    assert add_references(typed) == [source]
    assert source.lookup == Source.Lookup.NONE


@pytest.mark.django_db
def test_what_is_added_again_completes_what_is_missing_and_changes_nothing_else() -> None:
    [source] = add_references("10.1000/abc")
    assert source.missing == ["authors", "a title", "a year", "a journal"]
    add_references(TYPED)
    source.refresh_from_db()
    assert (source.title, source.pmid, source.missing) == ("Walking and backs", "11111111", [])
    add_record(Record(title="Another title", doi="10.1000/abc"))
    source.refresh_from_db()
    assert source.title == "Walking and backs"


@pytest.mark.django_db
def test_a_record_with_the_doi_of_one_and_the_pmid_of_another_merges_them() -> None:
    [first], [second] = add_references("10.1000/abc"), add_references("11111111")
    second.evidence_level = Source.EvidenceLevel.RANDOMIZED
    second.save()
    assert add_references(TYPED) == [first]
    first.refresh_from_db()
    assert (first.doi, first.pmid, first.evidence_level) == ("10.1000/abc", "11111111", Source.EvidenceLevel.RANDOMIZED)
    assert resolve([second.pk]) == {second.pk: first}
    assert list(Source.objects.current()) == [first]


@pytest.mark.django_db
def test_merging_merged_references_leaves_one_that_all_lead_to() -> None:
    one, two, three = (add_references(doi)[0] for doi in ("10.1000/a", "10.1000/b", "10.1000/c"))
    merge(two, [three])
    merge(one, [two])
    assert set(resolve([one.pk, two.pk, three.pk]).values()) == {one}
    assert merge(two, [one]) == one


@pytest.mark.django_db
def test_the_database_refuses_a_second_row_with_the_same_identifier() -> None:
    Source.objects.create(doi="10.1000/abc", pmid="11111111")
    for identifiers in ({"doi": "10.1000/ABC"}, {"pmid": "11111111"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Source.objects.create(**identifiers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_two_processes_that_add_the_same_source_get_one_row() -> None:
    barrier, added = Barrier(4), []

    def add() -> None:
        barrier.wait()
        added.extend(add_references(TYPED))
        connections.close_all()

    threads = [Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(added) == 4
    assert len(set(added)) == Source.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "value"), [("doi", "nonsense"), ("pmid", "abc"), ("month", 13), ("year", 99)])
def test_a_wrong_field_is_refused_with_a_sentence(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Source(**{"title": "Title", field: value}).full_clean()
    assert field in refused.value.message_dict


@pytest.mark.django_db
def test_labels_and_urls_around_identifiers_are_removed() -> None:
    source = Source(doi="https://doi.org/10.1000/abc", pmid="PMID: 123")
    source.full_clean()
    assert (source.doi, source.pmid) == ("10.1000/abc", "123")


@pytest.mark.django_db
def test_the_style_is_a_setting() -> None:
    assert EvidenceSettings.load().citation_style == CitationStyle.AMA
