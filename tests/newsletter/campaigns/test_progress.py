"""Progress pages: counts, pausing, resending and recipients."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.campaigns import actions
from newsletter.campaigns.progress import BAR_WIDTH, estimate_duration, format_duration, get_progress
from newsletter.delivery.sending import finish_campaigns
from newsletter.models import Delivery, NewsletterSettings
from tests.factories import make_campaign, make_delivery
from tests.newsletter.campaigns.admin_pages import (
    LIST,
    admin_path,
    get_page,
)

pytestmark = pytest.mark.django_db


def test_counts_of_all_statuses_add_up_to_the_total(admin_client: Client) -> None:
    campaign = make_campaign(status="sending", total=10, started_at=timezone.now() - timedelta(minutes=2))
    for status in Delivery.Status:
        make_delivery(campaign=campaign, status=status)
    for _ in range(3):
        make_delivery(campaign=campaign, status="sent")
    result = get_progress(campaign)
    assert sum(segment.count for segment in result.counts) == result.total == campaign.deliveries.count() == 10
    assert sum(segment.width for segment in result.counts) == BAR_WIDTH
    assert (result.sent, result.failed, result.uncertain, result.percent, result.per_minute) == (4, 1, 1, 60, 2)
    assert result.ends_at is not None
    data = json.loads(admin_client.get(admin_path(campaign, "progress/data")).content)
    assert data["status"] == "sending"
    assert "4 of 10 sent" in data["figures"]
    assert data["figures"].count("<td>1</td>") == 6


def test_rate_limits_determine_the_estimated_end() -> None:
    campaign = make_campaign(status="sending", total=3, started_at=timezone.now())
    newsletter_settings = NewsletterSettings.objects.create(max_per_hour=2, max_per_second=5)
    for _ in range(3):
        make_delivery(campaign=campaign)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    newsletter_settings.send_windows.create(period="hour", starts_at=hour, count=2)
    result = get_progress(campaign)
    assert "The limit of 2 emails per hour is used up" in result.limit_notice
    assert result.ends_at is not None
    assert estimate_duration(2000, NewsletterSettings(max_per_hour=500)) == timedelta(hours=4)
    assert estimate_duration(2000, NewsletterSettings()) is None
    for time, words in (
        (timedelta(seconds=5), "about 1 minute"),
        (timedelta(minutes=90), "about 90 minutes"),
        (timedelta(hours=4), "about 4 hours"),
        (timedelta(days=3), "about 3 days"),
    ):
        assert format_duration(time) == words


def test_campaign_is_paused_resumed_and_cancelled_after_confirmation(admin_client: Client) -> None:
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    make_delivery(campaign=campaign)
    action_path = admin_path(campaign, "action")
    for button, words, status in (
        ("pause", "The campaign is paused.", "paused"),
        ("pause", "Nothing was changed: the campaign is paused", "paused"),
        ("resume", "Sending resumes.", "sending"),
        ("dance", "Unknown action", "sending"),
    ):
        assert words in get_page(admin_client, action_path, {button: "1"})
        campaign.refresh_from_db()
        assert campaign.status == status
    assert "Cancel permanently" in get_page(admin_client, f"{action_path}?cancel")
    assert admin_client.get(action_path).status_code == 405
    campaign.refresh_from_db()
    assert campaign.status == "sending"
    page = get_page(admin_client, action_path, {"cancel": "1"})
    assert "No more emails will be sent" in page
    assert "Not sent: cancelled" in page
    assert "the campaign is cancelled" in get_page(admin_client, action_path, {"resume": "1"})


def test_automatic_pause_shows_the_reason(admin_client: Client) -> None:
    reason = "41 of 129 emails failed. Check the reasons before you resume."
    campaign = make_campaign(status="paused", total=1, started_at=timezone.now(), pause_reason=reason)
    make_delivery(campaign=campaign, status="failed")
    page = get_page(admin_client, admin_path(campaign, "progress"))
    assert f"<b>Paused automatically.</b> {reason}" in page
    assert "Resend 1 failed email" in page


def test_failed_deliveries_can_be_resent_after_the_end(admin_client: Client) -> None:
    campaign = make_campaign(status="sent", total=3, started_at=timezone.now(), finished_at=timezone.now())
    one, two = (make_delivery(campaign=campaign, status="failed", error="No such user") for _ in range(2))
    sent = make_delivery(campaign=campaign, status="sent")
    assert "1 email will be sent again" in get_page(
        admin_client, f"{admin_path(campaign, 'action')}?delivery={one.pk}", {"resend_failed": "1"}
    )
    campaign.refresh_from_db()
    assert (campaign.status, campaign.finished_at) == ("sending", None)
    assert "1 email will be sent again" in get_page(
        admin_client, admin_path(campaign, "action"), {"resend_failed": "1"}
    )
    assert "Nothing was changed" in get_page(admin_client, admin_path(campaign, "action"), {"resend_failed": "1"})
    assert [Delivery.objects.get(pk=row.pk).status for row in (one, two, sent)] == ["pending", "pending", "sent"]
    cancelled = make_delivery(campaign=make_campaign(status="cancelled"), status="failed")
    assert actions.resend_failed(cancelled.campaign) == 0


def test_uncertain_deliveries_can_be_resent_or_marked_as_sent_once(admin_client: Client) -> None:
    campaign = make_campaign(status="sending", total=2, started_at=timezone.now())
    one, two = (make_delivery(campaign=campaign, status="uncertain") for _ in range(2))
    finish_campaigns()
    campaign.refresh_from_db()
    assert campaign.status == "sending"
    assert "2 emails may or may not have been sent" in get_page(admin_client, admin_path(campaign, "progress"))
    action_path = admin_path(campaign, "action")
    assert "1 email marked as sent" in get_page(admin_client, f"{action_path}?delivery={one.pk}", {"mark_sent": "1"})
    assert "Nothing was changed" in get_page(
        admin_client, f"{action_path}?delivery={one.pk}", {"resend_uncertain": "1"}
    )
    assert "1 email will be sent again" in get_page(admin_client, action_path, {"resend_uncertain": "1"})
    assert [Delivery.objects.get(pk=row.pk).status for row in (one, two)] == ["sent", "pending"]
    over = make_delivery(campaign=make_campaign(status="cancelled"), status="uncertain")
    assert actions.resend_uncertain(over.campaign) == 0
    assert actions.mark_uncertain_sent(over.campaign) == 1


@pytest.mark.parametrize("words", ["%00", "a%00b", "%ED%A0%80"])
def test_search_with_invisible_characters_is_answered(admin_client: Client, words: str) -> None:
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    make_delivery(campaign=campaign)
    for address in (
        admin_path(campaign, "recipients"),
        admin_path(campaign, "recipients/csv"),
        f"{LIST}from-post/",
        LIST,
    ):
        assert b"".join(admin_client.get(f"{address}?q={words}"))


def test_recipients_are_filtered_and_exported(admin_client: Client) -> None:
    campaign = make_campaign(status="sent", total=3, started_at=timezone.now())
    make_delivery(campaign=campaign, to_email="ann@example.org", status="sent")
    make_delivery(campaign=campaign, to_email="=eve@example.org", status="failed", error="550 no such user")
    make_delivery(campaign=campaign, to_email="", status="skipped", error="The email address was erased.")
    make_delivery(to_email="stranger@example.org")
    page = get_page(admin_client, admin_path(campaign, "recipients"))
    assert all(words in page for words in ("ann@", "eve@", "Erased", "550 no such user"))
    assert "stranger@" not in page
    page = get_page(admin_client, f"{admin_path(campaign, 'recipients')}?status=failed")
    assert ("ann@" in page, "eve@" in page) == (False, True)
    assert "ann@" in get_page(admin_client, f"{admin_path(campaign, 'recipients')}?q=ANN")
    assert "No email address contains" in get_page(
        admin_client, f"{admin_path(campaign, 'recipients')}?q=nobody&status=x&page=9"
    )
    response = admin_client.get(f"{admin_path(campaign, 'recipients/csv')}?status=failed")
    lines = b"".join(response).decode().splitlines()
    assert lines[0].startswith("email,status,attempts")
    assert lines[1:] == ["'=eve@example.org,failed,0,,,,,,550 no such user"]


def test_number_of_queries_does_not_depend_on_the_size(admin_client: Client, ready: NewsletterSettings) -> None:
    def grow(number: int) -> list[int]:
        for _ in range(number):
            make_delivery(campaign=campaign, status="sent")
            make_delivery(campaign=make_campaign(status="paused", started_at=timezone.now()), status="failed")
        costs = []
        for address in (LIST, *(admin_path(campaign, name) for name in ("recipients", "progress"))):
            with CaptureQueriesContext(connection) as queries:
                assert admin_client.get(address).status_code == 200
            costs.append(len(queries))
        return costs

    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    grow(1)
    assert grow(5) == grow(30)
