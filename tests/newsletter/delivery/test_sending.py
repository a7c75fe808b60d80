"""Campaigns are sent exactly once per subscriber, pause when something is wrong, and their counts always add up."""

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
from newsletter.delivery import claims, sending
from newsletter.delivery import journal as journals
from newsletter.delivery.claims import claim_batch
from newsletter.delivery.journal import Journal
from newsletter.delivery.results import MAX_UNCERTAIN_ATTEMPTS, RETRY_DELAYS
from newsletter.delivery.sending import send_due_campaigns
from newsletter.delivery.transport import SmtpTransport
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber
from ptcomplete.email_settings import mailers
from tests.mail_server import Mailbox, mail_server
from tests.newsletter.delivery.harness import (
    KILLED,
    DeliveryHarness,
    counts_add_up,
    make_newsletter_settings,
    make_sending_campaign,
)

pytestmark = pytest.mark.django_db(transaction=True)


def never() -> bool:
    return False


def stop_after(number: int) -> Callable[[], bool]:
    """Return a function that returns True after `number` calls, like a worker that receives a signal."""
    calls = count()
    return lambda: next(calls) >= number


def status_counts(campaign: Campaign) -> dict[str, int]:
    assert counts_add_up(campaign)
    return {status: number for status, number in campaign.deliveries.count_by_status().items() if number}


def test_campaign_is_sent_to_everyone_and_finishes(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(15, make_newsletter_settings())
    assert send_due_campaigns(never) == 15
    assert status_counts(campaign) == {"sent": 15}
    assert harness.count_mistakes(campaign) == (0, 0, 0)
    assert campaign.status == "sent"
    assert send_due_campaigns(never) == 0
    assert not list(harness.folder.glob("newsletter/*"))


def test_subscriber_who_unsubscribed_after_the_start_is_skipped(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(5, make_newsletter_settings())
    unsubscribed, erased = Subscriber.objects.all()[:2]
    Subscriber.objects.filter(pk=unsubscribed.pk).transition("active", "unsubscribed")
    erased.erase()
    assert send_due_campaigns(never) == 3
    assert status_counts(campaign) == {"sent": 3, "skipped": 2}
    assert campaign.status == "sent"


def test_unsubscribing_between_claim_and_sending_takes_effect(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "AUDIENCE_CHECK_SECONDS", 0)
    campaign = make_sending_campaign(4, make_newsletter_settings(connections=1))
    original = SmtpTransport.send

    def send(self: SmtpTransport, *arguments: Any) -> Any:
        last = Subscriber.objects.order_by("pk").last()
        assert last
        if last.status == "active":
            Subscriber.objects.filter(pk=last.pk).transition("active", "unsubscribed")
        return original(self, *arguments)

    monkeypatch.setattr(SmtpTransport, "send", send)
    assert send_due_campaigns(never) == 3
    assert status_counts(campaign) == {"sent": 3, "skipped": 1}


def test_each_email_is_sent_once_despite_twenty_pauses(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(60, make_newsletter_settings(connections=2, batch_size=2))
    rows = Campaign.objects.filter(pk=campaign.pk)
    for _ in range(20):
        send_due_campaigns(stop_after(3))
        assert counts_add_up(campaign)
        rows.transition("sending", "paused")
        assert send_due_campaigns(never) == 0
        rows.transition("paused", "sending")
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 60}
    assert harness.count_mistakes(campaign) == (0, 0, 0)


def test_cancelled_campaign_stops_after_the_current_email(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "AUDIENCE_CHECK_SECONDS", 0)
    campaign = make_sending_campaign(6, make_newsletter_settings(connections=1))
    original = SmtpTransport.send

    def send(self: SmtpTransport, *arguments: Any) -> Any:
        Campaign.objects.all().transition("sending", "cancelled")
        return original(self, *arguments)

    monkeypatch.setattr(SmtpTransport, "send", send)
    assert send_due_campaigns(never) == 1
    assert status_counts(campaign) == {"sent": 1, "pending": 5}


def test_stopped_worker_saves_its_results_and_releases_the_rest(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(6, make_newsletter_settings(connections=1))
    assert send_due_campaigns(stop_after(4)) == 3
    assert status_counts(campaign) == {"sent": 3, "pending": 3}


def test_rejected_address_fails_and_greylisted_one_is_retried(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(6, make_newsletter_settings(connections=1))
    harness.plan_faults(RCPT=["550 5.1.1 nobody", "", "450 4.2.0 greylisted"])
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 4, "failed": 1, "deferred": 1}
    assert campaign.status == "sending"
    deferred = campaign.deliveries.get(status="deferred")
    assert RETRY_DELAYS[0] * 0.7 < deferred.next_at - timezone.now() < RETRY_DELAYS[0] * 1.3
    Delivery.objects.filter(pk=deferred.pk).update(next_at=timezone.now())
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 5, "failed": 1}
    assert campaign.status == "sent"


def test_delivery_rejected_for_a_day_fails(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(1, make_newsletter_settings(connections=1))
    for _ in RETRY_DELAYS:
        harness.plan_faults(RCPT=["450 4.2.0 greylisted"])
        send_due_campaigns(never)
        assert status_counts(campaign) == {"deferred": 1}
        campaign.deliveries.update(next_at=timezone.now())
    Campaign.objects.update(started_at=timezone.now() - timedelta(days=2))
    harness.plan_faults(RCPT=["450 4.2.0 greylisted"])
    send_due_campaigns(never)
    assert status_counts(campaign) == {"failed": 1}


def test_server_that_rejects_us_pauses_the_campaign_without_failures(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(12, make_newsletter_settings(connections=1))
    harness.plan_faults(END=["", "550 5.7.26 no DKIM"])
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 1, "deferred": 1, "pending": 10}
    assert campaign.status == "paused"
    assert "5.7.26 no DKIM" in campaign.pause_reason
    Campaign.objects.all().transition("paused", "sending")
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 12}


def test_too_many_failures_pause_the_campaign(harness: DeliveryHarness) -> None:
    newsletter_settings = make_newsletter_settings(connections=1, batch_size=10, pause_error_percent=30)
    campaign = make_sending_campaign(40, newsletter_settings)
    harness.plan_faults(RCPT=["550 nobody"] * 20)
    send_due_campaigns(never)
    assert status_counts(campaign) == {"failed": 20, "pending": 20}
    assert campaign.pause_reason.startswith("20 of 20 emails failed")
    Delivery.objects.filter(status="failed").transition("failed", "pending")
    harness.plan_faults()
    Campaign.objects.all().transition("paused", "sending")
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 40}


def test_wrong_password_pauses_the_campaign(settings: Settings) -> None:
    campaign = make_sending_campaign(2, make_newsletter_settings())

    def reject(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with mail_server(settings, Mailbox(), authenticator=reject, auth_require_tls=False) as port:
        settings.MAILERS = mailers(f"smtp://127.0.0.1:{port}")
        settings.MAILERS["default"]["OPTIONS"] |= {"username": "us", "password": "wrong"}
        assert send_due_campaigns(never) == 0
    assert status_counts(campaign) == {"pending": 2}
    assert campaign.status == "paused"
    assert campaign.pause_reason == "The mail server rejected our username and password."


def test_unavailable_server_uses_up_no_attempts(harness: DeliveryHarness, settings: Settings) -> None:
    campaign = make_sending_campaign(2, make_newsletter_settings())
    settings.MAILERS = mailers("smtp://127.0.0.1:9")
    assert send_due_campaigns(never) == 0
    assert status_counts(campaign) == {"pending": 2}
    assert not campaign.deliveries.filter(attempt__gt=0).exists()


def test_reply_421_defers_one_email_only(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(10, make_newsletter_settings(connections=1))
    harness.plan_faults(MAIL=["", "", "421 4.7.0 too much", "", "421 4.7.0 too much"])
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 8, "deferred": 2}
    assert harness.accepted_emails(campaign).total() == 8


def test_server_that_keeps_disconnecting_is_given_a_break(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(10, make_newsletter_settings(connections=1))
    harness.plan_faults(MAIL=["", *["421 4.3.2 down"] * 9])
    assert send_due_campaigns(never) == 0
    assert status_counts(campaign) == {"sent": 1, "deferred": 3, "pending": 6}


def test_nothing_is_sent_with_an_expired_claim(harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_sending_campaign(4, make_newsletter_settings(connections=1))
    monkeypatch.setattr(sending, "LEASE_MARGIN", claims.LEASE * 2)
    assert send_due_campaigns(never) == 0
    assert status_counts(campaign) == {"pending": 4}
    assert not harness.accepted_emails(campaign)


def test_changed_settings_apply_from_the_next_batch(harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_sending_campaign(12, make_newsletter_settings(connections=1, batch_size=4))
    batches, original = [], sending.send_batch

    def send_batch(batch: Any, *arguments: Any) -> Any:
        batches.append((len(batch.deliveries), batch.sender.email))
        NewsletterSettings.objects.update(batch_size=6, from_email="new@example.com")
        return original(batch, *arguments)

    monkeypatch.setattr(sending, "send_batch", send_batch)
    assert send_due_campaigns(never) == 12
    assert batches == [(4, "site@example.com"), (6, "new@example.com"), (2, "new@example.com")]
    assert status_counts(campaign) == {"sent": 12}


@pytest.mark.parametrize(
    ("policy", "fault", "copies"),
    [("resend", "drop-after", 2), ("resend", "drop-before", 1), ("hold", "drop-after", 1)],
)
def test_policy_decides_about_uncertain_emails(harness: DeliveryHarness, policy: str, fault: str, copies: int) -> None:
    campaign = make_sending_campaign(3, make_newsletter_settings(uncertain_policy=policy, connections=1))
    harness.plan_faults(END=[fault])
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 2, "uncertain": 1}
    uncertain = campaign.deliveries.get(status="uncertain")
    assert uncertain.next_at > timezone.now()
    Delivery.objects.filter(pk=uncertain.pk).update(next_at=timezone.now())
    send_due_campaigns(never)
    assert harness.accepted_emails(campaign)[uncertain.message_id] == copies
    assert status_counts(campaign) == ({"sent": 3} if policy == "resend" else {"sent": 2, "uncertain": 1})
    if policy == "resend":
        uncertain.refresh_from_db()
        assert "before the server replied" in uncertain.error


def test_email_is_not_resent_forever_to_a_server_that_never_replies(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(1, make_newsletter_settings(connections=1))
    harness.plan_faults(END=["drop-after"] * 5)
    for _ in range(5):
        send_due_campaigns(never)
        campaign.deliveries.update(next_at=timezone.now())
    assert harness.accepted_emails(campaign).total() == MAX_UNCERTAIN_ATTEMPTS == 3
    assert status_counts(campaign) == {"uncertain": 1}
    harness.plan_faults()
    assert actions.resend_uncertain(campaign) == 1
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 1}


def test_rate_limit_holds_emails_back(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(10, make_newsletter_settings(max_per_hour=7))
    assert send_due_campaigns(never) == 7
    assert status_counts(campaign) == {"sent": 7, "pending": 3}
    NewsletterSettings.objects.update(max_per_hour=None)
    assert send_due_campaigns(never) == 3


def test_invalid_address_fails_alone(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(3, make_newsletter_settings())
    campaign.deliveries.filter(pk=campaign.deliveries.earliest("pk").pk).update(to_email="a@b.example\r\nDATA")
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 2, "failed": 1}


def test_outcomes_of_a_lost_claim_are_not_saved(harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_sending_campaign(2, make_newsletter_settings(connections=1))
    original = sending.send_batch

    def send_batch(batch: Any, *arguments: Any) -> Any:
        results = original(batch, *arguments)
        # Another worker takes the claims over.
        Delivery.objects.update(owner="another", attempt=9)
        return results

    monkeypatch.setattr(sending, "send_batch", send_batch)
    send_due_campaigns(never)
    assert status_counts(campaign) == {"claimed": 2}
    assert set(campaign.deliveries.values_list("owner", "attempt")) == {("another", 9)}


def test_results_are_recovered_from_the_journal_after_a_database_error(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_sending_campaign(4, make_newsletter_settings(connections=1, uncertain_policy="hold"))

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(sending, "save_results", fail)
        with pytest.raises(OSError, match="full"):
            send_due_campaigns(never)
    assert status_counts(campaign) == {"claimed": 4}
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 4}
    assert harness.count_mistakes(campaign) == (0, 0, 0)


def test_two_owners_never_claim_the_same_delivery() -> None:
    newsletter_settings = make_newsletter_settings(batch_size=10)
    campaign = make_sending_campaign(4, newsletter_settings)
    first, second = (claim_batch(owner, newsletter_settings, 2) for owner in ("a", "b"))
    assert first
    assert second
    assert {row.pk for row in first.deliveries} & {row.pk for row in second.deliveries} == set()
    assert claim_batch("c", newsletter_settings, 2) is None
    assert status_counts(campaign) == {"claimed": 4}


def test_journal_in_use_is_not_abandoned(harness: DeliveryHarness) -> None:
    journal = Journal()
    journal.begin_claim()
    assert list(journals.abandoned_owners()) == []
    journal.close()
    assert list(journals.abandoned_owners()) == [journal.owner]
    assert list(journals.abandoned_owners()) == []


def test_reconcile_command_lists_and_resolves_uncertain_emails(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(6, make_newsletter_settings(uncertain_policy="hold"))
    message_ids = sorted(campaign.deliveries.values_list("message_id", flat=True))[:3]
    campaign.deliveries.filter(message_id__in=message_ids).update(status="uncertain")
    output = StringIO()
    call_command("newsletter_reconcile", stdout=output)
    assert all(message_id in output.getvalue() for message_id in message_ids)
    with pytest.raises(CommandError, match="both lists"):
        call_command("newsletter_reconcile", "--sent", message_ids[0], "--resend", message_ids[0])
    call_command("newsletter_reconcile", "--sent", message_ids[0], "--resend", message_ids[1], stdout=output)
    assert status_counts(campaign) == {"sent": 1, "pending": 4, "uncertain": 1}
    call_command("newsletter_reconcile", "--resend", "all", stdout=output)
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 6}
    assert harness.accepted_emails(campaign)[message_ids[0]] == 0


def test_the_sites_worker_sends_campaigns_too(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(8, make_newsletter_settings())
    call_command("worker", "--once")
    assert status_counts(campaign) == {"sent": 8}


def test_worker_stops_after_the_current_email_on_sigterm(harness: DeliveryHarness) -> None:
    campaign = make_sending_campaign(6, make_newsletter_settings(connections=1))
    harness.plan_faults(END=["", "slow"])
    pid = harness.start_worker()
    while len(harness.accepted_emails(campaign)) < 1:
        time.sleep(0.01)
    os.kill(pid, signal.SIGTERM)
    assert harness.wait_for_worker() not in (KILLED, 1)
    assert set(status_counts(campaign)) == {"sent", "pending"}
    assert harness.count_mistakes(campaign).duplicated == 0
