"""The pages about one person's data in a browser: accessible at both widths, in light and dark."""

from typing import Literal

import pytest
from playwright.sync_api import Page

from audit.accessibility import violations
from tests.privacy.everything import EMAIL, make_everything


def problems(page: Page) -> list[str]:
    found = violations(page)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("wider than the screen")
    return found


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_an_owner_finds_and_erases_a_person(admin_page: Page, width: int, scheme: Literal["light", "dark"]) -> None:
    admin_page.set_viewport_size({"width": width, "height": 900})
    admin_page.emulate_media(color_scheme=scheme)
    make_everything()
    admin_page.goto("/admin/personal-data/")
    assert problems(admin_page) == []
    admin_page.get_by_label("Email address").fill(EMAIL)
    admin_page.get_by_role("button", name="Find").click()
    assert problems(admin_page) == []
    with admin_page.expect_download() as download:
        admin_page.get_by_role("button", name="Download as a page").click()
    assert download.value.suggested_filename == "personal-data.html"
    admin_page.get_by_role("button", name="Erase…").click()
    assert problems(admin_page) == []
    admin_page.get_by_role("button", name="Erase everything").click()
    assert "No text in the database contains this address" in admin_page.content()
    assert problems(admin_page) == []
