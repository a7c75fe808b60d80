"""What axe must not find, for the audit and for the tests alike."""

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# WCAG 2.0 to 2.2, levels A and AA, and what axe holds for good practice.
OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
    # Not in force by itself, although WCAG 2.2 asks for it (2.5.8).
    "rules": {"target-size": {"enabled": True}},
    # Style sheets are read for an experimental rule only; doing so breaks the content policy.
    "preload": {"assets": ["media"]},
}


def violations(page: Page) -> list[str]:
    """Each breach on the page as it stands now: the rule, where, and what to mend."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # The rest of what axe tells is long, and nobody reads it.
    found = page.evaluate("async options => (await axe.run(options)).violations", OPTIONS)
    return [
        f"{breach['id']}: {' '.join(map(str, node['target']))} ({said(node)})"
        for breach in found
        for node in breach["nodes"]
    ]


def violations_in_both_themes(page: Page) -> list[str]:
    """Each breach on the page as it stands now, in light and in dark."""
    found: list[str] = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {breach}" for breach in violations(page)]
    return found


def said(node: dict[str, Any]) -> str:
    """What axe says of one element, in one line."""
    checks = [check for kind in ("any", "all", "none") for check in node[kind]]
    return "; ".join(check["message"] for check in checks)
