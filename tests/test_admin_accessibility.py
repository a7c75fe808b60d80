"""The lists of the admin, and forms with inline tables, pass axe: WCAG 2.2 levels A and AA, and best practices.

Other forms are tested with their apps.
"""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page as BrowserPage

from affiliates.models import Product
from analytics.models import CountedPage, HostCount, PageCount
from audit.accessibility import violations
from comments.models import Comment
from exercises.models import Exercise
from tests.factories import make_subscriber

# The lists and forms that an author and an owner use most.
LISTS = (
    "blog_post",
    "blog_category",
    "pages_page",
    "images_image",
    "comments_comment",
    "newsletter_campaign",
    "newsletter_subscriber",
    "affiliates_link",
    "affiliates_product",
    "exercises_exercise",
    "publishing_review",
    "redirects_redirect",
    "evidence_disclaimer",
    "evidence_source",
    "evidence_term",
    "accounts_user",
    "wordpress_importrun",
)
# Django makes autocomplete fields after the page has loaded.
ARE_FIELDS_READY = """() => [...document.querySelectorAll("select.admin-autocomplete")].every(
    (field) => field.name.includes("__prefix__") || field.nextElementSibling?.querySelector("[aria-label]"))"""


def make_page_views() -> None:
    """Create views, so that the reports show a chart and tables."""
    page = CountedPage.objects.create(path="/", kind="home")
    for each in (page, CountedPage.objects.create(path="", kind="")):
        PageCount.objects.create(page=each, day=timezone.localdate() - timedelta(days=1), views=9, phones=9)
    day = timezone.localdate() - timedelta(days=1)
    HostCount.objects.create(page=page, day=day, host="example.com", is_outbound=False, count=2)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_lists_of_the_admin_are_accessible(admin_page: BrowserPage, width: int, scheme: str) -> None:
    call_command("seed_demo", verbosity=0)
    make_subscriber()
    paths = ["/admin/", reverse("admin:appearance")]
    paths += [reverse(f"admin:{name}_changelist") for name in LISTS]
    paths += [reverse("admin:analytics"), reverse("admin:analytics_report", args=["visits"])]
    paths += [reverse("admin:analytics_search_console"), reverse("admin:analytics_weekly_email")]
    make_page_views()
    paths.append(reverse("admin:siteinfo_siteinfo_changelist"))
    for model in (Comment, Product, Exercise):
        row = model.objects.first()
        assert row
        paths.append(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[row.pk]))
    admin_page.set_viewport_size({"width": width, "height": 900})
    admin_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found: dict[str, list[str]] = {}
    for path in paths:
        response = admin_page.goto(path)
        assert response
        assert response.ok, path
        admin_page.wait_for_function(ARE_FIELDS_READY)
        found[path] = violations(admin_page)
    assert {path: problems for path, problems in found.items() if problems} == {}
