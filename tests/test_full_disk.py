"""Without space left, nothing is saved, and the words come back in a form that can be sent again."""

import errno
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection
from django.test import Client
from lxml import html
from pytest_django import Settings

from accounts.models import User
from blog.models import Category
from contact.models import Message
from images.storage import WholeFileStorage
from ptcomplete.full_disk import is_disk_full
from public_forms.forms import issue_token

ORIGIN = {"origin": "http://testserver"}
LONG = "Would <you> come?\n" + "Tomorrow? " * 420


@pytest.fixture
def full_database(admin_user: User) -> Iterator[None]:
    """Let the SQLite database have no more pages than now, which makes SQLite report a full disk."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite can be limited on any file system.")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count")
        (unlimited,) = cursor.fetchone()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA max_page_count = {unlimited}")


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let this process write no file above 50 kB."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def resent(response: Any) -> dict[str, str]:
    """Return the fields of the form on the page."""
    page: Any = html.fromstring(response.content)
    (form,) = page.forms
    return dict(form.form_values())


@pytest.mark.django_db(transaction=True)
def test_a_public_form_keeps_the_words(client: Client, full_database: None) -> None:
    data = {"name": "Sam", "email": "sam@example.org", "subject": "A talk", "body": LONG}
    response = client.post("/contact/", data | {"token": issue_token("contact", age=60)}, headers=ORIGIN)
    assert response.status_code == 507
    page = response.content.decode()
    assert "Nothing was saved: the disk is full" in page
    assert "Would &lt;you&gt; come?<br>" in page
    assert resent(response)["body"] == LONG
    assert not Message.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1000000")
    again = client.post("/contact/", resent(response), headers=ORIGIN)
    assert again.status_code == 303
    assert Message.objects.get().body.splitlines()[0] == "Would <you> come?"


@pytest.mark.django_db(transaction=True)
def test_the_admin_keeps_the_words(admin_client: Client, full_database: None) -> None:
    data = {"name": "Knees", "slug": "knees", "description": LONG, "position": "0", "_save": ""}
    response = admin_client.post("/admin/blog/category/add/", data, headers=ORIGIN)
    assert response.status_code == 507
    fields = resent(response)
    assert fields["description"] == LONG
    assert "_save" in fields
    assert not Category.objects.exists()
    # Reading goes on.
    assert admin_client.get("/admin/blog/category/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_page_that_only_reads_works(client: Client, full_database: None) -> None:
    assert client.get("/blog/").status_code == 200


def test_no_part_of_an_upload_remains(tmp_path: Path, small_files: None, settings: Settings) -> None:
    storage = WholeFileStorage(location=tmp_path)
    with pytest.raises(OSError, match=r"File too large|No space left") as caught:
        storage.save("images/large.bin", ContentFile(os.urandom(200_000)))
    assert is_disk_full(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_other_errors_keep_their_own_page() -> None:
    assert not is_disk_full(OSError(errno.EACCES, "Permission denied"))
    assert not is_disk_full(OperationalError("database is locked"))


def test_postgresql_reports_a_full_disk_by_its_code() -> None:
    class DiskFullError(Exception):
        sqlstate = "53100"

    error = OperationalError("could not extend file")
    error.__cause__ = DiskFullError()
    assert is_disk_full(error)
