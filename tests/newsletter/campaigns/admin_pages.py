"""Requests to the campaign pages of the admin."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from newsletter.models import Campaign
from tests.accounts.staff import sign_in
from tests.factories import make_campaign

LIST = "/admin/newsletter/campaign/"
TEXT = "<p>Walk ten minutes a day.</p>"
STAFF_EMAIL = "writer@example.com"


def admin_path(campaign: Campaign, name: str = "change") -> str:
    """Return the path of an admin page of `campaign`."""
    return f"{LIST}{campaign.pk}/{name}/"


def make_staff_client(*permissions: str) -> Client:
    """Return a client signed in as the staff user, who gets exactly these permissions."""
    user, _ = User.objects.get_or_create(email=STAFF_EMAIL, defaults={"is_staff": True})
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return sign_in(user)


def get_page(client: Client, path: str, data: Any = None) -> str:
    """Return the page at `path`, or after posting `data` to it."""
    response = client.get(path) if data is None else client.post(path, data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def make_draft(**overrides: Any) -> Campaign:
    """Create a draft that passes all checks of its content."""
    fields = {"status": "draft", "subject": "A short subject", "preheader": "Words after it", "body": TEXT}
    blank = {"scheduled_at": None, "not_after": None, "prepared_at": None, "total": None, "frozen_sha256": ""}
    return make_campaign(**fields | blank | overrides)


def form_data(campaign: Campaign | None = None, **overrides: Any) -> dict[str, Any]:
    """Return the data of the campaign form, opened on the current version of `campaign`."""
    version = {"base_version": campaign.version} if campaign else {}
    return {"subject": "Other words", "preheader": "", "body": TEXT, "_save": "1"} | version | overrides


def schedule_data(client: Client, campaign: Campaign, **overrides: Any) -> dict[str, Any]:
    """Return the data of the send page, approving the current version of `campaign`."""
    response = client.get(admin_path(campaign, "send"))
    approved = response.context["form"].initial["approved"]
    return {"when": "now", "at_0": "", "at_1": "", "approved": approved} | overrides
