"""Workers are killed with SIGKILL, put to sleep, run twice: nobody is missed, nobody is mailed twice unseen."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from newsletter.delivery import journal as journals
from newsletter.delivery.sending import deliver, recover
from newsletter.models import Campaign, Delivery
from tests.newsletter.delivery.crashing_worker import POINTS
from tests.newsletter.delivery.harness import KILLED, Stage, adds_up, campaign_to, sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NUMBER = 24
CONNECTIONS = 2


@pytest.mark.parametrize(("policy", "ways"), [("hold", POINTS), ("resend", POINTS[2:7])])
def test_killed_anywhere_nobody_is_lost_and_second_copies_are_as_few_as_connections(
    stage: Stage, policy: str, ways: tuple[str, ...]
) -> None:
    """A quick sample: benchmarks/newsletter_crashes.py does it with fifty seeds."""
    dice = random.Random(policy)
    for how in (*ways, "random"):
        campaign = campaign_to(NUMBER, sender(uncertain_policy=policy, connections=CONNECTIONS))
        after = dice.uniform(0.02, 0.2) if how == "random" else dice.randint(1, 3)
        ended = stage.run(how, after)
        assert ended == KILLED or how == "random", how
        assert adds_up(campaign)
        assert stage.run() == 0
        assert adds_up(campaign)
        lost, duplicated, uncertain = stage.tally(campaign)
        assert lost == 0, how
        if policy == "hold":
            assert duplicated == 0, how
            assert uncertain <= CONNECTIONS, how
            assert campaign.status == ("sending" if uncertain else "sent"), how
        else:
            assert duplicated <= CONNECTIONS, how
            assert (uncertain, campaign.status) == (0, "sent"), how


def test_killed_while_it_prepares_it_writes_the_same_rows(stage: Stage) -> None:
    profile = sender()
    campaign = campaign_to(NUMBER, profile)
    first = set(campaign.deliveries.values_list("message_id", flat=True))
    # As if it had been killed half-way: some rows are there, the campaign is not counted.
    campaign.deliveries.filter(pk__in=list(campaign.deliveries.values_list("pk", flat=True)[:15])).delete()
    Campaign.objects.filter(pk=campaign.pk).update(status="preparing", prepared_at=None, total=None)
    assert stage.run() == 0
    assert set(campaign.deliveries.values_list("message_id", flat=True)) == first
    assert stage.tally(campaign) == (0, 0, 0)
    assert adds_up(campaign)
    assert campaign.status == "sent"


def test_two_workers_at_once_share_the_mails(stage: Stage, settings: Settings, tmp_path: Path) -> None:
    # So many that the first worker is still at it when the second one has begun.
    many = NUMBER * 10
    campaign = campaign_to(many, sender(batch_size=2))
    settings.NEWSLETTER_JOURNAL_DIR = tmp_path / "of another machine"
    stage.begin("")
    while not campaign.deliveries.exclude(status="pending").exists():
        time.sleep(0.005)
    assert 0 < deliver(lambda: False) < many
    assert stage.end() == 0
    assert stage.tally(campaign) == (0, 0, 0)
    assert adds_up(campaign)
    assert campaign.status == "sent"


def test_a_sleeper_that_wakes_up_after_its_lease_sends_nothing_more(stage: Stage) -> None:
    campaign = campaign_to(12, sender(uncertain_policy="hold", connections=1, batch_size=12))
    stage.plan(END=["", "", "", "slow"])
    pid = stage.begin("", sending={"LEASE": 3, "LEASE_LEFT": 1})
    deadline = time.monotonic() + 10
    while len(stage.taken(campaign)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(pid, signal.SIGSTOP)
    try:
        while Delivery.objects.filter(status="claimed", lease_until__gt=timezone.now()).exists():
            time.sleep(0.1)
        # Its journal tells what it had done, although its process lives.
        assert deliver(lambda: False) == 8
        assert adds_up(campaign)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert stage.end() == 0
    lost, duplicated, uncertain = stage.tally(campaign)
    assert (lost, duplicated, uncertain) == (0, 0, 1)


def test_a_claim_whose_journal_is_gone_is_uncertain_as_a_whole(stage: Stage) -> None:
    campaign = campaign_to(NUMBER, sender(uncertain_policy="hold", connections=1))
    assert stage.run("after dot", 3) == KILLED
    for path in stage.folder.glob("newsletter/*.journal"):
        path.unlink()
    recover()
    assert campaign.deliveries.count_by_status()["claimed"] == 6  # the lease is not over
    campaign.deliveries.filter(status="claimed").update(lease_until=timezone.now())
    recover()
    assert campaign.deliveries.count_by_status()["uncertain"] == 6
    assert adds_up(campaign)


def test_a_journal_from_before_the_machine_started_anew_counts_for_what_was_answered_only(
    stage: Stage, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = campaign_to(NUMBER, sender(uncertain_policy="hold", connections=1))
    assert stage.run("after reply", 3) == KILLED
    monkeypatch.setattr(journals, "_boot_id", lambda: "another start")
    recover()
    census = campaign.deliveries.count_by_status()
    assert (census["sent"], census["uncertain"], census["pending"]) == (2, 4, NUMBER - 6)
