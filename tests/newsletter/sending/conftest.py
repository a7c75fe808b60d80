"""The stage: one mail server and one place for workers, for all tests of a file."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from ptcomplete.email_settings import mailers
from tests.newsletter.sending.stage import Stage


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture
def stage(processes: Stage, settings: Settings) -> Stage:
    settings.NEWSLETTER_STATE_DIR = processes.folder / "newsletter"
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{processes.port}")
    processes.plan()
    return processes
