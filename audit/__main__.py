"""Look at the whole site as readers, crawlers and examiners do; make audit installs what this needs.

    python -m audit [--runs 3] [--without-lighthouse]

Serves the demo as in production, prints a table, writes docs/quality.md, and ends with 1 if anything was found.
"""

import argparse
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import sync_playwright

from audit import tools
from audit.browser import Looker
from audit.pages import furnish
from audit.report import Finding, Table, document
from audit.serving import served
from audit.walk import Walk
from tests import chromium

ROOT = Path(__file__).parent.parent
MEASURED = ("home", "post", "category", "search with hits")


def main() -> None:
    """Run everything, write the report, end with 1 if there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="visits by Lighthouse for each page")
    parser.add_argument("--without-lighthouse", action="store_true", help="leave the slowest part out")
    arguments = parser.parse_args()
    started = time.monotonic()
    with served() as url:
        pages = furnish()
        finish_pictures()
        tables, findings, versions = examine(url, pages, 0 if arguments.without_lighthouse else arguments.runs)
    report = document(tables, findings, versions, f"{datetime.now(UTC):%Y-%m-%d}")
    if not arguments.without_lighthouse:
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs" / "quality.md").write_text(report, encoding="utf-8")
    print(report)
    print(f"{len(findings)} findings in {time.monotonic() - started:.0f} seconds.")
    sys.exit(bool(findings))


def finish_pictures() -> None:
    """Help the worker until readers would get every picture in its best form."""
    from images.renditions import make_missing

    say("Making the pictures ...")
    while make_missing(limit=2):
        pass


def examine(url: str, pages: dict[str, str], runs: int) -> tuple[list[Table], list[Finding], dict[str, str]]:
    """All checks of the site served at `url`: tables, findings, and the versions of what was used."""
    with sync_playwright() as playwright:
        path = chromium.on_this_machine() or playwright.chromium.executable_path
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        client = playwright.request.new_context()
        walk = Walk(client, url, {address: 404 if name == "not found" else 200 for name, address in pages.items()})
        say("Walking through the site ...")
        walk.run()
        say("Checking the markup ...")
        texts = {name: client.get(url + address).body() for name, address in pages.items()}
        wrong, errors, advice = tools.check_markup(texts)
        looker = Looker(browser, url, pages)
        for name in pages:
            say(f"Looking at the page: {name} ...")
            looker.look(name)
        looker.look_at_print("long post")
        tables = [looker.table(errors), walk.table(), looker.weigh("post"), advice]
        versions = {"Chromium": browser.version}
        browser.close()
    findings = [*walk.findings, *wrong, *looker.findings]
    if runs:
        say("Visiting with Lighthouse ...")
        table, short = tools.measure(url, {name: pages[name] for name in MEASURED}, path, runs)
        tables.insert(1, table)
        findings += short
    versions |= {
        "axe-core": AXE_SCRIPT.split(maxsplit=3)[2].lstrip("v"),
        "Nu HTML checker": tools.version("vnu-jar"),
        "Lighthouse": tools.version("lighthouse"),
        "Django": django.get_version(),
        "Python": platform.python_version(),
    }
    return tables, findings, versions


def say(words: str) -> None:
    """Tell on a terminal or in a log what is being done; the report itself goes to standard output."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
