"""A fake mail server, a fake provider and killable workers, shared by all tests of a module."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from ptcomplete.email_settings import mailers
from tests.newsletter.delivery.harness import DeliveryHarness
from tests.newsletter.delivery.provider_events import POSTMARK, use_provider
from tests.newsletter.delivery.provider_harness import ProviderHarness


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeliveryHarness]:
    """Return the processes behind `harness`, started once per module."""
    with DeliveryHarness(tmp_path_factory.mktemp("delivery")) as harness:
        yield harness


@pytest.fixture
def harness(processes: DeliveryHarness, settings: Settings) -> DeliveryHarness:
    """Return a mail server without faults, selected in the settings, and workers to kill."""
    settings.NEWSLETTER_JOURNAL_DIR = processes.folder / "newsletter"
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{processes.port}")
    processes.plan_faults()
    return processes


@pytest.fixture(scope="module")
def provider_process(processes: DeliveryHarness) -> Iterator[ProviderHarness]:
    """Return the process behind `provider`, started once per module."""
    command = [sys.executable, "-m", "tests.newsletter.delivery.fake_provider", str(processes.folder / "accepted")]
    with subprocess.Popen(command, cwd=django_settings.BASE_DIR, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield ProviderHarness(processes, int(process.stdout.readline()))
        process.stdin.close()


@pytest.fixture
def provider(provider_process: ProviderHarness, settings: Settings) -> ProviderHarness:
    """Return a provider without faults, selected in the settings as Postmark."""
    provider_process.plan()
    provider_process.clear()
    settings.NEWSLETTER_JOURNAL_DIR = provider_process.harness.folder / "newsletter"
    provider_process.use(settings, "postmark")
    return provider_process


@pytest.fixture
def postmark(settings: Settings) -> None:
    """Use Postmark as the email provider."""
    use_provider(settings, POSTMARK)
