"""Disclaimers typed into posts of the old site give way to the disclaimer of this site, which takes their wording."""

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Post
from evidence.disclaimers.starters import GENERAL
from evidence.models import Disclaimer
from pages.models import Page
from tests.evidence.factories import set_disclaimer
from tests.wordpress.exports import Writer, all_rows, item
from tests.wordpress.test_undo import dump, undo_last
from wordpress.models import ReportRow

pytestmark = pytest.mark.django_db
MINE = "I am a physical therapist, but not yours: this is not medical advice."
TYPED = f"Bend.\n\n**Disclaimer: {MINE}**"


def default() -> Disclaimer:
    return Disclaimer.objects.get(is_default=True)


def test_typed_disclaimers_become_the_wording_of_the_site(write: Writer, client: Client) -> None:
    other = "Bend.\n\n<strong>Disclaimer:</strong> Ask a doctor."
    call_command("import_wordpress", write(item(1, body=TYPED), item(2, body=other), item(3, body=TYPED)))
    assert [post.body for post in Post.objects.all()] == ["<p>Bend.</p>"] * 3
    assert default().text == MINE
    for post in Post.objects.all():
        assert client.get(post.get_absolute_url()).content.decode().count(MINE) == 1
    rows = ReportRow.objects.filter(kind="disclaimer").order_by("pk")
    assert [(row.outcome, row.source) for row in rows] == [
        ("converted", MINE),
        ("converted", "Ask a doctor."),
        ("converted", MINE),
        ("updated", MINE),
    ]
    assert all(row.object_id for row in rows)
    assert rows[3].admin_url


def test_importing_again_changes_nothing(write: Writer) -> None:
    path = write(item(1, body=TYPED))
    call_command("import_wordpress", path)
    rows = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == rows


def test_the_wording_of_the_owner_stays(write: Writer) -> None:
    set_disclaimer("Written by the owner.")
    call_command("import_wordpress", write(item(1, body=TYPED)))
    assert default().text == "Written by the owner."
    assert Post.objects.get().body == "<p>Bend.</p>"


def test_undo_restores_the_wording_unless_it_was_edited(write: Writer) -> None:
    path = write(item(1, body=TYPED))
    before = dump()
    call_command("import_wordpress", path)
    undo_last()
    assert dump() == before
    assert default().text == GENERAL
    call_command("import_wordpress", path)
    set_disclaimer("Mine by now.")
    undo_last()
    assert default().text == "Mine by now."


def test_pages_and_disclosures_keep_their_words(write: Writer) -> None:
    disclosure = "Disclaimer: this post contains affiliate links."
    call_command("import_wordpress", write(item(1, kind="page", slug="terms", body=TYPED), item(2, body=disclosure)))
    assert MINE in Page.objects.get(slug="terms").body
    assert Post.objects.get().body == f"<p>{disclosure}</p>"


def test_a_text_that_is_only_a_disclaimer_keeps_it(write: Writer) -> None:
    call_command("import_wordpress", write(item(1, body=f"Disclaimer: {MINE}")))
    assert MINE in Post.objects.get().body
