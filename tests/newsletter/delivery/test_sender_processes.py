"""Several processes send with the same promises as one: nothing lost, limits kept, and they end with their worker."""

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from newsletter.delivery.sending import divide_connections
from newsletter.models import Campaign, NewsletterSettings
from tests.newsletter.delivery.crashing_worker import CRASH_POINTS
from tests.newsletter.delivery.harness import (
    KILLED,
    DeliveryHarness,
    counts_add_up,
    make_newsletter_settings,
    make_sending_campaign,
)

pytestmark = pytest.mark.django_db(transaction=True)

EMAILS = 60
CONNECTIONS = 2
# The exit code of a worker that raises SenderProcessError.
FAILED = 1


def start_worker(harness: DeliveryHarness, crash_in: str = "", crash_at: str = "", after: float = 0) -> tuple[int, int]:
    """Start a worker with two processes, wait until both send, and return their pids."""
    worker_crash = (crash_at, after) if crash_in == "worker" else ("", 0)
    sender_crash = (crash_at, after) if crash_in == "sender" else ("", 0)
    (harness.folder / "sender").unlink(missing_ok=True)
    worker = harness.start_worker(*worker_crash, NEWSLETTER_PROCESSES=2, sender_crash=sender_crash)
    wait_until((harness.folder / "sender").exists)
    return worker, int((harness.folder / "sender").read_text())


def wait_until(is_true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def has_accepted(harness: DeliveryHarness, campaign: Campaign, number: int) -> bool:
    return len(harness.accepted_emails(campaign)) >= number


def has_ended(pid: int) -> bool:
    """Return True if there is no such process; one that nobody has waited for does not count."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def send_until_killed(
    harness: DeliveryHarness,
    newsletter_settings: NewsletterSettings,
    crash_in: str,
    crash_at: str,
    dice: random.Random,
) -> tuple[Campaign, int]:
    """Send a campaign until one process is killed at `crash_at`. Return the campaign and the sender's process ID.

    On a busy machine one process may send everything before the other has a batch, so this tries again.
    """
    expected = KILLED if crash_in == "worker" else FAILED
    for _ in range(5):
        campaign = make_sending_campaign(EMAILS, newsletter_settings)
        after = dice.uniform(0, 0.1) if crash_at == "random" else 1
        _, sender = start_worker(harness, crash_in, crash_at, after)
        if harness.wait_for_worker() == expected or crash_at == "random":
            return campaign, sender
        wait_until(partial(has_ended, sender), seconds=5)
    raise AssertionError(f"No process was killed: {crash_at}")


@pytest.mark.slow
@pytest.mark.parametrize("crash_in", ["sender", "worker"])
@pytest.mark.parametrize(("policy", "crash_points"), [("hold", CRASH_POINTS[1:7]), ("resend", CRASH_POINTS[4:6])])
def test_killing_either_process_loses_no_email_and_sends_none_twice_unnoticed(
    harness: DeliveryHarness, crash_in: str, policy: str, crash_points: tuple[str, ...]
) -> None:
    """Kill each process once at each crash point, and once at a random time."""
    dice = random.Random(policy + crash_in)
    for crash_at in (*crash_points, "random"):
        newsletter_settings = make_newsletter_settings(uncertain_policy=policy, connections=CONNECTIONS)
        campaign, sender = send_until_killed(harness, newsletter_settings, crash_in, crash_at, dice)
        wait_until(partial(has_ended, sender), seconds=5)
        assert counts_add_up(campaign)
        assert harness.run_worker() == 0
        assert counts_add_up(campaign)
        lost, duplicated, uncertain = harness.count_mistakes(campaign)
        assert lost == 0, crash_at
        # Only one of the two connections was killed.
        max_duplicated, max_uncertain = (0, 1) if policy == "hold" else (1, 0)
        assert duplicated <= max_duplicated, crash_at
        assert uncertain <= max_uncertain, crash_at
        assert campaign.status == ("sending" if uncertain else "sent"), crash_at


@pytest.mark.slow
def test_sigterm_stops_both_processes_after_their_current_emails(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(EMAILS, make_newsletter_settings(connections=CONNECTIONS))
    harness.plan_faults(END=[""] * 6 + ["slow"] * 2)
    worker, sender = start_worker(harness)
    wait_until(partial(has_accepted, harness, campaign, 6))
    os.kill(worker, signal.SIGTERM)
    assert harness.wait_for_worker() == 0
    wait_until(partial(has_ended, sender), seconds=5)
    assert counts_add_up(campaign)
    counts = campaign.deliveries.count_by_status()
    assert counts["sent"] == harness.accepted_emails(campaign).total() < EMAILS
    assert counts["pending"] == EMAILS - counts["sent"]
    assert not list(harness.folder.glob("newsletter/*"))


@pytest.mark.slow
def test_other_process_ends_alone_on_sigterm_and_the_worker_goes_on(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(EMAILS, make_newsletter_settings(connections=CONNECTIONS))
    harness.plan_faults(END=[""] * 6 + ["slow"] * 2)
    _, sender = start_worker(harness)
    wait_until(partial(has_accepted, harness, campaign, 6))
    os.kill(sender, signal.SIGTERM)
    assert harness.wait_for_worker() == 0
    assert harness.count_mistakes(campaign) == (0, 0, 0)


@pytest.mark.slow
def test_rate_limit_applies_to_both_processes_together(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(EMAILS, make_newsletter_settings(connections=CONNECTIONS, max_per_hour=25))
    start_worker(harness)
    assert harness.wait_for_worker() == 0
    assert campaign.deliveries.count_by_status()["sent"] == 25 == harness.accepted_emails(campaign).total()
    NewsletterSettings.objects.update(max_per_hour=None, max_per_second=10)
    started = time.monotonic()
    start_worker(harness)
    assert harness.wait_for_worker() == 0
    # 35 emails take parts of four seconds.
    assert time.monotonic() - started > 2
    assert harness.count_mistakes(campaign) == (0, 0, 0)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_emails(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(3_000, make_newsletter_settings(connections=CONNECTIONS, batch_size=100))
    pids = start_worker(harness)
    sizes = []
    for number in (600, 2_600):
        wait_until(partial(has_accepted, harness, campaign, number))
        sizes.append([memory(pid) for pid in pids])
    assert harness.wait_for_worker() == 0
    for first, last in zip(*sizes, strict=True):
        assert last < first + 3_000
        assert last < 120_000


def memory(pid: int) -> int:
    """Return the resident memory of a process in kilobytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.parametrize(
    ("processes", "connections", "due", "expected"),
    [
        (1, 2, 100, [2]),
        (2, 2, 100, [1, 1]),
        (2, 5, 100, [3, 2]),
        (4, 2, 100, [1, 1]),
        # A process for each batch, so that small campaigns start no processes.
        (4, 4, 10, [4]),
        (4, 4, 11, [2, 2]),
        (4, 4, 0, []),
    ],
)
def test_connections_are_divided_among_the_processes(
    settings: Settings, processes: int, connections: int, due: int, expected: list[int]
) -> None:
    settings.NEWSLETTER_PROCESSES = processes
    newsletter_settings = make_newsletter_settings(connections=connections, batch_size=10)
    campaign = make_sending_campaign(100, newsletter_settings)
    later = campaign.deliveries.order_by("pk").values("pk")[due:]
    campaign.deliveries.filter(pk__in=list(later.values_list("pk", flat=True))).update(
        next_at=timezone.now() + timedelta(hours=1)
    )
    assert divide_connections(newsletter_settings) == expected
    Campaign.objects.update(status="paused")
    assert divide_connections(newsletter_settings) == []
