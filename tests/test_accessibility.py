"""Every type of page passes axe: WCAG 2.2 levels A and AA, and best practices."""

from itertools import cycle
from typing import Literal

import pytest
from django.core.management import call_command
from playwright.sync_api import Page

from audit.accessibility import violations
from audit.pages import create_pages

VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (390, "dark"))


@pytest.mark.browser
@pytest.mark.usefixtures("db")
def test_every_type_of_page_is_accessible(page: Page) -> None:
    call_command("seed_demo", verbosity=0)
    found: dict[str, list[str]] = {}
    # Each page is tested in one view; `make audit` tests every page in both.
    for (name, path), (width, scheme) in zip(create_pages().items(), cycle(VIEWS)):
        response = page.goto(path)
        assert response
        assert response.status == (404 if name == "not found" else 200), name
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found[f"{name}, {width} px, {scheme}"] = violations(page)
    assert len(found) >= 20
    assert {name: problems for name, problems in found.items() if problems} == {}
