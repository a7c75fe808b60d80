"""Admin pages for consent texts and the suppression list."""

import pytest
from django.test import Client

from newsletter.models import ConsentText, Suppression

pytestmark = pytest.mark.django_db
SUPPRESSIONS = "/admin/newsletter/suppression/"
TEXTS = "/admin/newsletter/consenttext/"


def test_suppressed_email_addresses_can_be_looked_up_but_not_listed(admin_client: Client) -> None:
    data = {"email": "Sam@Example.org"}
    assert admin_client.post(f"{SUPPRESSIONS}add/", data).status_code == 302
    entry = Suppression.objects.get()
    assert entry.reason == "manual"
    assert "already blocked this email address" in admin_client.post(f"{SUPPRESSIONS}add/", data).content.decode()
    form = admin_client.post(f"{SUPPRESSIONS}add/", {"email": "sam"})
    assert form.status_code == 200
    assert "email" in form.context["adminform"].form.errors
    assert "Blocked by you" in admin_client.get(SUPPRESSIONS, {"q": "sam@example.ORG"}).content.decode()
    for other in ("sam", "eve@example.org", entry.email_hash):
        assert "Nothing matches." in admin_client.get(SUPPRESSIONS, {"q": other}).content.decode()
    assert "example.org" not in admin_client.get("/admin/").content.decode()


def test_the_admin_lists_them_under_their_usual_names(admin_client: Client) -> None:
    index = admin_client.get("/admin/").content.decode()
    for label in ("Consent texts", "Suppression list", "Newsletter settings"):
        assert label in index


def test_a_new_consent_text_is_a_new_version(admin_client: Client) -> None:
    assert "I can unsubscribe at any time" in admin_client.get(f"{TEXTS}add/").content.decode()
    for text in ("First", "Second"):
        assert admin_client.post(f"{TEXTS}add/", {"text": text}).status_code == 302
    assert [(row.key, row.version, row.text) for row in ConsentText.objects.all()] == [
        ("confirm", 2, "Second"),
        ("confirm", 1, "First"),
    ]
    current = ConsentText.objects.current("confirm")
    assert current.text == "Second"
    assert admin_client.post(f"{TEXTS}{current.pk}/change/", {"text": "x"}).status_code == 403
