"""Typed references of imported texts become citations of the library, and an undo takes them back."""

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Post
from evidence.models import Source
from pages.models import Page
from tests.evidence.test_typed_lists import FIRST, SECOND, THIRD
from tests.factories import make_post
from tests.wordpress.exports import Writer, all_rows, item
from tests.wordpress.test_undo import dump, undo_last
from wordpress.models import ImportRun

pytestmark = pytest.mark.django_db
# As in a classic editor: numbers in brackets, a short heading, one paragraph for each reference.
CLASSIC = f"""Walking helps backs [1], and stairs help hips [2].

**Key point:** start slowly.

<strong>References</strong>

1. {FIRST}

2. {SECOND}"""
BLOCKS = f"""<!-- wp:paragraph --><p>Feet carry you<sup>1</sup>.</p><!-- /wp:paragraph -->
<!-- wp:heading --><h2 class="wp-block-heading">Sources</h2><!-- /wp:heading -->
<!-- wp:list {{"ordered":true}} --><ol class="wp-block-list"><li>{THIRD}</li><li>{FIRST}</li></ol><!-- /wp:list -->"""


def items() -> list[str]:
    return [
        item(body=CLASSIC),
        item(2, body=BLOCKS),
        item(3, body=f"A list without numbers.\n\n<h3>Literature</h3>\n<ul><li>{SECOND}</li></ul>"),
        item(4, body="Notes\n\nNo list, only [1] and array[0]."),
        item(5, kind="page", slug="about", body=BLOCKS),
    ]


def test_typed_lists_of_posts_and_pages_become_citations(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(*items()))
    li, wu, yu = Source.objects.order_by("year")
    assert (li.doi, li.year, li.typed) == ("10.1000/a", 2001, FIRST)
    first, second, third, fourth = Post.objects.order_by("slug")
    assert f'backs<sup data-cite="{li.pk}"></sup>, and stairs help hips<sup data-cite="{wu.pk}"></sup>.' in first.body
    assert FIRST not in first.body
    assert f'you<sup data-cite="{yu.pk}"></sup>' in second.body
    # No number names it, so it stays where it was typed.
    assert FIRST in second.body
    assert SECOND in third.body
    assert "[1] and array[0]" in fourth.body
    assert f'data-cite="{yu.pk}"' in Page.objects.get(path="about").body
    page = client.get("/post-1/").text
    assert "Walking and backs" in page
    rows = ImportRun.objects.get().rows.filter(kind="reference")
    assert {(row.title, row.object_id, row.outcome) for row in rows if row.title == "Post 1"} == {
        ("Post 1", li.pk, "created"),
        ("Post 1", wu.pk, "created"),
    }
    assert rows.get(title="Post 3").outcome == "unchanged"
    assert rows.get(title="Post 3").reason.startswith("The text has no number such as [1].")


def test_second_import_changes_nothing(write: Writer) -> None:
    path = write(*items())
    call_command("import_wordpress", path)
    before = {**all_rows(), "sources": list(Source.objects.order_by("pk").values())}
    call_command("import_wordpress", path)
    assert {**all_rows(), "sources": list(Source.objects.order_by("pk").values())} == before


def test_newer_export_converts_the_changed_text(write: Writer) -> None:
    call_command("import_wordpress", write(item(body=f"Old [1].\n\n<h3>References</h3>\n\n1. {FIRST}")))
    call_command("import_wordpress", write(item(body=f"New [1].\n\n<h3>References</h3>\n\n1. {SECOND}")))
    assert f'New<sup data-cite="{Source.objects.get(typed=SECOND).pk}"></sup>' in Post.objects.get().body


def test_undo_restores_the_library(write: Writer) -> None:
    before = dump()
    call_command("import_wordpress", write(*items()))
    assert Source.objects.count() == 3
    undo_last()
    assert dump() == before


def test_undo_leaves_references_that_a_text_cites_or_someone_edited(write: Writer) -> None:
    call_command("import_wordpress", write(*items()))
    li, wu, yu = Source.objects.order_by("year")
    make_post(slug="mine", body=f'<p>Mine<sup data-cite="{li.pk}"></sup></p>')
    Source.objects.filter(pk=wu.pk).update(summary="Stairs help.")
    # Details that were looked up are no edit.
    Source.objects.filter(pk=yu.pk).update(doi="10.1000/z", container_short="JAMA", publisher="AMA")
    undo_last()
    assert set(Source.objects.all()) == {li, wu}
    rows = ImportRun.objects.get().rows.filter(kind="reference", object_id=li.pk)
    assert {row.undone for row in rows} == {"Not removed: something else here uses it"}


def test_text_that_cannot_be_saved_leaves_no_reference(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*args: object) -> None:
        raise ValueError("no slug")

    monkeypatch.setattr("wordpress.importer.SlugAssigner.assign", failing)
    monkeypatch.setattr("wordpress.path_mapping.assign_free_slug", failing)
    with pytest.raises(Exception, match="could not be imported"):
        call_command("import_wordpress", write(item(body=CLASSIC)))
    assert not Source.objects.exists()
