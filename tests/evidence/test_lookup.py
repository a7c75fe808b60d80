"""Look-ups complete references, and no answer of a service harms what is there."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from evidence import lookup
from evidence.library import add_references
from evidence.models import Source
from tests.local_server import LocalServer, allow_local_requests, run_local_server

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

# The shape of PubMed's answer.
PUBMED = {
    "source": "PubMed",
    "accessed": {"date-parts": [[2026, 11, 30]]},
    "id": "pmid:11111111",
    "title": "Walking and <i>backs</i>",
    "author": [
        {"family": "Li", "given": "Qiang"},
        {"family": "Dijk", "given": "X. Y.", "non-dropping-particle": "van"},
    ],
    "container-title-short": "Pain",
    "container-title": "Pain",
    "ISSN": "0304-3959",
    "issued": {"date-parts": [[2001, 3, 4]]},
    "page": "1011-22",
    "volume": "1",
    "issue": "2",
    "PMID": "11111111",
    "DOI": "10.1000/abc",
    "type": "article-journal",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[LocalServer]:
    """Answer for PubMed and doi.org."""
    settings.REFERENCE_LOOKUPS = True
    allow_local_requests(monkeypatch)
    with run_local_server() as local:
        monkeypatch.setattr(lookup, "PUBMED_URL", local.url("/pubmed/{}"))
        monkeypatch.setattr(lookup, "DOI_URL", local.url("/doi/{}"))
        monkeypatch.setattr(lookup, "PAUSE", 0.0)
        yield local


def added(text: str) -> Source:
    [source] = add_references(text)
    return source


def looked_up(source: Source) -> Source:
    assert lookup.look_up_next() == 1
    source.refresh_from_db()
    return source


def test_a_pmid_is_completed_from_pubmed(server: LocalServer) -> None:
    server.answer("/pubmed/11111111", json.dumps(PUBMED).encode())
    source = looked_up(added("11111111"))
    assert source.lookup == Source.Lookup.DONE
    assert source.authors == "Li, Qiang\nvan Dijk, X. Y."
    assert (source.title, source.pages, source.doi) == ("Walking and backs", "1011-1022", "10.1000/abc")
    assert source.formatted("ama") == (
        "Li Q, van Dijk XY. Walking and backs. Pain. 2001;1(2):1011-1022. doi:10.1000/abc"
    )
    assert lookup.look_up_next() == 0
    assert server.paths() == ["/pubmed/11111111"]


def test_a_doi_is_completed_through_a_redirect(server: LocalServer) -> None:
    server.answer("/doi/10.1000/abc", status=302, Location=server.url("/crossref"))
    answer = {
        "type": "journal-article",
        "title": ["Walking"],
        "DOI": "10.1000/ABC",
        "published": {"date-parts": [[2001]]},
    }
    server.answer("/crossref", json.dumps(answer).encode())
    source = looked_up(added("10.1000/abc"))
    assert (source.title, source.year, source.kind) == ("Walking", 2001, Source.Kind.ARTICLE)
    assert source.doi == "10.1000/abc"
    assert server.requests[0].headers["Accept"] == lookup.CSL_JSON


def test_what_was_typed_stays_and_is_completed(server: LocalServer) -> None:
    typed = "Li Q, et al. Walking and backs: part one. Pain. 2001;1:1011-22. PMID: 11111111."
    server.answer("/pubmed/11111111", json.dumps(PUBMED).encode())
    source = looked_up(added(typed))
    assert source.typed == source.formatted("typed") == typed
    assert (source.title, source.issue) == ("Walking and backs: part one", "2")
    assert [name.family for name in source.names] == ["Li", "van Dijk"]


def test_the_number_of_another_work_is_noticed(server: LocalServer) -> None:
    server.answer("/pubmed/11111111", json.dumps(PUBMED).encode())
    source = looked_up(added("Yu Z. Feet, shoes and stairs in runners. JAMA. 2003;5(6):55-66. PMID: 11111111."))
    assert source.lookup == Source.Lookup.FAILED
    assert "is that of “Walking and backs”" in source.lookup_result
    assert source.authors == "Yu, Z."


def test_an_identifier_that_another_reference_has_merges_the_two(server: LocalServer) -> None:
    first = added("10.1000/abc")
    Source.objects.update(lookup=Source.Lookup.DONE)
    second = added("11111111")
    server.answer("/pubmed/11111111", json.dumps(PUBMED).encode())
    looked_up(second)
    first.refresh_from_db()
    assert second.merged_into == first
    assert (first.pmid, first.doi, first.title) == ("11111111", "10.1000/abc", "Walking and backs")


def test_an_unknown_number_is_not_asked_again(server: LocalServer) -> None:
    server.answer("/pubmed/11111111", status=404)
    source = looked_up(added("11111111"))
    assert source.lookup == Source.Lookup.FAILED
    assert source.lookup_result == "PubMed has no work with the PMID 11111111. Check it for a typing error."
    assert lookup.look_up_next() == 0


def never_ends(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(40):
        time.sleep(0.05)
        request.wfile.write(b" ")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 500),
        (b"", 429),
        (b"<html>", 200),
        (b"[]", 200),
        (b"{}", 200),
        (b'{"title": 5, "author": 7, "issued": []}'[:-1], 200),
        (b'{"title": {"a": 1}, "author": "x", "issued": {"date-parts": [["x"]]}}', 200),
        (b"[" * 400_000, 200),
        (b" " * 600_000, 200),
    ],
)
def test_a_broken_answer_changes_nothing_and_is_asked_again_later(
    server: LocalServer, body: bytes, status: int
) -> None:
    typed = "Li Q. Walking and backs. Pain. 2001;1(2):1011-22. PMID: 11111111."
    server.answer("/pubmed/11111111", body, status)
    source = added(typed)
    record = source.record
    looked_up(source)
    assert source.record == record
    assert source.lookup == Source.Lookup.WAITING
    assert source.lookup_result.endswith("It is asked again later.")
    assert source.lookup_at is not None
    assert timezone.now() < source.lookup_at < timezone.now() + timedelta(minutes=2)
    assert lookup.look_up_next() == 0


def test_a_slow_service_is_left_in_time_and_after_some_attempts_the_author_is_asked(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "MAX_SECONDS", 0.3)
    server.answers["/pubmed/11111111"] = never_ends
    source = added("11111111")
    start = time.perf_counter()
    looked_up(source)
    assert time.perf_counter() - start < 2
    attempts: list[Any] = []
    while source.lookup == Source.Lookup.WAITING:
        attempts.append(source.lookup_at)
        Source.objects.update(lookup_at=None)
        looked_up(source)
    assert len(attempts) == len(lookup.RETRY_AFTER)
    assert source.lookup_result == "PubMed did not answer. Add what is missing by hand."


def test_a_claimed_reference_is_not_looked_up_by_a_second_worker(server: LocalServer) -> None:
    source = added("11111111")
    Source.objects.filter(pk=source.pk).update(lookup_at=timezone.now() + lookup.LEASE)
    assert lookup.look_up_next() == 0
    assert server.requests == []


def test_without_the_setting_nothing_is_sent(server: LocalServer, settings: Settings) -> None:
    settings.REFERENCE_LOOKUPS = False
    added("11111111")
    assert lookup.look_up_next() == 0
    assert server.requests == []
