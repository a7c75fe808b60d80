"""Emails and their public copies are accessible on a narrow screen, in light and dark mode."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize

from audit.accessibility import violations_in_both_themes
from newsletter.models import NewsletterSettings
from newsletter.rendering.messages import render_campaign
from richtext.sanitizer import sanitize
from tests.factories import make_campaign, make_image, make_post
from tests.newsletter.campaigns.test_archive import make_sent_campaign

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BODY = """<p>First, <a href="/about/">about me</a>, at https://www.example.com/{1}.</p><h2>Plan</h2>
<figure><img data-image="{0}"><img data-image="{0}">
<figcaption>Two</figcaption></figure><table><tbody><tr><th>What</th><th>Good</th><th>Bad</th><th>For</th></tr>
<tr><th>Ball</th><td>Small</td><td>Rolls</td><td>Feet</td></tr></tbody></table>""" + "".join(
    f'<aside data-callout="{kind}"><p>Text with <strong>weight</strong>.</p></aside>'
    for kind in ("note", "tip", "warning", "red-flags", "what-we-know")
)
NARROW: ViewportSize = {"width": 320, "height": 800}


def make_body() -> str:
    return sanitize(BODY.format(make_image(width=1200, height=800).pk, "longaddress" * 9))


# An email has no landmarks, because a mail client shows it inside its own page.
PAGE_RULES = ("landmark", "region", "heading", "page-has-heading-one")


@pytest.mark.parametrize("is_stripped", [False, True], ids=["whole", "without its style element"])
def test_email_is_accessible(page: Page, is_stripped: bool) -> None:
    post = make_post(body=make_body(), tldr="Bend them", featured_image=make_image(width=1200, height=630))
    email = render_campaign(
        make_campaign(kind="post", post=post, subject=post.title), NewsletterSettings(postal_address="1 Main St")
    )
    markup = re.sub(r"<style>.*?</style>", "", email.html, flags=re.DOTALL) if is_stripped else email.html
    page.set_viewport_size(NARROW)
    # Served from the site's own URL, so that images load, without its content security policy.
    page.route("**/email", lambda route: route.fulfill(body=markup, content_type="text/html"))
    page.goto("/email", wait_until="networkidle")
    found = violations_in_both_themes(page)
    assert [violation for violation in found if not violation.partition(": ")[2].startswith(PAGE_RULES)] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_archive_is_accessible(page: Page) -> None:
    campaign = make_sent_campaign(subject="Bend your knees", preheader="Slowly.", body=make_body())
    page.set_viewport_size(NARROW)
    for path in ("/newsletter/archive/", campaign.archive_path):
        page.goto(path, wait_until="networkidle")
        assert violations_in_both_themes(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 320
