"""Workers that are killed, suspended or run in parallel lose no email and send none twice unnoticed."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from newsletter.delivery import journal as journals
from newsletter.delivery.results import recover
from newsletter.delivery.sending import send_due_campaigns
from newsletter.models import Campaign, Delivery
from tests.newsletter.delivery.crashing_worker import CRASH_POINTS
from tests.newsletter.delivery.harness import (
    KILLED,
    DeliveryHarness,
    counts_add_up,
    make_newsletter_settings,
    make_sending_campaign,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

EMAILS = 24
CONNECTIONS = 2


@pytest.mark.parametrize(("policy", "crash_points"), [("hold", CRASH_POINTS), ("resend", CRASH_POINTS[2:7])])
def test_a_crash_loses_no_email_and_duplicates_at_most_one_per_connection(
    harness: DeliveryHarness, policy: str, crash_points: tuple[str, ...]
) -> None:
    """A quick sample: benchmarks/newsletter_crashes.py runs it with fifty seeds."""
    dice = random.Random(policy)
    for crash_at in (*crash_points, "random"):
        newsletter_settings = make_newsletter_settings(uncertain_policy=policy, connections=CONNECTIONS)
        campaign = make_sending_campaign(EMAILS, newsletter_settings)
        after = dice.uniform(0.02, 0.2) if crash_at == "random" else dice.randint(1, 3)
        exit_code = harness.run_worker(crash_at, after)
        assert exit_code == KILLED or crash_at == "random", crash_at
        assert counts_add_up(campaign)
        assert harness.run_worker() == 0
        assert counts_add_up(campaign)
        lost, duplicated, uncertain = harness.count_mistakes(campaign)
        assert lost == 0, crash_at
        if policy == "hold":
            assert duplicated == 0, crash_at
            assert uncertain <= CONNECTIONS, crash_at
            assert campaign.status == ("sending" if uncertain else "sent"), crash_at
        else:
            assert duplicated <= CONNECTIONS, crash_at
            assert (uncertain, campaign.status) == (0, "sent"), crash_at


def test_interrupted_preparation_creates_the_same_deliveries(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(EMAILS, make_newsletter_settings())
    first = set(campaign.deliveries.values_list("message_id", flat=True))
    # As if the worker had been killed halfway: some deliveries exist, the campaign is not counted.
    campaign.deliveries.filter(pk__in=list(campaign.deliveries.values_list("pk", flat=True)[:15])).delete()
    Campaign.objects.filter(pk=campaign.pk).update(status="preparing", prepared_at=None, total=None)
    assert harness.run_worker() == 0
    assert set(campaign.deliveries.values_list("message_id", flat=True)) == first
    assert harness.count_mistakes(campaign) == (0, 0, 0)
    assert counts_add_up(campaign)
    assert campaign.status == "sent"


def test_two_workers_share_a_campaign(harness: DeliveryHarness, settings: Settings, tmp_path: Path) -> None:
    # Enough that the first worker is still sending when the second one starts.
    emails = EMAILS * 10
    campaign = make_sending_campaign(emails, make_newsletter_settings(batch_size=2))
    settings.NEWSLETTER_JOURNAL_DIR = tmp_path / "another-machine"
    harness.start_worker()
    while not campaign.deliveries.exclude(status="pending").exists():
        time.sleep(0.005)
    assert 0 < send_due_campaigns(lambda: False) < emails
    assert harness.wait_for_worker() == 0
    assert harness.count_mistakes(campaign) == (0, 0, 0)
    assert counts_add_up(campaign)
    assert campaign.status == "sent"


def test_suspended_worker_sends_nothing_after_its_lease_expired(harness: DeliveryHarness) -> None:
    newsletter_settings = make_newsletter_settings(uncertain_policy="hold", connections=1, batch_size=12)
    campaign = make_sending_campaign(12, newsletter_settings)
    harness.plan_faults(END=["", "", "", "slow"])
    pid = harness.start_worker(constants={"LEASE": 3, "LEASE_MARGIN": 1})
    deadline = time.monotonic() + 10
    while len(harness.accepted_emails(campaign)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(pid, signal.SIGSTOP)
    try:
        while Delivery.objects.filter(status="claimed", lease_until__gt=timezone.now()).exists():
            time.sleep(0.1)
        # Its journal is replayed although its process still exists.
        assert send_due_campaigns(lambda: False) == 8
        assert counts_add_up(campaign)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert harness.wait_for_worker() == 0
    assert harness.count_mistakes(campaign) == (0, 0, 1)


def test_all_claims_are_uncertain_without_their_journal(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(EMAILS, make_newsletter_settings(uncertain_policy="hold", connections=1))
    assert harness.run_worker("after dot", 3) == KILLED
    for path in harness.folder.glob("newsletter/*.journal"):
        path.unlink()
    recover()
    assert campaign.deliveries.count_by_status()["claimed"] == 6  # the lease has not expired
    campaign.deliveries.filter(status="claimed").update(lease_until=timezone.now())
    recover()
    assert campaign.deliveries.count_by_status()["uncertain"] == 6
    assert counts_add_up(campaign)


def test_after_a_reboot_the_journal_proves_recorded_outcomes_only(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_sending_campaign(EMAILS, make_newsletter_settings(uncertain_policy="hold", connections=1))
    assert harness.run_worker("after reply", 3) == KILLED
    monkeypatch.setattr(journals, "_boot_id", lambda: "another boot")
    recover()
    counts = campaign.deliveries.count_by_status()
    assert (counts["sent"], counts["uncertain"], counts["pending"]) == (2, 4, EMAILS - 6)
