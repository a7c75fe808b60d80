"""Scheduling, unscheduling and cancelling campaigns, and who may do it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from newsletter.campaigns import actions
from newsletter.campaigns.automation import plan_campaigns
from newsletter.delivery.materialize import prepare_due_campaigns
from newsletter.models import Campaign, NewsletterSettings, TestEmail
from tests.factories import make_campaign, make_delivery, make_post, make_subscriber
from tests.newsletter.campaigns.admin_pages import (
    admin_path,
    form_data,
    get_page,
    make_draft,
    make_staff_client,
    schedule_data,
)

pytestmark = pytest.mark.django_db


def test_automatic_campaign_can_be_cancelled_before_it_starts(admin_client: Client) -> None:
    campaign = make_campaign(kind="post", post=make_post(), status="scheduled")
    assert "Cancel …" in get_page(admin_client, admin_path(campaign, "progress"))
    action_path = admin_path(campaign, "action")
    assert "the post will not be part of the weekly digest" in get_page(admin_client, f"{action_path}?cancel")
    assert "No more emails will be sent" in get_page(admin_client, action_path, {"cancel": "1"})
    campaign.refresh_from_db()
    assert campaign.status == "cancelled"


def test_campaign_prepared_too_late_is_cancelled_with_a_reason(admin_client: Client, ready: NewsletterSettings) -> None:
    over = timezone.now() - timedelta(days=3)
    late = make_campaign(status="preparing", not_after=over, prepared_at=None, total=None)
    assert prepare_due_campaigns() == 0
    page = get_page(admin_client, admin_path(late, "progress"))
    assert "It could not start on time, so nothing was sent." in page
    late.refresh_from_db()
    assert late.status == "cancelled"


def test_late_automatic_campaign_can_be_scheduled_again(admin_client: Client, ready: NewsletterSettings) -> None:
    NewsletterSettings.objects.update(is_automation_enabled=True)
    make_post(title="Knees", published_at=timezone.now() - timedelta(days=3))
    plan_campaigns()
    prepare_due_campaigns()
    campaign = Campaign.objects.get()
    campaign.topic = None
    campaign.save()
    assert "Schedule it again if it is still relevant" in get_page(admin_client, admin_path(campaign, "progress"))
    get_page(admin_client, admin_path(campaign, "send"), schedule_data(admin_client, campaign))
    assert prepare_due_campaigns() == 1
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_writer_cannot_send(ready: NewsletterSettings) -> None:
    client = make_staff_client("view_campaign", "add_campaign", "change_campaign")
    campaign, scheduled = make_draft(), make_campaign(status="scheduled", subject="Approved")
    assert "Draft saved." in get_page(client, admin_path(campaign), form_data(campaign))
    assert "Save and send" not in get_page(client, admin_path(campaign))
    for response in (
        client.get(admin_path(campaign, "send")),
        client.post(admin_path(campaign, "send"), {"when": "now"}),
        client.post(admin_path(campaign, "action"), {"cancel": "1"}),
        client.get(f"{admin_path(campaign, 'action')}?cancel"),
        client.get(admin_path(campaign, "recipients")),
        client.get(admin_path(campaign, "recipients/csv")),
    ):
        assert response.status_code == 403
    # An approved campaign cannot be changed by someone who may not send.
    assert client.get(admin_path(scheduled)).status_code == 302
    assert client.post(admin_path(scheduled), form_data(scheduled)).status_code == 302
    scheduled.refresh_from_db()
    campaign.refresh_from_db()
    assert (scheduled.subject, campaign.status) == ("Approved", "draft")
    # Test emails go to the writer only.
    assert "your own address only" in get_page(
        client, admin_path(campaign, "test-email"), {"to_email": "eve@example.org"}
    )
    get_page(client, admin_path(campaign, "test-email"), {"to_email": "writer@example.com"})
    assert [test_email.to_email for test_email in TestEmail.objects.all()] == ["writer@example.com"]


def test_viewer_sees_progress_only() -> None:
    client = make_staff_client("view_campaign")
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    delivery = make_delivery(campaign=campaign)
    page = get_page(client, admin_path(campaign, "progress"))
    assert "Sending" in page
    assert 'name="pause"' not in page
    assert delivery.to_email not in page
    for data in ({"pause": "1"}, {"duplicate": "1"}):
        assert client.post(admin_path(campaign, "action"), data).status_code == 403
    assert make_staff_client().get(admin_path(campaign, "progress")).status_code == 403


def test_sending_is_confirmed_on_a_page_with_audience_and_time(admin_client: Client, ready: NewsletterSettings) -> None:
    make_subscriber()
    make_subscriber(status="unsubscribed")
    campaign = make_draft()
    assert admin_client.post(admin_path(campaign), form_data(campaign) | {"_send": "1"})["Location"] == admin_path(
        campaign, "send"
    )
    page = get_page(admin_client, admin_path(campaign, "send"))
    assert "2 subscribers" in page
    assert "In your site's time zone, UTC" in page
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    data = schedule_data(admin_client, campaign)
    assert "will start within seconds" in get_page(admin_client, admin_path(campaign, "send"), data)
    campaign.refresh_from_db()
    scheduled_at = campaign.scheduled_at
    # A second click, or a page that was left open.
    assert "Nothing was scheduled" in get_page(admin_client, admin_path(campaign, "send"), data)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.scheduled_at) == ("scheduled", scheduled_at)
    assert prepare_due_campaigns() == 1
    assert "This campaign cannot be scheduled" in get_page(admin_client, admin_path(campaign, "send"), data)
    assert campaign.deliveries.count() == 2


def test_campaign_changed_after_approval_is_not_scheduled(admin_client: Client, ready: NewsletterSettings) -> None:
    campaign = make_draft()
    data = schedule_data(admin_client, campaign)
    get_page(admin_client, admin_path(campaign), form_data(campaign, subject="Not approved"))
    assert "The campaign changed after you opened this page" in get_page(
        admin_client, admin_path(campaign, "send"), data
    )
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_campaign_is_scheduled_rescheduled_and_unscheduled(admin_client: Client, ready: NewsletterSettings) -> None:
    campaign = make_draft()
    day = timezone.localdate() + timedelta(days=2)
    for at, words in (
        (("2020-01-01", "08:00"), "This time has passed"),
        (("2120-01-01", "08:00"), "more than a year away"),
        (("", ""), "Choose a date and a time"),
        (("soon", "noon"), "Enter a valid date"),
    ):
        data = schedule_data(admin_client, campaign, when="later", at_0=at[0], at_1=at[1])
        assert words in get_page(admin_client, admin_path(campaign, "send"), data)
    data = schedule_data(admin_client, campaign, when="later", at_0=f"{day}", at_1="08:00")
    assert ", 8:00 AM" in get_page(admin_client, admin_path(campaign, "send"), data)
    campaign.refresh_from_db()
    assert campaign.scheduled_at is not None
    assert campaign.not_after == campaign.scheduled_at + timedelta(hours=24)
    data = schedule_data(admin_client, campaign, when="later", at_0=f"{day}", at_1="09:30")
    get_page(admin_client, admin_path(campaign, "send"), data)
    campaign.refresh_from_db()
    assert f"{campaign.scheduled_at:%H:%M}" == "09:30"
    assert "is a draft again" in get_page(admin_client, admin_path(campaign, "action"), {"unschedule": "1"})
    assert "Someone else may have changed it" in get_page(
        admin_client, admin_path(campaign, "action"), {"unschedule": "1"}
    )


@pytest.mark.parametrize("button", ["unschedule", "duplicate"])
def test_unsaved_text_is_autosaved_when_an_action_button_is_pressed(
    admin_client: Client, ready: NewsletterSettings, button: str
) -> None:
    campaign = make_draft()
    assert actions.schedule(campaign, timezone.now() + timedelta(hours=1))
    saved = {
        "subject": campaign.subject,
        "preheader": campaign.preheader,
        "is_in_archive": "on",
        "autosave_key": uuid4(),
    }
    get_page(admin_client, admin_path(campaign, "action"), form_data(campaign, **saved) | {button: "1"})
    assert "Restored your unsaved text" not in get_page(admin_client, admin_path(campaign))
    get_page(
        admin_client,
        admin_path(campaign, "action"),
        form_data(campaign, **saved | {"subject": "Typed last"}) | {button: "1"},
    )
    page = get_page(admin_client, admin_path(campaign))
    assert "Restored your unsaved text" in page
    assert "Typed last" in page


def test_late_campaign_is_a_draft_with_a_reason(admin_client: Client, ready: NewsletterSettings) -> None:
    hours = timedelta(hours=1)
    now = timezone.now()
    campaign = make_draft(status="scheduled", scheduled_at=now - 30 * hours, not_after=now - 6 * hours)
    prepare_due_campaigns()
    assert "It could not start on time" in get_page(admin_client, admin_path(campaign))
    get_page(admin_client, admin_path(campaign, "send"), schedule_data(admin_client, campaign))
    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_reason) == ("scheduled", "")


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_actions_only_one_succeeds(ready: NewsletterSettings) -> None:
    campaign, over = make_draft(), make_campaign(status="sent", started_at=timezone.now())
    for _ in range(3):
        make_delivery(campaign=over, status="failed")

    def together(step: Callable[[], int]) -> list[int]:
        gate = Barrier(2)

        def press(_: int) -> int:
            gate.wait(10)
            try:
                return int(step())
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            return sorted(pool.map(press, range(2)))

    at = timezone.now()
    assert together(lambda: actions.schedule(campaign, at)) == [0, 1]
    assert together(lambda: actions.unschedule(campaign)) == [0, 1]
    assert together(lambda: actions.resend_failed(over)) == [0, 3]
    assert together(lambda: actions.cancel(over)) == [0, 1]
