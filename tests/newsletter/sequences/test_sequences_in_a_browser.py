"""Pages of sequences in a browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from newsletter.models import SequenceEmail
from tests.newsletter.delivery.harness import make_newsletter_settings
from tests.newsletter.sequences.sequence_rows import confirm_subscribers, make_sequence

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pages_fit_phones_and_are_accessible(admin_page: Page) -> None:
    make_newsletter_settings()
    sequence = make_sequence(days=2)
    SequenceEmail.objects.filter(day=0).update(subject="A long subject about ankles and what to do about them")
    confirm_subscribers(1)
    email = sequence.emails.get(day=0)
    pages = (
        reverse("admin:newsletter_sequence_change", args=[sequence.pk]),
        reverse("admin:newsletter_sequenceemail_change", args=[email.pk]),
    )
    for width, scheme in ((390, "light"), (1280, "dark")):
        admin_page.set_viewport_size({"width": width, "height": 900})
        admin_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for path in pages:
            admin_page.goto(path)
            assert admin_page.evaluate("document.documentElement.scrollWidth") == width
            assert violations(admin_page) == []


def test_an_email_is_written_and_saved_without_leaving_its_page(admin_page: Page) -> None:
    make_newsletter_settings()
    sequence = make_sequence(days=0, is_active=False)
    admin_page.goto(f"{reverse('admin:newsletter_sequenceemail_add')}?sequence={sequence.pk}")
    admin_page.get_by_placeholder("Subject").click()
    admin_page.keyboard.type("Balance on one leg")
    admin_page.locator(".field-body .ProseMirror").click()
    admin_page.keyboard.type("Ten seconds on each side.")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("aved", timeout=15_000)
    email = SequenceEmail.objects.get()
    assert (email.subject, email.body) == ("Balance on one leg", "")
    admin_page.get_by_label("Status:").select_option("ready")
    admin_page.get_by_role("button", name="Save", exact=True).click()
    expect(admin_page.locator(".editor-status .state")).to_have_text("Ready")
    email.refresh_from_db()
    assert (email.status, email.body) == ("ready", "<p>Ten seconds on each side.</p>")
    admin_page.get_by_role("link", name="5 days to stronger ankles").first.click()
    expect(admin_page.get_by_role("heading", name="Emails")).to_be_visible()
