"""Content of real authors is longer, shorter, wider and more foreign than a demo's. No page breaks or scrolls sideways."""

from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page

from audit.accessibility import violations_in_both_themes
from audit.browser import OVERFLOW
from blog.models import Category, Post
from tests.odd_content import make_odd_site, post_paths

WIDTHS = (320, 390, 768, 1280, 1920)
THEME_DATA = Path(__file__).parents[2] / "shared" / "wxr" / "themeunittestdata.wordpress.xml"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _overflowing(page: Page, paths: list[str], widths: tuple[int, ...]) -> dict[str, str]:
    """Return what makes pages scroll sideways, by path and width."""
    found = {}
    for path in paths:
        response = page.goto(path)
        assert response
        assert response.status in {200, 404}, path
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            if elements := page.evaluate(OVERFLOW):
                found[f"{path} at {width} px"] = elements
    return found


def test_no_page_of_an_odd_site_scrolls_sideways(page: Page) -> None:
    assert _overflowing(page, make_odd_site(), WIDTHS) == {}


def test_pages_of_an_odd_site_are_accessible(page: Page) -> None:
    make_odd_site()
    found = {}
    for path in ("/", "/parts/", "/long-title/", "/images/", "/arabic/", "/author/guest/"):
        page.goto(path)
        found[path] = violations_in_both_themes(page)
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.slow
@pytest.mark.skipif(not THEME_DATA.exists(), reason="WordPress's theme test data is not beside the project")
def test_no_page_of_the_theme_test_data_scrolls_sideways(page: Page) -> None:
    call_command("import_wordpress", str(THEME_DATA), verbosity=0)
    assert Post.objects.published().count() > 40
    lists = ["/", "/blog/", "/blog/archive/", *(each.get_absolute_url() for each in Category.objects.all()[:8])]
    assert _overflowing(page, [*lists, *post_paths()], (320, 768, 1280)) == {}
