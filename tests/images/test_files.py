"""Files that visitors download: added in the admin and in the editor, linked with type and size, counted."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from images.models import MediaFile
from richtext.embeds import RenderTarget
from richtext.rendering import render
from tests.factories import make_post
from tests.richtext.test_editor import opened, saved

PDF = b"%PDF-1.7\n" + b"0" * 3000
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
pytestmark = pytest.mark.django_db


def _upload(name: str = "Home program.pdf", data: bytes = PDF) -> Any:
    return SimpleUploadedFile(name, data)


def _add(client: Client, title: str = "Home program") -> MediaFile:
    client.post("/admin/images/mediafile/add/", {"upload": _upload(), "title": title})
    return MediaFile.objects.get()


def test_a_handout_is_added_in_the_admin_and_stored_once(admin_client: Client) -> None:
    file = _add(admin_client)
    assert (str(file), file.name, file.size) == ("Home program", "Home program.pdf", len(PDF))
    page = admin_client.post("/admin/images/mediafile/add/", {"upload": _upload(), "title": "Again"}, follow=True).text
    assert "The library had this file already." in page
    assert str(MediaFile.objects.get()) == "Home program"


@pytest.mark.parametrize(("name", "data"), [("plan.pdf", b"<html><script>"), ("plan.exe", PDF), ("plan.html", PDF)])
def test_a_file_of_another_type_is_refused_with_a_reason(admin_client: Client, name: str, data: bytes) -> None:
    page = admin_client.post("/admin/images/mediafile/add/", {"upload": _upload(name, data), "title": "Plan"}).text
    assert "its content is of another type" in page
    answer = admin_client.post("/admin/images/mediafile/upload/", {"upload": _upload(name, data)})
    assert answer.status_code == 400
    assert "its content is of another type" in answer.json()["problem"]
    assert not MediaFile.objects.exists()


def test_the_editor_adds_and_lists_files(admin_client: Client) -> None:
    entry = admin_client.post("/admin/images/mediafile/upload/", {"upload": _upload()}).json()
    file = MediaFile.objects.get()
    assert entry == {"kind": "file", "id": file.pk, "name": "Home program", "detail": "PDF, 2.9\xa0KB"}
    assert admin_client.get("/admin/images/mediafile/list/").json() == [entry]


def test_texts_link_to_a_file_with_its_type_and_size(admin_client: Client) -> None:
    file = _add(admin_client)
    body = f'<div data-embed="file" data-id="{file.pk}"></div>'
    path = f"/files/{file.pk}/Home%20program.pdf"
    small = "<small>PDF, 2.9\xa0KB</small>"
    assert render(body) == f'<p class="file"><a href="{path}">Home program</a> {small}</p>'
    assert f'href="http://testserver{path}"' in render(body, RenderTarget.EMAIL)
    assert f'data-id="{file.pk}"' in render(body, RenderTarget.EDITOR)
    post = make_post(body=body)
    page = admin_client.get(f"/admin/images/mediafile/{file.pk}/change/").text
    assert post.title in page
    with pytest.raises(models.ProtectedError):
        file.delete()


@pytest.mark.any_database
def test_downloads_by_people_are_counted(admin_client: Client, client: Client) -> None:
    file = _add(admin_client)
    path = file.get_absolute_url()
    for headers in (BROWSER, BROWSER, {"User-Agent": "SomeBot/1.0"}, BROWSER | {"Sec-Purpose": "prefetch"}):
        assert client.get(path, headers=headers)["Location"] == file.file.url
    client.head(path, headers=BROWSER)
    admin_client.get(path, headers=BROWSER)
    assert MediaFile.objects.get().download_count == 2
    page = admin_client.get("/admin/images/mediafile/").text
    assert '<td class="field-downloads">2</td>' in page


def test_an_unknown_file_is_not_found(client: Client) -> None:
    assert client.get(f"/files/{10**25}/plan.pdf").status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_handout_is_added_from_the_text(admin_page: Page) -> None:
    post, editor = opened(admin_page, "<p>Before</p>")
    editor.get_by_text("Before").click()
    admin_page.keyboard.press("End")
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("/pdf")
    admin_page.keyboard.press("Enter")
    expect(admin_page.get_by_text("There are none yet.")).to_be_visible()
    assert violations(admin_page) == []
    files: Any = [{"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"no"}]
    field = admin_page.get_by_label("Or add a PDF")
    field.set_input_files(files)
    expect(admin_page.get_by_text("its content is of another type")).to_be_visible()
    files[0]["buffer"] = PDF
    field.set_input_files(files)
    expect(editor.locator(".embed-box")).to_contain_text("File: Notes")
    assert f'<div data-embed="file" data-id="{MediaFile.objects.get().pk}"></div>' in saved(admin_page, post)
