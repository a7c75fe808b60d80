"""Test the report that an import keeps: every item of the file, what became of it, and where it is now."""

from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from blog.models import Post
from pages.models import Page
from tests.wordpress.exports import Writer, item
from wordpress import links, runs
from wordpress.models import ImportRun, ReportRow
from wordpress.report import ITEM_KINDS, Kind, Outcome, Report

pytestmark = pytest.mark.django_db


def outcomes(run: ImportRun) -> dict[str, str]:
    rows = run.rows.filter(kind__in=ITEM_KINDS).order_by("pk")
    return {row.title: row.outcome for row in rows}


def test_every_item_of_the_file_has_a_row(write: Writer) -> None:
    items = [
        item(),
        item(2, kind="page"),
        item(3, status="trash"),
        item(4, kind="attachment"),
        item(5, kind="feedback"),
    ]
    call_command("import_wordpress", write(*items))
    run = ImportRun.objects.get()
    assert (run.task, run.state) == ("import", "done")
    assert outcomes(run) == {
        "Post 1": "created",
        "Post 2": "created",
        "Post 3": "skipped",
        "Post 4": "skipped",
        "Post 5": "skipped",
    }
    counted = Counter(run.rows.filter(kind__in=ITEM_KINDS).values_list("kind", flat=True))
    assert counted == Counter({kind: run.expected[kind] for kind in ITEM_KINDS})


def test_row_leads_to_the_post_and_says_why(write: Writer) -> None:
    call_command("import_wordpress", write(item(password="secret", body="[unknown]Words[/unknown]")))
    row = ReportRow.objects.get(kind=Kind.POST)
    post = Post.objects.get()
    assert (row.source, row.source_id, row.object_type, row.object_id) == (
        "https://old.example/post-1/",
        "1",
        "blog.post",
        post.pk,
    )
    assert row.admin_url == f"/admin/blog/post/{post.pk}/change/"
    assert "assword-protected" in row.reason
    assert not row.reason.startswith("“")
    shortcode = ReportRow.objects.get(kind=Kind.SHORTCODE)
    assert (shortcode.source, shortcode.title, shortcode.object_id) == ("unknown", "Post 1", post.pk)


def test_items_with_the_same_id_have_a_row_each(write: Writer) -> None:
    call_command("import_wordpress", write(item(), item(1, title="Twin", slug="twin")))
    assert ReportRow.objects.filter(kind=Kind.POST, outcome=Outcome.CREATED).count() == 2


def test_interrupted_run_that_goes_on_reports_the_whole(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(item(), item(2, body="<a href='https://old.example/?p=1'>x</a>"))

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(links.LinkRewriter, "rewrite_documents", interrupted)
        with pytest.raises(KeyboardInterrupt):
            call_command("import_wordpress", path)
    assert ImportRun.objects.get().state == "failed"
    call_command("import_wordpress", path)
    run = ImportRun.objects.get()
    assert run.state == "done"
    assert outcomes(run) == {"Post 1": "created", "Post 2": "created"}


def test_second_import_runs_only_after_the_first(write: Writer) -> None:
    path = write(item())
    claim = runs.start_by_hand([], "other", {})
    assert claim is not None
    with pytest.raises(CommandError, match="Another import is running"):
        call_command("import_wordpress", path)
    claim.finish(ImportRun.State.DONE)
    call_command("import_wordpress", path)
    assert Post.objects.count() == 1


def test_run_of_a_killed_process_is_released(write: Writer) -> None:
    claim = runs.start_by_hand([], "other", {})
    assert claim is not None
    ImportRun.objects.update(pid=2**22 + 1)
    assert not runs.is_any_waiting()
    assert ImportRun.objects.get().state == "failed"
    with pytest.raises(runs.LostClaimError):
        claim.progress("Posts", 1)


def test_row_is_not_repeated_and_a_later_outcome_replaces_it(db: None) -> None:
    run = ImportRun.objects.create()
    for outcome in (Outcome.FAILED, Outcome.CREATED, Outcome.UNCHANGED):
        report = Report(run=run)
        report.record(Kind.IMAGE, outcome, source="https://old.example/a.jpg", title="Post")
        report.save()
    assert [row.outcome for row in ReportRow.objects.all()] == ["created"]


def test_page_that_fails_does_not_fail_the_import(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*args: object, **kwargs: object) -> None:
        raise ValueError("no static files")

    monkeypatch.setattr("wordpress.importing.check_old_urls", failing)
    call_command("import_wordpress", write(item()))
    run = ImportRun.objects.get()
    assert run.state == "done"
    assert run.rows.get(kind=Kind.NOTE, title="Old URLs").reason.startswith("They could not be checked")


def test_command_prints_totals_that_equal_those_of_the_files(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_wordpress", write(item(), item(2), item(3, kind="page"), item(4, kind="attachment")))
    output = capsys.readouterr().out
    assert "Posts: 2 of 2 in the files: 2 imported." in output
    assert "Pages: 1 of 1 in the files: 1 imported." in output
    assert "Media library: 1 of 1 in the files: 1 not imported." in output
    assert f"The whole report is in the admin: /admin/wordpress/importrun/{ImportRun.objects.get().pk}/" in output


@pytest.mark.parametrize("kind", ["post", "page"])
def test_text_in_the_trash_of_a_newer_export_is_withdrawn_unless_it_was_edited(write: Writer, kind: str) -> None:
    model: type[Post | Page] = Post if kind == "post" else Page
    texts = [item(number, kind=kind) for number in (1, 2)]
    call_command("import_wordpress", write(*texts))
    edited = model.objects.get(slug="post-2")
    edited.title = "Mine now"
    edited.save()
    in_trash = [item(number, kind=kind, status="trash") for number in (1, 2)]
    call_command("import_wordpress", write(*in_trash, name="newer"))
    assert model.objects.get(slug="post-1").trashed_at is not None
    edited.refresh_from_db()
    assert edited.trashed_at is None
    assert outcomes(ImportRun.objects.latest("pk")) == {"Post 1": "withdrawn", "Post 2": "conflict"}
