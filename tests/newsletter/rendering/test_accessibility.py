"""Mails and their copies as people see them: in a browser, on the narrowest screen, in light and in dark."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize

from audit.accessibility import violations_in_both_themes
from newsletter.models import NewsletterSettings
from newsletter.rendering.messages import render_campaign
from richtext.sanitizer import sanitize
from tests.factories import make_campaign, make_image, make_post
from tests.newsletter.campaigns.test_archive import sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BODY = """<p>First, <a href="/about/">about me</a>, at https://www.example.com/{1}.</p><h2>Plan</h2>
<figure><img data-image="{0}"><img data-image="{0}">
<figcaption>Two</figcaption></figure><table><tbody><tr><th>What</th><th>Good</th><th>Bad</th><th>For</th></tr>
<tr><th>Ball</th><td>Small</td><td>Rolls</td><td>Feet</td></tr></tbody></table>""" + "".join(
    f'<aside data-callout="{kind}"><p>Words with <strong>weight</strong>.</p></aside>'
    for kind in ("note", "tip", "warning", "red-flags")
)
NARROW: ViewportSize = {"width": 320, "height": 800}


def body() -> str:
    return sanitize(BODY.format(make_image(width=1200, height=800).pk, "longaddress" * 9))


# A mail is no page: it stands within one that has its landmarks.
NO_MAILS_TASK = ("landmark", "region", "heading", "page-has-heading-one")


@pytest.mark.parametrize("is_stripped", [False, True], ids=["whole", "without its style element"])
def test_a_mail_can_be_read_by_everybody(page: Page, is_stripped: bool) -> None:
    post = make_post(body=body(), tldr="Bend them", featured_image=make_image(width=1200, height=630))
    mail = render_campaign(
        make_campaign(kind="post", post=post, subject=post.title), NewsletterSettings(postal_address="1 Main St")
    )
    markup = re.sub(r"<style>.*?</style>", "", mail.html, flags=re.DOTALL) if is_stripped else mail.html
    page.set_viewport_size(NARROW)
    # At an address of the site, so that its pictures come; a mail is under no policy of ours.
    page.route("**/mail", lambda route: route.fulfill(body=markup, content_type="text/html"))
    page.goto("/mail", wait_until="networkidle")
    found = violations_in_both_themes(page)
    assert [breach for breach in found if not breach.partition(": ")[2].startswith(NO_MAILS_TASK)] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_letters_on_the_site_can_be_read_by_everybody(page: Page) -> None:
    letter = sent(subject="Bend your knees", preheader="Slowly.", body=body())
    page.set_viewport_size(NARROW)
    for place in ("/newsletter/archive/", letter.copy_path):
        page.goto(place, wait_until="networkidle")
        assert violations_in_both_themes(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 320
