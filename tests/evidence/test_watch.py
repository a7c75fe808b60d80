"""Retracted works and dead DOIs are found, from a file and from the network."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from evidence import watch
from evidence.models import Source
from richtext.sanitizer import sanitize
from tests.evidence.factories import cite, make_source
from tests.factories import make_post
from tests.local_server import LocalServer, allow_local_requests, run_local_server

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

HEADER = (
    "Record ID,Title,Subject,Institution,Journal,Publisher,Country,Author,URLS,ArticleType,RetractionDate,"
    "RetractionDOI,RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,"
    "Reason,Paywalled,Notes"
)


def row(doi: str, pmid: str, nature: str = "Retraction", day: str = "1/31/2023 0:00") -> str:
    reason = "+Concerns/Issues about Data;+Notice - Limited or No Information;"
    return f'1,"A title, with comma",(HSC),U,J,P,US,A;B,,Article,{day},10.1/r,5,1/1/2020 0:00,{doi},{pmid},{nature},"{reason}",No,'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "retraction_watch.csv"


def test_a_listed_work_is_marked_with_date_and_reason(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_doi, by_pmid, other = make_source(doi="10.1000/AbC"), make_source(), make_source()
    lines = [HEADER, row("10.1000/aBc", "0"), row("unavailable", by_pmid.pmid), row("10.1000/none", "0")]
    file.write_text("\ufeff" + "\n".join(lines))
    call_command("check_references", retractions=file)
    for source in (by_doi, by_pmid):
        source.refresh_from_db()
        assert (source.retraction, source.retracted_on) == ("Retraction", date(2023, 1, 31))
        assert source.retraction_reason == "Concerns/Issues about Data; Notice - Limited or No Information"
    assert list(Source.objects.retracted().order_by("pk")) == [by_doi, by_pmid]
    assert other.retraction == ""
    assert "2 references newly marked.\n2 of 3 references need attention." in capsys.readouterr().out
    call_command("check_references", retractions=file)
    assert "0 references newly marked." in capsys.readouterr().out


def test_corrections_and_reinstated_works_are_not_marked(file: Path) -> None:
    source, corrected = make_source(), make_source()
    lines = [
        HEADER,
        row(source.doi, "", "Reinstatement", "5/1/2024 0:00"),
        row(source.doi, "", "Retraction", "1/1/2024 0:00"),
        row(corrected.doi, "", "Correction"),
    ]
    file.write_text("\n".join(lines))
    call_command("check_references", retractions=file)
    assert not Source.objects.retracted().exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "lacks the column"),
        ("a,b\n1,2", "lacks the column OriginalPaperDOI"),
        (HEADER + '\n"' + "x" * 200_000, "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(file: Path, content: str, problem: str) -> None:
    file.write_text(content)
    with pytest.raises(CommandError, match=problem):
        call_command("check_references", retractions=file)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_references", retractions=file.with_name("missing.csv"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[LocalServer]:
    """Answer for doi.org and Crossref."""
    settings.REFERENCE_LOOKUPS = True
    allow_local_requests(monkeypatch)
    with run_local_server() as local:
        monkeypatch.setattr(watch, "HANDLE_URL", local.url("/handle/{}"))
        monkeypatch.setattr(watch, "CROSSREF_URL", local.url("/works/{}"))
        local.answer("/handle/10.1000%2Fa")
        local.answer("/works/10.1000%2Fa", b'{"message": {}}')
        yield local


def test_a_doi_that_fails_twice_is_reported_and_recovers(server: LocalServer) -> None:
    source = make_source(doi="10.1000/a")
    server.answer("/handle/10.1000%2Fa", status=404)
    server.answer("/works/10.1000%2Fa", status=404)
    assert (watch.check_next(), watch.check_next()) == (1, 0)
    assert not Source.objects.with_dead_link().exists()
    Source.objects.update(link_checked_at=timezone.now() - timedelta(days=2))
    assert watch.check_next() == 1
    assert list(Source.objects.with_dead_link()) == [source]
    server.answer("/handle/10.1000%2Fa")
    Source.objects.update(link_checked_at=timezone.now() - timedelta(days=31))
    assert watch.check_next() == 1
    assert not Source.objects.with_dead_link().exists()


def test_a_retraction_that_crossref_names_is_stored(server: LocalServer) -> None:
    source = make_source(doi="10.1000/a")
    update = {"type": "retraction", "DOI": "10.1/r", "updated": {"date-parts": [[2022, 5, 6]]}}
    server.answer("/works/10.1000%2Fa", json.dumps({"message": {"updated-by": [{"type": "erratum"}, update]}}).encode())
    call_command("check_references")
    source.refresh_from_db()
    assert (source.retraction, source.retracted_on) == ("Retraction", date(2022, 5, 6))


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{", b'{"message": {"updated-by": [5, {"type": [1]}]}}', b"[" * 99_999]
)
def test_a_broken_answer_changes_nothing(server: LocalServer, answer: bytes) -> None:
    source = make_source(doi="10.1000/a")
    server.answer("/handle/10.1000%2Fa", status=503)
    server.answer("/works/10.1000%2Fa", answer)
    assert watch.check_next() == 1
    source.refresh_from_db()
    assert (source.retraction, source.link_failures) == ("", 0)


def test_without_the_setting_nothing_is_sent(server: LocalServer, settings: Settings) -> None:
    make_source(doi="10.1000/a")
    settings.REFERENCE_LOOKUPS = False
    assert watch.check_next() == 0
    with pytest.raises(CommandError, match="REFERENCE_LOOKUPS is off"):
        call_command("check_references")
    assert server.requests == []


def test_the_dashboard_names_the_texts_that_cite_a_retracted_work(admin_client: Client) -> None:
    source = make_source(retraction="Retraction")
    make_source(retraction="Retraction")
    assert "cited work" not in admin_client.get("/admin/").text
    make_post(title="Stairs and knees", body=sanitize(f"<p>A{cite(source)}.</p>"))
    text = admin_client.get("/admin/").text
    assert "retracted, or the DOI has no page" in text
    assert "Look at “Stairs and knees”." in text
