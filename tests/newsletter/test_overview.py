"""The newsletter's panel on the dashboard."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from newsletter.models import Subscriber
from tests.factories import make_campaign, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def test_the_panel_shows_the_list_and_the_campaigns(admin_client: Client) -> None:
    for _ in range(3):
        make_subscriber(status="pending", confirmed_at=None).confirm()
    Subscriber.objects.first().unsubscribe()  # type: ignore[union-attr]
    make_subscriber(status="pending", confirmed_at=None)
    last = make_campaign(status="sent", started_at=timezone.now(), total=2)
    make_delivery(campaign=last, status="sent", complained_at=timezone.now())
    make_delivery(campaign=last, status="sent", bounced_at=timezone.now())
    later = timezone.now() + timedelta(days=1)
    make_campaign(subject="Next one", status="scheduled", scheduled_at=later, not_after=later + timedelta(days=1))
    seen = admin_client.get("/admin/").context["newsletter"]
    assert (seen["active_count"], seen["pending_count"], seen["suppressed_count"]) == (2, 1, 1)
    assert (seen["weeks"][-1].joined, seen["weeks"][-1].left, len(seen["weeks"])) == (3, 1, 12)
    assert (seen["bounce_rate"].percent, seen["complaint_rate"].level) == (50, "stop")
    assert str(seen["next"]) == "Next one"


def test_a_new_site_has_a_panel(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()
    assert "No campaign is scheduled or being sent." in page


def test_campaigns_that_need_a_decision_are_tasks(admin_client: Client) -> None:
    reason = "41 of 129 mails failed. Look at the reasons before you go on."
    make_campaign(status="paused", subject="Sleep", started_at=timezone.now(), pause_reason=reason)
    held = make_campaign(status="sending", subject="Knees", started_at=timezone.now())
    make_delivery(campaign=held, status="uncertain")
    page = admin_client.get("/admin/").content.decode()
    assert "The campaign “Sleep” is paused" in page
    assert reason in page
    assert "An email from “Knees” may or may not have been sent" in page


def test_users_without_permission_see_no_panel() -> None:
    user = User.objects.create_user("writer@example.com", "a password for tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_post"))
    client = Client()
    client.force_login(user)
    make_campaign(status="paused", subject="Sleep", started_at=timezone.now())
    page = client.get("/admin/").content.decode()
    assert "Sleep" not in page
    assert 'id="newsletter"' not in page


def test_the_number_of_queries_does_not_grow_with_the_list(admin_client: Client) -> None:
    def grow(number: int) -> int:
        for _ in range(number):
            make_delivery(campaign=make_campaign(status="paused", started_at=timezone.now()), status="sent")
            make_subscriber()
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get("/admin/").status_code == 200
        return len(queries)

    grow(1)
    assert grow(4) == grow(30)
