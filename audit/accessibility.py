"""Run axe on a page, for the audit and the tests."""

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# WCAG 2.0 to 2.2, levels A and AA, and axe's best practices.
OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
    # Off by default in axe, although WCAG 2.2 requires it (2.5.8).
    "rules": {"target-size": {"enabled": True}},
    # Only an experimental rule needs style sheets, and loading them breaks the content security policy.
    "preload": {"assets": ["media"]},
}


def violations(page: Page) -> list[str]:
    """Return the violations in the page's current state: the rule, the element and what to fix."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # The rest of axe's report is large and not used.
    found = page.evaluate("async options => (await axe.run(options)).violations", OPTIONS)
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))} ({_messages(node)})"
        for violation in found
        for node in violation["nodes"]
    ]


def violations_in_both_themes(page: Page) -> list[str]:
    """Return the violations in the light and in the dark theme."""
    found: list[str] = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {violation}" for violation in violations(page)]
    return found


def _messages(node: dict[str, Any]) -> str:
    """Return axe's messages about an element in one line."""
    checks = [check for kind in ("any", "all", "none") for check in node[kind]]
    return "; ".join(check["message"] for check in checks)
