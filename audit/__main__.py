"""Audit the whole site with a browser, a crawler, axe, the Nu HTML checker and Lighthouse.

    python -m audit [--runs 3] [--without-lighthouse]

Serves the demo, and then a site imported from WordPress, as in production. Prints a report, writes docs/quality.md, and
exits with 1 if there are findings.
`make audit` installs the tools.
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
from audit.browser import PageInspector
from audit.crawler import Crawler
from audit.pages import create_pages, find_pages
from audit.report import Finding, Table, document
from audit.server import serve_demo, serve_imported
from tests import chromium

ROOT = Path(__file__).parent.parent
MEASURED = ("home", "post", "category", "search with hits")


def main() -> None:
    """Run all checks, write the report, and exit with 1 if there are findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="Lighthouse runs per page")
    parser.add_argument("--without-lighthouse", action="store_true", help="skip the slowest part")
    arguments = parser.parse_args()
    started = time.monotonic()
    runs = 0 if arguments.without_lighthouse else arguments.runs
    with serve_demo() as url:
        pages = create_pages()
        create_renditions()
        tables, findings, versions = examine(url, pages, runs)
    log("Importing a site from WordPress ...")
    with serve_imported() as url:
        more_tables, more_findings, _ = examine(url, {}, runs)
    tables += [table._replace(title=f"{table.title} of an imported site") for table in more_tables]
    findings += [finding._replace(page=f"imported: {finding.page}") for finding in more_findings]
    report = document(tables, findings, versions | tool_versions(), f"{datetime.now(UTC):%Y-%m-%d}")
    if not arguments.without_lighthouse:
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs" / "quality.md").write_text(report, encoding="utf-8")
    print(report)
    print(f"{len(findings)} findings in {time.monotonic() - started:.0f} seconds.")
    sys.exit(bool(findings))


def create_renditions() -> None:
    """Create all image renditions, so that pages have their final weight."""
    from images.tasks import create_missing_renditions

    log("Creating image renditions ...")
    while create_missing_renditions(limit=2):
        pass


def examine(url: str, pages: dict[str, str], runs: int) -> tuple[list[Table], list[Finding], dict[str, str]]:
    """Run all checks on the site at `url`. Return tables, findings and the version of the browser.

    Without `pages`, those of an imported site are found by its links, and what its author wrote is not checked by
    following every link.
    """
    with sync_playwright() as playwright:
        path = chromium.find_chromium() or playwright.chromium.executable_path
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        client = playwright.request.new_context()
        crawler = Crawler(client, url, {path: 404 if name == "not found" else 200 for name, path in pages.items()})
        if pages:
            log("Crawling the site ...")
            crawler.run()
        crawled = [crawler.table()] if pages else []
        pages = pages or find_pages(client, url)
        log("Checking the markup ...")
        pages_html = {name: client.get(url + path).body() for name, path in pages.items()}
        markup_findings, errors, warnings = tools.check_markup(pages_html)
        inspector = PageInspector(browser, url, pages)
        for name in pages:
            log(f"Inspecting the page: {name} ...")
            inspector.inspect(name)
        inspector.inspect_print("long post")
        tables = [inspector.table(errors), *crawled, inspector.weigh("post"), warnings]
        versions = {"Chromium": browser.version}
        browser.close()
    findings = [*crawler.findings, *markup_findings, *inspector.findings]
    if runs:
        log("Running Lighthouse ...")
        table, low_scores = tools.measure(url, {name: pages[name] for name in MEASURED}, path, runs)
        tables.insert(1, table)
        findings += low_scores
    return tables, findings, versions


def tool_versions() -> dict[str, str]:
    """Return the versions of the tools that are not the browser's."""
    return {
        "axe-core": AXE_SCRIPT.split(maxsplit=3)[2].lstrip("v"),
        "Nu HTML checker": tools.version("vnu-jar"),
        "Lighthouse": tools.version("lighthouse"),
        "Django": django.get_version(),
        "Python": platform.python_version(),
    }


def log(message: str) -> None:
    """Print progress to standard error; the report goes to standard output."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
