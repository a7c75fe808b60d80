"""The journal tells what it was told, whatever is cut off, and nothing that it was not."""

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from newsletter.delivery import journal as journals
from newsletter.delivery.journal import Journal, told
from newsletter.delivery.transport import Outcome
from newsletter.models import Delivery

SENT = Outcome(Delivery.Status.SENT, "250")


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.NEWSLETTER_STATE_DIR = tmp_path / "journals"
    return tmp_path / "journals"


def written() -> Journal:
    journal = Journal()
    journal.claiming()
    journal.starting(1, 1)
    journal.answered(1, 1, SENT)
    journal.starting(2, 3)
    return journal


def test_what_was_begun_and_what_was_answered_is_told() -> None:
    journal = written()
    assert told(journal.owner) == (frozenset({(1, 1), (2, 3)}), {(1, 1): SENT}, True)
    journal.clear()
    assert told(journal.owner) == (frozenset(), {}, True)
    journal.close()
    assert told(journal.owner) is None


def test_a_line_that_was_cut_off_was_never_written(folder: Path) -> None:
    journal = written()
    path = folder / f"{journal.owner}.journal"
    path.write_bytes(path.read_bytes()[:-1])
    story = told(journal.owner)
    assert story
    assert story.started == {(1, 1)}


def test_half_a_line_is_never_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = written()
    monkeypatch.setattr(journals.os, "write", lambda file, line: 3)
    with pytest.raises(OSError, match="disk is full"):
        journal.starting(3, 1)


def test_after_a_power_cut_only_a_journal_on_the_disk_is_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(journals.os, "fsync", synced.append)
    plain = written()
    assert not synced
    settings.NEWSLETTER_FSYNC = True
    safe = written()
    assert len(synced) == 4
    settings.NEWSLETTER_FSYNC = False
    monkeypatch.setattr(journals, "_BOOT", Path(os.devnull))
    stories = told(plain.owner), told(safe.owner)
    assert [story and story.is_whole for story in stories] == [False, True]
