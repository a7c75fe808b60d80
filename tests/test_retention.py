"""The worker deletes what is no longer needed."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from images.og_images import delete_old, og_image, stored_og_image
from images.storage import delete_abandoned_parts
from ptcomplete.management.commands.worker import JOBS
from ptcomplete.personal_data import LOG_ENTRY_MAX_AGE, delete_expired_sessions, delete_old_log_entries
from publishing.autosave import MAX_AGE
from publishing.models import Autosave, Revision
from publishing.retention import (
    MIN_REVISIONS,
    REVISION_MAX_AGE,
    delete_expired_autosaves,
    delete_old_revisions,
)
from siteinfo.models import Appearance
from tests.factories import make_post

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "work",
    [
        delete_old,
        delete_abandoned_parts,
        delete_expired_sessions,
        delete_expired_autosaves,
        delete_old_revisions,
        delete_old_log_entries,
    ],
)
def test_the_worker_deletes(work: Callable[[], int]) -> None:
    assert work in {job.work for job in JOBS}


def _age(path: str, days: float) -> None:
    changed_at = time.time() - days * 86400
    os.utime(default_storage.path(path), (changed_at, changed_at))


def test_a_share_image_is_deleted_after_a_month_and_drawn_again(media_root: Path) -> None:
    token = og_image("Knees", "Site", Appearance()).url.rpartition("card-")[2].removesuffix(".png")
    name = stored_og_image(token)
    _age(name, 29)
    assert delete_old() == 0
    _age(name, 31)
    assert delete_old() == 1
    assert not default_storage.exists(name)
    assert stored_og_image(token) == name


def test_the_parts_of_uploads_are_deleted_a_day_after_the_process_was_killed(media_root: Path) -> None:
    for name in ("a/old.png.1.part", "a/new.png.2.part", "a/whole.png"):
        Path(default_storage.path(name)).parent.mkdir(parents=True, exist_ok=True)
        Path(default_storage.path(name)).write_bytes(b"x")
    _age("a/old.png.1.part", 2)
    _age("a/whole.png", 2)
    delete_abandoned_parts()
    assert {path.name for path in Path(default_storage.path("a")).iterdir()} == {"new.png.2.part", "whole.png"}


@pytest.mark.django_db
def test_expired_sessions_are_deleted() -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - DAY)
    Session.objects.create(session_key="current", session_data="", expire_date=now + DAY)
    delete_expired_sessions()
    assert Session.objects.get().session_key == "current"


@pytest.mark.django_db
def test_autosaves_that_are_no_longer_offered_are_deleted() -> None:
    post = make_post()
    for age in (MAX_AGE + DAY, MAX_AGE - DAY):
        autosave = Autosave.objects.create(document=post, data={}, key=uuid4(), base_version=1)
        Autosave.objects.filter(pk=autosave.pk).update(updated_at=timezone.now() - age)
    assert delete_expired_autosaves() == 1
    assert Autosave.objects.get().pk == autosave.pk


@pytest.mark.django_db
def test_the_newest_revisions_of_each_document_and_those_of_a_year_stay() -> None:
    Revision.objects.all().delete()
    old, long_ago = timezone.now() - REVISION_MAX_AGE - DAY, timezone.now() - timedelta(days=3000)
    busy, quiet = make_post(), make_post()
    Revision.objects.all().delete()
    for number in range(MIN_REVISIONS + 3):
        Revision.objects.create(document=busy, data={}, created_at=old - number * DAY, note=str(number))
    Revision.objects.create(document=quiet, data={}, created_at=long_ago)
    assert delete_old_revisions() == 3
    notes = {revision.note for revision in busy.revisions.all()}
    assert notes == {str(number) for number in range(MIN_REVISIONS)}
    assert quiet.revisions.count() == 1
    Revision.objects.update(created_at=timezone.now())
    Revision.objects.create(document=busy, data={})
    assert delete_old_revisions() == 0


@pytest.mark.django_db
def test_entries_of_the_admin_log_are_deleted_after_two_years() -> None:
    user, content_type = User.objects.create_user("a@example.org"), ContentType.objects.get_for_model(LogEntry)
    for age in (LOG_ENTRY_MAX_AGE + DAY, LOG_ENTRY_MAX_AGE - DAY):
        LogEntry.objects.create(
            user=user, content_type=content_type, action_flag=CHANGE, action_time=timezone.now() - age
        )
    assert delete_old_log_entries() == 1
    assert LogEntry.objects.count() == 1
