"""Permissions of the newsletter's admin."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin import site
from django.utils import timezone

from accounts.models import User
from newsletter.models import (
    Campaign,
    ConsentText,
    Delivery,
    NewsletterSettings,
    Sequence,
    SequenceEmail,
    Subscriber,
    Suppression,
    Topic,
)
from tests.accounts.staff import sign_in
from tests.factories import make_campaign, make_delivery, make_subscriber

MODELS: tuple[Any, ...] = (Campaign, Delivery, Sequence, SequenceEmail, Subscriber, Suppression, Topic)


@pytest.mark.django_db
def test_staff_without_permissions_see_and_change_nothing() -> None:
    subscriber = make_subscriber(email="sam@example.org")
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now(), subject="Secret")
    make_delivery(campaign=campaign, subscriber=subscriber, to_email=subscriber.email)
    sequence = Sequence.objects.create(name="Ankles")
    pks = {
        "sequence": sequence.pk,
        "sequenceemail": SequenceEmail.objects.create(sequence=sequence, subject="Secret").pk,
        "campaign": campaign.pk,
        "subscriber": subscriber.pk,
        "topic": Topic.objects.create(name="Posts", slug="posts").pk,
        "consenttext": ConsentText.objects.create(key="confirm", version=1, text="Yes").pk,
        "suppression": Suppression.objects.create(email_hash="0" * 64, reason="manual").pk,
        "newslettersettings": NewsletterSettings.objects.create().pk,
    }
    client = sign_in(User.objects.create_user("editor@example.com", "a password for tests", is_staff=True))
    before = [list(model.objects.values()) for model in MODELS]
    paths = list(newsletter_admin_paths(pks))
    assert len(paths) > 40
    for path in paths:
        for method in (client.get, client.post):
            response = method(path, {"cancel": "1", "erase": "1", "autosave_key": str(uuid4())})
            # Django redirects a row's bare URL to its change page, which then checks the permission.
            is_redirect_to_form = response.get("Location", "").endswith("/change/")
            assert response.status_code in (400, 403, 405) or is_redirect_to_form, path
            assert b"sam@example.org" not in response.content
            assert b"Secret" not in response.content
    assert [list(model.objects.values()) for model in MODELS] == before


def newsletter_admin_paths(pks: dict[str, int]) -> list[str]:
    """Return the paths of all admin pages of the newsletter, for the row of each model in `pks`."""
    paths = []
    patterns: list[Any] = site.get_urls()
    for pattern in patterns:
        app, _, model = str(pattern.pattern).rstrip("^$").partition("/")
        if app != "newsletter":
            continue
        pk = str(pks[model.strip("/")])
        paths += [
            f"/admin/newsletter/{model}{re.sub(r'<[^>]*>', pk, str(page.pattern).strip('^$'))}"
            for page in pattern.url_patterns
        ]
    return paths
