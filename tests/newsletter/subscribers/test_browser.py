"""The newsletter's public pages in a browser."""

import pytest
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audit.accessibility import violations_in_both_themes
from newsletter.models import Subscriber, Topic
from newsletter.tokens import TokenPurpose
from tests.factories import make_subscriber
from tests.newsletter.subscribers.public_pages import SAM, database_rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_visitor_subscribes_and_unsubscribes_without_javascript_or_cookies(
    browser: Browser, live_server: LiveServer, settings: Settings
) -> None:
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    footer = page.get_by_role("contentinfo")
    footer.get_by_label("Email address").fill(SAM)
    footer.get_by_role("button", name="Subscribe").click()
    page.get_by_role("heading", name="Check your inbox").wait_for()
    subscriber = Subscriber.objects.get()
    page.goto(subscriber.build_url(TokenPurpose.CONFIRM))
    page.get_by_role("button", name="Yes, subscribe me").click()
    page.get_by_role("link", name="Choose what you get").click()
    page.get_by_label("Once a week, all in one email").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_role("button", name="Unsubscribe from everything").click()
    page.get_by_role("heading", name="You're unsubscribed.").wait_for()
    assert context.cookies() == []
    context.close()
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"


def test_the_pages_are_accessible_and_opening_them_with_scripts_changes_nothing(page: Page) -> None:
    pending, active = make_subscriber(status="pending", confirmed_at=None), make_subscriber()
    active.subscriptions.create(topic=Topic.objects.create(name="Posts", slug="posts"))
    before = database_rows()
    page.set_viewport_size({"width": 320, "height": 800})
    for subscriber in (pending, active):
        for purpose in TokenPurpose:
            page.goto(subscriber.build_url(purpose), wait_until="networkidle")
            assert page.locator("main button").count() or page.locator("main a.button").count()
            assert violations_in_both_themes(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert database_rows() == before
