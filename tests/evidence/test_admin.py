"""The library in the admin: pasting, what cites a reference, merging, and what the editor asks."""

import time

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from evidence.models import Source
from richtext.sanitizer import sanitize
from tests.accounts.staff import make_staff, sign_in
from tests.evidence.factories import cite, make_source
from tests.factories import make_post

pytestmark = pytest.mark.django_db

PASTE = "/admin/evidence/source/paste/"


def test_a_pasted_citation_is_added_and_shown(admin_client: Client) -> None:
    response = admin_client.post(PASTE, {"text": "Li Q. Walking. Pain. 2001;1(2):11-22."}, follow=True)
    source = Source.objects.get()
    assert response.redirect_chain[-1][0] == reverse("admin:evidence_source_change", args=[source.pk])
    assert "is in the library." in str(next(iter(get_messages(response.wsgi_request))))
    assert "Li Q. Walking. Pain. 2001;1(2):11-22." in response.text


@pytest.mark.parametrize("text", ["", "nonsense", "99999999999", "x" * 5_000_000])
def test_bad_input_gets_a_sentence_fast_and_adds_nothing(admin_client: Client, text: str) -> None:
    start = time.perf_counter()
    response = admin_client.post(PASTE, {"text": text})
    answer = admin_client.post(reverse("admin:evidence_source_insert"), {"text": text})
    assert time.perf_counter() - start < 10
    assert response.status_code == 200
    [problem] = response.context["form"].errors["text"]
    assert problem.endswith(".")
    assert answer.status_code == 400
    assert answer.json()["problem"].endswith(".")
    assert not Source.objects.exists()


def test_a_reference_shows_the_texts_that_cite_it_also_through_a_duplicate(admin_client: Client) -> None:
    source, duplicate = make_source(), make_source(title="Walking and backs again")
    make_post(title="Stairs", body=sanitize(f"<p>A{cite(duplicate)}.</p>"))
    response = admin_client.post(
        "/admin/evidence/source/",
        {"action": "merge_selected", "_selected_action": [source.pk, duplicate.pk]},
        follow=True,
    )
    assert response.text.count("field-cited_in") == 1
    response = admin_client.get(reverse("admin:evidence_source_change", args=[source.pk]))
    assert [used.name for used in response.context["where_used"]] == ["Stairs"]


def test_the_list_counts_the_texts_with_a_constant_number_of_queries(admin_client: Client) -> None:
    for _ in range(3):
        make_post(body=sanitize(f"<p>A{cite(make_source())}.</p>"))
    response = admin_client.get("/admin/evidence/source/")
    assert response.text.count("1 text<") == 3


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("problems", {"Retracted one", "Dead one"}),
        ("retracted", {"Retracted one"}),
        ("dead", {"Dead one"}),
        ("incomplete", {"Yearless one"}),
        ("uncited", {"Retracted one", "Dead one", "Yearless one"}),
    ],
)
def test_references_that_need_attention_are_found(admin_client: Client, show: str, found: set[str]) -> None:
    make_source(title="Retracted one", retraction="Retraction")
    make_source(title="Dead one", link_failures=2)
    make_source(title="Yearless one", year=None)
    make_post(body=sanitize(f"<p>A{cite(make_source())}.</p>"))
    response = admin_client.get(f"/admin/evidence/source/?show={show}")
    assert {source.title for source in response.context["cl"].result_list} == found


def test_the_editor_finds_references_by_author_title_year_and_identifier() -> None:
    source = make_source(title="Größe und Rücken", authors="Müller, Änne", pmid="12345678")
    make_source()
    client = sign_in(make_staff("evidence.view_source"))
    for query in ("muller", "grosse 2001", source.doi, "12345678"):
        answer = client.get(reverse("admin:evidence_source_find"), {"q": query}).json()
        assert [each["id"] for each in answer["sources"]] == [source.pk], query
    assert len(client.get(reverse("admin:evidence_source_find")).json()["sources"]) == 2


def test_the_editor_inserts_what_is_pasted_and_converts_typed_lists() -> None:
    client = sign_in(make_staff("evidence.add_source"))
    citation = "Li Q. Walking. Pain. 2001;1(2):11-22."
    [inserted] = client.post(reverse("admin:evidence_source_insert"), {"text": citation}).json()["sources"]
    body = f"<p>Backs [1].</p><h2>References</h2><ol><li>{citation}</li></ol>"
    answer = client.post(reverse("admin:evidence_source_convert"), {"body": body}).json()
    assert answer["body"] == f'<p>Backs<sup data-cite="{inserted["id"]}" data-label="Li 2001"></sup>.</p>'
    assert answer["count"] == 1
