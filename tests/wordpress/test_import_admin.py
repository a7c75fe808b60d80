"""Test the import in the admin: upload, preview, questions, import in the background, report, undo."""

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts.models import AuditEvent, Author, User
from blog.models import Post
from images.models import Image
from tests.accounts.staff import make_staff, sign_in
from tests.wordpress.exports import HEAD, TAIL, all_rows, item
from tests.wordpress.test_item_handlers import MENU
from tests.wordpress.uploads import write_uploads, write_zip
from wordpress import files
from wordpress.media.fetching import Fetcher
from wordpress.media.sources import MediaSourceError
from wordpress.models import ImportRun, ReportRow
from wordpress.next_steps import next_steps

pytestmark = pytest.mark.django_db
RUNS = "/admin/wordpress/importrun/"


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def owner() -> Client:
    return sign_in(make_user("owner"))


def make_user(role: str, name: str = "") -> User:
    user = make_staff(email=f"{name or role}@example.com")
    user.set_role(role)
    user.save()
    return user


def export(*items: str) -> bytes:
    return (HEAD + "\n".join(items) + TAIL).encode()


def upload(client: Client, *contents: bytes, name: str = "site.xml") -> ImportRun:
    chosen = [SimpleUploadedFile(f"{number}-{name}", content) for number, content in enumerate(contents)]
    response = client.post(f"{RUNS}add/", {"uploads": chosen})
    run = ImportRun.objects.latest("pk")
    assert response["Location"] == run.get_absolute_url()
    return run


def work(run: ImportRun) -> None:
    call_command("continue_import")
    run.refresh_from_db()


def text_of(client: Client, run: ImportRun, query: str = "") -> str:
    html = client.get(run.get_absolute_url() + query).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition('id="content-main"')[2]))


def test_import_from_upload_to_undo(owner: Client) -> None:
    before = all_rows()
    run = upload(owner, export(item(body="[booking]Words[/booking]"), item(2, status="draft")))
    assert "starts in a few seconds" in text_of(owner, run)
    work(run)
    page = text_of(owner, run)
    assert "The Old Clinic" in page
    assert "1 published" in page
    assert "[booking] in 1 text" in page
    assert all_rows() == before
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})
    work(run)
    assert (run.task, run.state) == ("import", "done")
    assert Post.objects.count() == 2
    page = text_of(owner, run)
    assert "Every item of the files is accounted for" in page
    assert "2 imported" in page
    assert re.search(r"\b(\d\d) of \1 that were checked lead to their page", page)
    assert "Undo the import" in owner.get(f"{RUNS}{run.pk}/undo/").content.decode()
    owner.post(f"{RUNS}{run.pk}/undo/")
    work(run)
    assert all_rows() == before
    assert "was removed" in text_of(owner, run)


def test_import_and_undo_are_in_the_audit_log_with_who_and_totals(owner: Client) -> None:
    run = upload(owner, export(item(), item(2), item(3, kind="feedback")))
    work(run)
    assert not AuditEvent.objects.filter(kind=AuditEvent.Kind.IMPORTED).exists()
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})
    work(run)
    sign_in(make_user("owner", "partner")).post(f"{RUNS}{run.pk}/undo/")
    work(run)
    events = AuditEvent.objects.filter(kind=AuditEvent.Kind.IMPORTED).order_by("pk")
    assert [(event.user_email, event.subject) for event in events] == [
        ("owner@example.com", f"WordPress import {run.pk}: 2 imported, 1 not imported"),
        ("partner@example.com", f"Undo of WordPress import {run.pk}: 6 removed, 0 not removed"),
    ]


def test_import_goes_on_after_the_worker_was_stopped(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    run = upload(owner, export(item(), item(2)))
    work(run)
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("wordpress.importing._finish_site", interrupted)
        work(run)
    assert (run.state, run.attempts) == ("queued", 0)
    assert Post.objects.count() == 2
    work(run)
    assert (run.state, run.error) == ("done", "")
    assert [row.outcome for row in run.rows.filter(kind="post")] == ["created", "created"]


def test_answers_are_used(owner: Client) -> None:
    mine = Author.objects.create(name="Me", slug="me")
    run = upload(owner, export(item()))
    work(run)
    field = re.search(r'name="(author_\w+)"', owner.get(run.get_absolute_url()).content.decode())
    assert field is not None
    owner.post(f"{RUNS}{run.pk}/start/", {"images": "", field[1]: mine.pk, "as_drafts": "on"})
    work(run)
    post = Post.objects.get()
    assert (post.author, post.status) == (mine, "draft")
    assert [author.name for author in Author.objects.all()] == ["Me"]


def test_names_used_to_sign_in_are_not_shown(owner: Client) -> None:
    run = upload(owner, export(item(creator="ghost@old.example")))
    work(run)
    assert "@old.example" not in owner.get(run.get_absolute_url()).content.decode()
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})
    work(run)
    assert "@old.example" not in owner.get(run.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><body>Log in</body></html>", "saved web page"),
        (b"", "is empty"),
        (HEAD.encode() + TAIL.encode(), "no posts"),
    ],
)
def test_wrong_file_is_refused_with_what_to_do(owner: Client, content: bytes, words: str) -> None:
    before = all_rows()
    response = owner.post(f"{RUNS}add/", {"uploads": [SimpleUploadedFile("site.xml", content)]})
    if response.status_code == 200:
        assert "empty" in response.content.decode()
        return
    run = ImportRun.objects.get()
    work(run)
    page = text_of(owner, run)
    assert words in page
    assert "Tools &gt; Export" in page
    assert "0-" not in page
    assert all_rows() == before


def test_too_large_upload_is_refused_with_a_sentence(owner: Client, settings: Any) -> None:
    settings.STAFF_BODY_BYTES = 5000
    content = SimpleUploadedFile("site.xml", export(item()) + b" " * 5000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "FREE_SHARE", 0)
        form = files
        with pytest.raises(Exception, match="together"):
            form.check_uploads([content])
    assert not ImportRun.objects.exists()


def test_media_archive_is_recognized(owner: Client) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("uploads/2020/05/a.jpg", b"x")
    run = upload(owner, export(item()), buffer.getvalue())
    assert [file["is_media"] for file in run.files] == [False, True]
    work(run)
    assert (run.state, run.error) == ("done", "")


def test_report_is_filtered_and_downloaded(owner: Client) -> None:
    run = upload(owner, export(item(), item(2, kind="attachment"), item(3, status="trash", title="=1+1")))
    work(run)
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})
    work(run)
    page = text_of(owner, run, "?kind=post&outcome=skipped")
    assert "=1+1" in page
    assert "Post 2" not in page
    download = b"".join(owner.get(f"{RUNS}{run.pk}/csv/").streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(download.lstrip("\ufeff"))))
    assert len(rows) == 1 + ReportRow.objects.count()
    html = b"".join(owner.get(f"{RUNS}{run.pk}/html/").streaming_content).decode()  # type: ignore[attr-defined]
    assert html.count("<tr>") == 1 + ReportRow.objects.count() + 1 + len({row[0] for row in rows[1:]})
    assert "<script" not in html


def test_report_says_what_to_do_next_with_links(owner: Client) -> None:
    body = (
        '<a href="https://old.example/gone/">x</a><img src="https://old.example/wp-content/uploads/2020/05/a.jpg">'
        '<img src="https://old.example/wp-content/uploads/2020/05/b.jpg">'
    )
    run = upload(
        owner, export(item(body=body), item(2, body=body, creator=""), item(9, creator="x@old.example"), *MENU[3:])
    )
    work(run)
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})
    work(run)
    page = text_of(owner, run)
    for words in (
        "2 images of your texts were not found.",
        "The file has no name for 1 author.",
        "The file has 1 menu, but not where it was.",
        "3 links to the old site lead to no page here.",
        "Open a few long posts and compare them.",
    ):
        assert words in page
    for step in next_steps(run):
        url = run.get_absolute_url() + step.url if step.url.startswith("?") else step.url
        assert owner.get(url).status_code == 200
    rows = text_of(owner, run, "?kind=link&outcome=left").partition("Everything, one by one")[2]
    assert "https://old.example/gone/" in rows
    Post.objects.update(title="Edited here")
    again = upload(owner, export(item(body="Newer.")))
    work(again)
    owner.post(f"{RUNS}{again.pk}/start/", {"images": "", "as_drafts": "on"})
    work(again)
    page = text_of(owner, again)
    assert "1 text changed in WordPress and here. Yours was kept." in page
    assert "Everything is a draft" not in page


def test_conflict_can_be_resolved_with_the_version_from_wordpress(owner: Client) -> None:
    run = upload(owner, export(item(), item(2)))
    work(run)
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})
    work(run)
    for post in Post.objects.all():
        post.body = "<p>Mine.</p>"
        post.save()
    newer = upload(owner, export(item(body="Newer."), item(2, body="Newer.")))
    work(newer)
    owner.post(f"{RUNS}{newer.pk}/start/", {"images": ""})
    work(newer)
    rows = newer.rows.filter(outcome="conflict").order_by("pk")
    assert rows.count() == 2
    assert "Replace the selected texts" in text_of(owner, newer, "?outcome=conflict")
    owner.post(f"{RUNS}{newer.pk}/conflicts/", {"row": [rows[0].pk]})
    work(newer)
    assert [post.plain_text() for post in Post.objects.order_by("slug")] == ["Newer.", "Mine."]
    replaced = Post.objects.get(slug="post-1")
    assert replaced.revisions.get().data["body"] == "<p>Mine.</p>"
    assert newer.rows.filter(outcome="updated").count() == newer.rows.filter(outcome="conflict").count() == 1


def test_discarded_files_are_deleted(owner: Client, data_dir: Path) -> None:
    run = upload(owner, export(item()))
    work(run)
    assert list((data_dir / "imports").iterdir())
    owner.post(f"{RUNS}{run.pk}/discard/")
    assert not ImportRun.objects.exists()
    assert not list((data_dir / "imports").iterdir())


def test_files_are_deleted_after_the_import(owner: Client, data_dir: Path) -> None:
    run = upload(owner, export(item()))
    work(run)
    owner.post(f"{RUNS}{run.pk}/start/", {"images": ""})
    work(run)
    assert not list((data_dir / "imports").iterdir())


def test_only_owners_import(owner: Client) -> None:
    run = upload(owner, export(item()))
    work(run)
    for role in ("editor", "author"):
        client = sign_in(make_user(role))
        for url in (RUNS, f"{RUNS}add/", run.get_absolute_url(), f"{RUNS}{run.pk}/csv/", f"{RUNS}{run.pk}/undo/"):
            assert client.get(url).status_code == 403, (role, url)
        assert client.post(f"{RUNS}{run.pk}/start/").status_code == 403


def test_killed_import_goes_on(owner: Client) -> None:
    run = upload(owner, export(item()))
    ImportRun.objects.update(state="running", pid=2**22 + 1, attempts=1)
    work(run)
    assert run.state == "done"


STAIRS = '<img src="https://old.example/wp-content/uploads/2020/05/photo.jpg" alt="Stairs">'


def import_stairs(client: Client, place: str, *archives: Path) -> ImportRun:
    """Import a post with one image through the pages, with the answer `place` to where the images are."""
    chosen = [SimpleUploadedFile("site.xml", export(item(body=f"Words {STAIRS}")))]
    chosen += [SimpleUploadedFile(path.name, path.read_bytes()) for path in archives]
    client.post(f"{RUNS}add/", {"uploads": chosen})
    run = ImportRun.objects.latest("pk")
    work(run)
    client.post(f"{RUNS}{run.pk}/start/", {"images": place})
    work(run)
    assert run.state == "done", run.error
    return run


def test_images_of_an_uploaded_archive_are_imported(owner: Client, tmp_path: Path) -> None:
    import_stairs(owner, "upload", write_zip(tmp_path / "media.zip", ["2020/05/photo.jpg"]))
    assert Image.objects.get().file.size
    assert "/wp-content/" not in Post.objects.get().body


def test_images_of_a_folder_on_the_server_are_imported(owner: Client) -> None:
    write_uploads(files.media_folder(), ["2020/05/photo.jpg"])
    import_stairs(owner, "server:uploads")
    assert Image.objects.get().file.size
    assert "/wp-content/" not in Post.objects.get().body


def test_images_are_downloaded_only_if_the_owner_chose_that(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def download(fetcher: Fetcher, url: str, *args: Any) -> None:
        fetched.append(url)
        raise MediaSourceError("It is not there.")

    monkeypatch.setattr(Fetcher, "_download", download)
    import_stairs(owner, "")
    assert fetched == []
    import_stairs(owner, "fetch")
    assert "https://old.example/wp-content/uploads/2020/05/photo.jpg" in fetched
