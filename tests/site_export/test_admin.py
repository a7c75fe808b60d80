"""Test exports that owners ask for in the admin."""

import signal
import subprocess
import threading
import time
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.roles import Role
from blog.models import Post
from site_export import archives
from site_export.exporting import export_site
from site_export.models import INTERRUPTED, LIFETIME, STALE_AFTER, SiteExport
from tests.accounts.staff import sign_in
from tests.databases import database_environment
from tests.factories import make_image, make_post

pytestmark = pytest.mark.django_db
LIST = "/admin/site_export/siteexport/"
CONFIRM = "/admin/account/confirm/"


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    private = settings.STORAGES["private"]
    options = private["OPTIONS"] | {"location": tmp_path}
    settings.STORAGES = settings.STORAGES | {"private": private | {"OPTIONS": options}}
    return tmp_path


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


def test_download_is_the_export_and_is_recorded(owner: Client, data_dir: Path) -> None:
    make_post(slug="a-post")
    SiteExport.objects.request()
    call_command("export_site", "--waiting")
    export = SiteExport.objects.get()
    assert [path.name for path in data_dir.iterdir()] == ["exports"]
    assert [path.name for path in (data_dir / "exports").iterdir()] == [f"{export.pk}.zip"]
    url = f"{LIST}{export.pk}/download/"
    # A password entered long ago is not enough for the addresses of all subscribers.
    refused = owner.get(url)
    assert (refused.status_code, refused.headers.get("Location", "").partition("?")[0]) == (302, CONFIRM)
    response = sign_in(User.objects.get()).get(url)
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert {"README.md", "manifest.json", "wordpress.xml", "data/blog.post.jsonl"} <= set(archive.namelist())
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.EXPORTED, subject="whole site").exists()


def test_expired_export_is_deleted_with_its_file(owner: Client, data_dir: Path) -> None:
    SiteExport.objects.request()
    call_command("export_site", "--waiting")
    export = SiteExport.objects.get()
    assert export.can_be_downloaded
    SiteExport.objects.update(created_at=timezone.now() - LIFETIME)
    export.refresh_from_db()
    assert not export.can_be_downloaded
    assert SiteExport.objects.delete_expired() == 1
    assert not list((data_dir / "exports").iterdir())


def test_failure_is_shown(owner: Client, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> int:
        raise OSError("No space left on device")

    monkeypatch.setattr(archives, "export_site", fail)
    SiteExport.objects.request()
    call_command("export_site", "--waiting")
    assert "No space left on device" in owner.get(LIST).content.decode()
    assert not list(data_dir.iterdir())


def test_export_of_a_killed_process_is_given_up(owner: Client) -> None:
    SiteExport.objects.request()
    assert SiteExport.objects.claim() is not None
    assert SiteExport.objects.claim() is None
    assert SiteExport.objects.request() is None
    SiteExport.objects.update(active_at=timezone.now() - STALE_AFTER - timedelta(seconds=1))
    assert SiteExport.objects.request() is not None


def test_export_given_up_leaves_no_file(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def suspended(*args: Any) -> int:
        SiteExport.objects.update(active_at=timezone.now() - STALE_AFTER - timedelta(seconds=1))
        SiteExport.objects.give_up_killed()
        return export_site(*args)

    monkeypatch.setattr(archives, "export_site", suspended)
    SiteExport.objects.request()
    call_command("export_site", "--waiting")
    assert SiteExport.objects.get().status == "failed"
    assert not list((data_dir / "exports").iterdir())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_export_that_was_killed_does_not_block_the_next(
    owner: Client, data_dir: Path, settings: Any, number: signal.Signals
) -> None:
    # Where it is outside of tests.
    settings.MEDIA_ROOT = data_dir / "media"
    # Sparse, so it takes no space, and long enough to be killed before it is compressed.
    name = make_image().file.name
    with (settings.MEDIA_ROOT / name).open("r+b") as file:
        file.truncate(20 * 1024**3)
    SiteExport.objects.request()
    environment = database_environment() | {"DATA_DIR": str(data_dir)}
    process = subprocess.Popen(archives.COMMAND, cwd=django_settings.BASE_DIR, env=environment)
    deadline = time.monotonic() + 60
    while not list(data_dir.glob("unfinished-export-*/site.part/media/**/*.*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(timeout=30)
    assert owner.post(f"{LIST}create/", follow=True).text.count("will be ready in a few minutes") == 1
    killed, waiting = SiteExport.objects.order_by("pk")
    assert (killed.status, killed.error) == ("failed", INTERRUPTED)
    assert waiting.status == "waiting"
    with (settings.MEDIA_ROOT / name).open("r+b") as file:
        file.truncate(1000)
    subprocess.run(archives.COMMAND, cwd=django_settings.BASE_DIR, env=environment, check=True, timeout=60)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.error) == ("complete", "")
    # With the addresses of all subscribers.
    assert not list(data_dir.glob("unfinished-*"))


@pytest.mark.django_db(transaction=True)
def test_others_can_write_during_an_export_which_does_not_contain_it(tmp_path: Path) -> None:
    make_post(slug="before")
    failures: list[Exception] = []

    def write() -> None:
        try:
            make_post(slug="during")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    def progress(step: str) -> None:
        if step == "media":
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()

    export_site(tmp_path / "site", progress)
    assert not failures
    assert Post.objects.count() == 2
    texts = "".join(path.name for path in (tmp_path / "site" / "html" / "posts").iterdir())
    assert "before" in texts
    assert "during" not in texts


def test_editors_cannot_export(client: Client) -> None:
    user = User.objects.create_user("editor@example.org", role=Role.EDITOR, is_staff=True)
    client.force_login(user)
    assert client.post(f"{LIST}create/").status_code in {302, 403}
    assert not SiteExport.objects.exists()
    assert not AuditEvent.objects.filter(kind=AuditEvent.Kind.EXPORTED).exists()
