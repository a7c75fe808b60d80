"""The journal replays exactly what was recorded, even if its last line is cut off."""

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from newsletter.delivery import journal as journals
from newsletter.delivery.journal import Journal, JournalEntry, replay
from newsletter.delivery.transport import Outcome
from newsletter.models import Delivery

SENT = Outcome(Delivery.Status.SENT, "250")


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.NEWSLETTER_JOURNAL_DIR = tmp_path / "journals"
    return tmp_path / "journals"


def write_journal() -> Journal:
    journal = Journal()
    journal.begin_claim()
    journal.record_start(1, 1)
    journal.record_outcome(1, 1, SENT)
    journal.record_start(2, 3)
    return journal


def test_starts_and_outcomes_are_replayed() -> None:
    journal = write_journal()
    assert replay(journal.owner) == ({(1, 1): JournalEntry(SENT), (2, 3): JournalEntry(None)}, True)
    journal.clear()
    assert replay(journal.owner) == ({}, True)
    journal.close()
    assert replay(journal.owner) is None


def test_incomplete_last_line_is_ignored(folder: Path) -> None:
    journal = write_journal()
    path = folder / f"{journal.owner}.journal"
    path.write_bytes(path.read_bytes()[:-1])
    replayed = replay(journal.owner)
    assert replayed
    assert replayed.entries.keys() == {(1, 1)}


def test_full_disk_raises_after_a_partial_line(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = write_journal()
    monkeypatch.setattr(journals.os, "write", lambda file, line: 3)
    with pytest.raises(OSError, match="disk is full"):
        journal.record_start(3, 1)


def test_after_a_reboot_only_a_synced_journal_is_complete(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(journals.os, "fsync", synced.append)
    plain = write_journal()
    assert not synced
    settings.NEWSLETTER_FSYNC = True
    safe = write_journal()
    assert len(synced) == 4
    settings.NEWSLETTER_FSYNC = False
    monkeypatch.setattr(journals, "_BOOT_ID", Path(os.devnull))
    replays = replay(plain.owner), replay(safe.owner)
    assert [replayed and replayed.is_complete for replayed in replays] == [False, True]
