"""Test exports that owners ask for in the admin."""

import zipfile
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.roles import Role
from site_export import archives
from site_export.models import LIFETIME, STALE_AFTER, SiteExport
from tests.accounts.staff import sign_in
from tests.factories import make_post

pytestmark = pytest.mark.django_db
LIST = "/admin/site_export/siteexport/"
CONFIRM = "/admin/account/confirm/"


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("owner@example.org", "a password for tests"))
    return client


def test_owner_asks_for_an_export_and_downloads_it(owner: Client) -> None:
    make_post(slug="a-post")
    assert "Export the site" in owner.get(LIST).content.decode()
    page = owner.post(f"{LIST}create/", follow=True).content.decode()
    assert "will be ready in a few minutes" in page
    assert "Another export is being made" in owner.post(f"{LIST}create/", follow=True).content.decode()
    call_command("export_site", "--waiting")
    export = SiteExport.objects.get()
    assert (export.status, export.error) == ("complete", "")
    assert f"{LIST}{export.pk}/download/" in owner.get(LIST).content.decode()


def test_download_is_the_export_and_is_recorded(owner: Client) -> None:
    make_post(slug="a-post")
    SiteExport.objects.request()
    call_command("export_site", "--waiting")
    export = SiteExport.objects.get()
    assert [path.name for path in export.path.parent.iterdir()] == [export.path.name]
    url = f"{LIST}{export.pk}/download/"
    # A password entered long ago is not enough for the addresses of all subscribers.
    refused = owner.get(url)
    assert (refused.status_code, refused.headers.get("Location", "").partition("?")[0]) == (302, CONFIRM)
    response = sign_in(User.objects.get()).get(url)
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert {"README.md", "manifest.json", "wordpress.xml", "data/blog.post.jsonl"} <= set(archive.namelist())
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.EXPORTED, subject="whole site").exists()


def test_expired_export_is_deleted_with_its_file(owner: Client) -> None:
    SiteExport.objects.request()
    call_command("export_site", "--waiting")
    export = SiteExport.objects.get()
    assert export.can_be_downloaded
    SiteExport.objects.update(created_at=timezone.now() - LIFETIME)
    export.refresh_from_db()
    assert not export.can_be_downloaded
    assert SiteExport.objects.delete_expired() == 1
    assert not export.path.exists()


def test_failure_is_shown(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> int:
        raise OSError("No space left on device")

    monkeypatch.setattr(archives, "export_site", fail)
    SiteExport.objects.request()
    call_command("export_site", "--waiting")
    assert "No space left on device" in owner.get(LIST).content.decode()
    assert not list(SiteExport.objects.get().path.parent.iterdir())


def test_export_of_a_killed_process_is_given_up(owner: Client) -> None:
    SiteExport.objects.request()
    assert SiteExport.objects.claim() is not None
    assert SiteExport.objects.claim() is None
    assert SiteExport.objects.request() is None
    SiteExport.objects.update(active_at=timezone.now() - STALE_AFTER - timedelta(seconds=1))
    assert SiteExport.objects.request() is not None


def test_editors_cannot_export(client: Client) -> None:
    user = User.objects.create_user("editor@example.org", role=Role.EDITOR, is_staff=True)
    client.force_login(user)
    assert client.post(f"{LIST}create/").status_code in {302, 403}
    assert not SiteExport.objects.exists()
    assert not AuditEvent.objects.filter(kind=AuditEvent.Kind.EXPORTED).exists()
