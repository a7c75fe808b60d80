"""Claiming, sending and keeping: who left is left out, trouble waits or pauses, and the counts always add up."""

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from itertools import count
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from newsletter.campaigns import actions
from newsletter.delivery import sending
from newsletter.delivery.journal import Journal
from newsletter.delivery.sending import BACKOFF, MOST_COPIES, claim, deliver
from newsletter.delivery.transport import SmtpTransport
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber
from ptcomplete.email_settings import mailers
from tests.mail_server import Mailbox, mail_server
from tests.newsletter.delivery.harness import KILLED, Stage, adds_up, campaign_to, sender

pytestmark = pytest.mark.django_db(transaction=True)


def never() -> bool:
    return False


def after(number: int) -> Callable[[], bool]:
    """A worker that is told to stop once it has asked so often."""
    asked = count()
    return lambda: next(asked) >= number


def census(campaign: Campaign) -> dict[str, int]:
    assert adds_up(campaign)
    return {status: number for status, number in campaign.deliveries.count_by_status().items() if number}


def test_a_campaign_is_sent_to_all_and_ends(stage: Stage) -> None:
    campaign = campaign_to(15, sender())
    assert deliver(never) == 15
    assert census(campaign) == {"sent": 15}
    assert stage.tally(campaign) == (0, 0, 0)
    assert campaign.status == "sent"
    assert deliver(never) == 0
    assert not list(stage.folder.glob("newsletter/*"))


def test_who_left_after_the_campaign_began_is_skipped(stage: Stage) -> None:
    campaign = campaign_to(5, sender())
    leaves, erased = Subscriber.objects.all()[:2]
    Subscriber.objects.filter(pk=leaves.pk).transition("active", "unsubscribed")
    erased.erase()
    assert deliver(never) == 3
    assert census(campaign) == {"sent": 3, "skipped": 2}
    assert campaign.status == "sent"


def test_who_leaves_between_claim_and_mail_is_heard(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS_BETWEEN_LOOKS", 0)
    campaign = campaign_to(4, sender(connections=1))
    original = SmtpTransport.send

    def send(self: SmtpTransport, *arguments: Any) -> Any:
        last = Subscriber.objects.order_by("pk").last()
        assert last
        if last.status == "active":
            Subscriber.objects.filter(pk=last.pk).transition("active", "unsubscribed")
        return original(self, *arguments)

    monkeypatch.setattr(SmtpTransport, "send", send)
    assert deliver(never) == 3
    assert census(campaign) == {"sent": 3, "skipped": 1}


def test_paused_and_resumed_twenty_times_each_mail_goes_out_once(stage: Stage) -> None:
    campaign = campaign_to(60, sender(connections=2, batch_size=2))
    rows = Campaign.objects.filter(pk=campaign.pk)
    for _ in range(20):
        deliver(after(3))
        assert adds_up(campaign)
        rows.transition("sending", "paused")
        assert deliver(never) == 0
        rows.transition("paused", "sending")
    deliver(never)
    assert census(campaign) == {"sent": 60}
    assert stage.tally(campaign) == (0, 0, 0)


def test_a_cancelled_campaign_stops_with_the_mail_in_hand(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS_BETWEEN_LOOKS", 0)
    campaign = campaign_to(6, sender(connections=1))
    original = SmtpTransport.send

    def send(self: SmtpTransport, *arguments: Any) -> Any:
        Campaign.objects.all().transition("sending", "cancelled")
        return original(self, *arguments)

    monkeypatch.setattr(SmtpTransport, "send", send)
    assert deliver(never) == 1
    assert census(campaign) == {"sent": 1, "pending": 5}


def test_who_is_told_to_stop_keeps_what_was_done_and_gives_back_the_rest(stage: Stage) -> None:
    campaign = campaign_to(6, sender(connections=1))
    assert deliver(after(4)) == 3
    assert census(campaign) == {"sent": 3, "pending": 3}


def test_one_refused_address_is_no_matter_and_greylisting_comes_later(stage: Stage) -> None:
    campaign = campaign_to(6, sender(connections=1))
    stage.plan(RCPT=["550 5.1.1 nobody", "", "450 4.2.0 greylisted"])
    deliver(never)
    assert census(campaign) == {"sent": 4, "failed": 1, "deferred": 1}
    assert campaign.status == "sending"
    late = campaign.deliveries.get(status="deferred")
    assert BACKOFF[0] * 0.7 < late.next_at - timezone.now() < BACKOFF[0] * 1.3
    Delivery.objects.filter(pk=late.pk).update(next_at=timezone.now())
    deliver(never)
    assert census(campaign) == {"sent": 5, "failed": 1}
    assert campaign.status == "sent"


def test_what_is_refused_for_a_day_has_failed(stage: Stage) -> None:
    campaign = campaign_to(1, sender(connections=1))
    for _ in BACKOFF:
        stage.plan(RCPT=["450 4.2.0 greylisted"])
        deliver(never)
        assert census(campaign) == {"deferred": 1}
        campaign.deliveries.update(next_at=timezone.now())
    Campaign.objects.update(started_at=timezone.now() - timedelta(days=2))
    stage.plan(RCPT=["450 4.2.0 greylisted"])
    deliver(never)
    assert census(campaign) == {"failed": 1}


def test_a_server_that_refuses_us_pauses_the_campaign_and_fails_nobody(stage: Stage) -> None:
    campaign = campaign_to(12, sender(connections=1))
    stage.plan(END=["", "550 5.7.26 no DKIM"])
    deliver(never)
    assert census(campaign) == {"sent": 1, "deferred": 1, "pending": 10}
    assert campaign.status == "paused"
    assert "5.7.26 no DKIM" in campaign.pause_reason
    Campaign.objects.all().transition("paused", "sending")
    deliver(never)
    assert census(campaign) == {"sent": 12}


def test_too_many_failures_pause_the_campaign(stage: Stage) -> None:
    campaign = campaign_to(40, sender(connections=1, batch_size=10, pause_error_percent=30))
    stage.plan(RCPT=["550 nobody"] * 20)
    deliver(never)
    assert census(campaign) == {"failed": 20, "pending": 20}
    assert campaign.pause_reason.startswith("20 of 20 mails failed")
    Delivery.objects.filter(status="failed").transition("failed", "pending")
    stage.plan()
    Campaign.objects.all().transition("paused", "sending")
    deliver(never)
    assert census(campaign) == {"sent": 40}


def test_a_password_that_is_wrong_pauses_the_campaign(settings: Settings) -> None:
    campaign = campaign_to(2, sender())

    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with mail_server(settings, Mailbox(), authenticator=refuse, auth_require_tls=False) as port:
        settings.MAILERS = mailers(f"smtp://127.0.0.1:{port}")
        settings.MAILERS["default"]["OPTIONS"] |= {"username": "us", "password": "wrong"}
        assert deliver(never) == 0
    assert census(campaign) == {"pending": 2}
    assert campaign.status == "paused"
    assert campaign.pause_reason == "The mail server rejected our username and password."


def test_a_server_that_is_away_costs_no_mail_an_attempt(stage: Stage, settings: Settings) -> None:
    campaign = campaign_to(2, sender())
    settings.MAILERS = mailers("smtp://127.0.0.1:9")
    assert deliver(never) == 0
    assert census(campaign) == {"pending": 2}
    assert not campaign.deliveries.filter(attempt__gt=0).exists()


def test_a_421_in_the_middle_costs_one_mail_a_minute_and_no_other_anything(stage: Stage) -> None:
    campaign = campaign_to(10, sender(connections=1))
    stage.plan(MAIL=["", "", "421 4.7.0 too much", "", "421 4.7.0 too much"])
    deliver(never)
    assert census(campaign) == {"sent": 8, "deferred": 2}
    assert stage.taken(campaign).total() == 8


def test_a_server_that_hangs_up_again_and_again_is_left_alone_for_a_while(stage: Stage) -> None:
    campaign = campaign_to(10, sender(connections=1))
    stage.plan(MAIL=["", *["421 4.3.2 down"] * 9])
    assert deliver(never) == 0
    assert census(campaign) == {"sent": 1, "deferred": 3, "pending": 6}


def test_after_the_clock_jumped_nothing_goes_out_under_the_old_claim(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = campaign_to(4, sender(connections=1))
    monkeypatch.setattr(sending, "LEASE_LEFT", sending.LEASE * 2)
    assert deliver(never) == 0
    assert census(campaign) == {"pending": 4}
    assert not stage.taken(campaign)


def test_other_settings_count_from_the_next_chunk_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = campaign_to(12, sender(connections=1, batch_size=4))
    sizes, original = [], sending.send

    def send(chunk: Any, *arguments: Any) -> Any:
        sizes.append((len(chunk.rows), chunk.sender.email))
        NewsletterSettings.objects.update(batch_size=6, from_email="new@example.com")
        return original(chunk, *arguments)

    monkeypatch.setattr(sending, "send", send)
    assert deliver(never) == 12
    assert sizes == [(4, "site@example.com"), (6, "new@example.com"), (2, "new@example.com")]
    assert census(campaign) == {"sent": 12}


@pytest.mark.parametrize(
    ("policy", "fault", "copies"),
    [("resend", "drop-after", 2), ("resend", "drop-before", 1), ("hold", "drop-after", 1)],
)
def test_without_an_answer_after_the_dot_the_policy_decides(stage: Stage, policy: str, fault: str, copies: int) -> None:
    campaign = campaign_to(3, sender(uncertain_policy=policy, connections=1))
    stage.plan(END=[fault])
    deliver(never)
    assert census(campaign) == {"sent": 2, "uncertain": 1}
    doubtful = campaign.deliveries.get(status="uncertain")
    assert doubtful.next_at > timezone.now()
    Delivery.objects.filter(pk=doubtful.pk).update(next_at=timezone.now())
    deliver(never)
    assert stage.taken(campaign)[doubtful.message_id] == copies
    assert census(campaign) == ({"sent": 3} if policy == "resend" else {"sent": 2, "uncertain": 1})
    if policy == "resend":
        doubtful.refresh_from_db()
        assert "before the server replied" in doubtful.error


def test_a_server_that_never_says_so_is_not_handed_the_same_mail_without_end(stage: Stage) -> None:
    campaign = campaign_to(1, sender(connections=1))
    stage.plan(END=["drop-after"] * 5)
    for _ in range(5):
        deliver(never)
        campaign.deliveries.update(next_at=timezone.now())
    assert stage.taken(campaign).total() == MOST_COPIES == 3
    assert census(campaign) == {"uncertain": 1}
    stage.plan()
    assert actions.settle(campaign, again=True) == 1
    deliver(never)
    assert census(campaign) == {"sent": 1}


def test_a_limit_holds_the_rest_back(stage: Stage) -> None:
    campaign = campaign_to(10, sender(max_per_hour=7))
    assert deliver(never) == 7
    assert census(campaign) == {"sent": 7, "pending": 3}
    NewsletterSettings.objects.update(max_per_hour=None)
    assert deliver(never) == 3


def test_an_address_that_no_mail_reaches_fails_alone(stage: Stage) -> None:
    campaign = campaign_to(3, sender())
    campaign.deliveries.filter(pk=campaign.deliveries.earliest("pk").pk).update(to_email="a@b.example\r\nDATA")
    deliver(never)
    assert census(campaign) == {"sent": 2, "failed": 1}


def test_results_of_a_lost_claim_are_not_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = campaign_to(2, sender(connections=1))
    original = sending.send

    def send(chunk: Any, *arguments: Any) -> Any:
        results = original(chunk, *arguments)
        # Meanwhile somebody else took them over.
        Delivery.objects.update(owner="another", attempt=9)
        return results

    monkeypatch.setattr(sending, "send", send)
    deliver(never)
    assert census(campaign) == {"claimed": 2}
    assert set(campaign.deliveries.values_list("owner", "attempt")) == {("another", 9)}


def test_a_worker_whose_database_fails_leaves_its_journal_to_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = campaign_to(4, sender(connections=1, uncertain_policy="hold"))

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(sending, "keep", fail)
        with pytest.raises(OSError, match="full"):
            deliver(never)
    assert census(campaign) == {"claimed": 4}
    deliver(never)
    assert census(campaign) == {"sent": 4}
    assert stage.tally(campaign) == (0, 0, 0)


def test_nobody_claims_what_another_has_claimed() -> None:
    profile = sender(batch_size=10)
    campaign = campaign_to(4, profile)
    first, second = (claim(owner, profile, 2) for owner in ("a", "b"))
    assert first
    assert second
    assert {row.pk for row in first.rows} & {row.pk for row in second.rows} == set()
    assert claim("c", profile, 2) is None
    assert census(campaign) == {"claimed": 4}


def test_a_journal_that_is_used_is_nobody_elses(stage: Stage) -> None:
    journal = Journal()
    journal.begin_claim()
    assert list(sending.journals.abandoned_owners()) == []
    journal.close()
    assert list(sending.journals.abandoned_owners()) == [journal.owner]
    assert list(sending.journals.abandoned_owners()) == []


def test_uncertain_mails_are_listed_and_decided_by_hand(stage: Stage) -> None:
    campaign = campaign_to(6, sender(uncertain_policy="hold"))
    names = sorted(campaign.deliveries.values_list("message_id", flat=True))[:3]
    campaign.deliveries.filter(message_id__in=names).update(status="uncertain")
    told = StringIO()
    call_command("newsletter_reconcile", stdout=told)
    assert all(name in told.getvalue() for name in names)
    with pytest.raises(CommandError, match="both lists"):
        call_command("newsletter_reconcile", "--sent", names[0], "--resend", names[0])
    call_command("newsletter_reconcile", "--sent", names[0], "--resend", names[1], stdout=told)
    assert census(campaign) == {"sent": 1, "pending": 4, "uncertain": 1}
    call_command("newsletter_reconcile", "--resend", "all", stdout=told)
    deliver(never)
    assert census(campaign) == {"sent": 6}
    assert stage.taken(campaign)[names[0]] == 0


def test_the_worker_of_the_site_sends_campaigns_beside_its_other_jobs(stage: Stage) -> None:
    campaign = campaign_to(8, sender())
    call_command("worker", "--once")
    assert census(campaign) == {"sent": 8}


def test_told_to_end_the_command_ends_after_the_mail_in_hand(stage: Stage) -> None:
    campaign = campaign_to(6, sender(connections=1))
    stage.plan(END=["", "slow"])
    pid = stage.begin("")
    while len(stage.taken(campaign)) < 1:
        time.sleep(0.01)
    os.kill(pid, signal.SIGTERM)
    assert stage.end() not in (KILLED, 1)
    assert set(census(campaign)) == {"sent", "pending"}
    assert stage.tally(campaign).duplicated == 0
