"""Every type of page keeps the rules that axe knows of: WCAG 2.2, A and AA, and good practice."""

from itertools import cycle
from typing import Literal

import pytest
from django.core.management import call_command
from playwright.sync_api import Page

from audit.accessibility import violations
from audit.pages import furnish

VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (390, "dark"))


@pytest.mark.browser
@pytest.mark.usefixtures("db")
def test_axe_finds_nothing_on_any_page(page: Page) -> None:
    call_command("seed_demo", verbosity=0)
    found: dict[str, list[str]] = {}
    # Each page in one of them: `make audit` looks at every page in both.
    for (name, path), (width, scheme) in zip(furnish().items(), cycle(VIEWS)):
        answer = page.goto(path)
        assert answer
        assert answer.status == (404 if name == "not found" else 200), name
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found[f"{name}, {width} px, {scheme}"] = violations(page)
    assert len(found) >= 20
    assert {name: breaches for name, breaches in found.items() if breaches} == {}
