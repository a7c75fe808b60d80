"""The first steps on the dashboard of a new site."""

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Author
from audit.accessibility import violations
from backups.models import Backup
from newsletter.models import NewsletterSettings
from ptcomplete.first_steps import first_steps
from siteinfo.models import Appearance, SiteInfo
from tests.accounts.staff import make_staff, sign_in
from tests.factories import make_post


@pytest.mark.django_db
@pytest.mark.any_database
def test_each_step_is_done_by_what_it_asks_for_and_the_card_ends_with_the_last(admin_client: Client) -> None:
    assert [step.is_done for step in first_steps()] == [False] * 6
    for step in first_steps():
        assert admin_client.get(step.url, follow=True).status_code == 200
    SiteInfo.objects.all().delete()
    SiteInfo.objects.create(name="Backs and knees")
    Appearance.objects.all().delete()
    Appearance.objects.create(main_color="#224f9c")
    make_post()
    Author.objects.update(short_bio="A physical therapist.")
    NewsletterSettings.objects.all().delete()
    NewsletterSettings.objects.create(from_email="news@example.com", postal_address="1 Main Street")
    assert [step.is_done for step in first_steps()] == [True] * 5 + [False]
    assert "First steps" in admin_client.get("/admin/").content.decode()
    Backup.objects.create(name="b", started_at=timezone.now(), active_at=timezone.now(), status="complete")
    assert first_steps() == []
    assert "First steps" not in admin_client.get("/admin/").content.decode()


@pytest.mark.django_db
def test_only_owners_see_the_first_steps() -> None:
    assert "First steps" not in sign_in(make_staff("blog.add_post")).get("/admin/").content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_card_is_accessible(admin_page: Page) -> None:
    make_post()
    admin_page.goto("/admin/")
    assert violations(admin_page) == []
    admin_page.set_viewport_size({"width": 390, "height": 844})
    admin_page.emulate_media(color_scheme="dark")
    admin_page.reload()
    assert violations(admin_page) == []
