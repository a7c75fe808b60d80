"""Measure pages of one server: CPU time, latency, requests per second, size and memory."""

import statistics
from dataclasses import dataclass, fields, replace

from benchmarks import cpu
from benchmarks.load_client import Answer, Page, fetch, run_load
from benchmarks.server import Server

# Enough for every worker to answer a page once, so that it is in the page cache of each.
CACHED_WARM_UPS = 12
UNCACHED_WARM_UPS = 3
# With fewer, a page is measured again for longer.
MIN_REQUESTS = 30


@dataclass(frozen=True)
class Target:
    """A server and the pages to measure there."""

    server: Server
    pages: list[Page]


@dataclass(frozen=True)
class Figures:
    """What was measured in one round. Times are in milliseconds."""

    server_cpu: float
    database_cpu: float
    requests_per_second: float
    p50: float
    p95: float
    p99: float
    peak_megabytes: float
    failures: float


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    posts: int
    database: str
    server: str
    page: Page
    answer: Answer
    figures: Figures


def measure_target(target: Target, database: str, posts: int, seconds: int, connections: int) -> list[Row]:
    """Measure each page once. Pages whose encoding the server does not offer are left out."""
    rows = []
    for page in target.pages:
        answer = warm_up(target.server, page)
        if answer.encoding == page.encoding or page.encoding == "gzip":
            figures, requests = measure_page(target.server, page, seconds, connections)
            if requests < MIN_REQUESTS:
                figures, _ = measure_page(target.server, page, seconds * 4, connections)
            rows.append(Row(posts, database, target.server.name, page, answer, figures))
    return rows


def warm_up(server: Server, page: Page) -> Answer:
    """Request the page on several new connections, which any worker may accept. Return the last response."""
    for number in range(UNCACHED_WARM_UPS if page.is_uncached or page.cookie else CACHED_WARM_UPS):
        answer, _ = fetch(server.host, server.port, page, number)
        if answer.status != page.status:
            raise SystemExit(f"{server.name}: {page.path} has status {answer.status} instead of {page.status}.")
    return answer


def measure_page(server: Server, page: Page, seconds: int, connections: int) -> tuple[Figures, int]:
    """Load the server with requests for one page. Return the figures and the number of requests."""
    pids, database_pids = server.pids, server.database_pids
    cpu.reset_peak_memory(pids)
    before, database_before = cpu.wait_until_idle(pids), cpu.cpu_seconds(database_pids)
    load = run_load(server.host, server.port, page, seconds, connections)
    used = cpu.wait_until_idle(pids) - before
    database_used = cpu.cpu_seconds(database_pids) - database_before
    handled = max(1, load.requests + load.unfinished)
    failures = load.failures + (load.error_statuses if page.status < 400 else 0)
    figures = Figures(
        server_cpu=used * 1000 / handled,
        database_cpu=database_used * 1000 / handled,
        requests_per_second=load.requests / load.seconds,
        p50=load.p50,
        p95=load.p95,
        p99=load.p99,
        peak_megabytes=cpu.peak_megabytes(pids),
        failures=failures,
    )
    return figures, load.requests


def medians(rows: list[Row]) -> list[Row]:
    """Return one row of medians for the rows of each page."""
    rows_by_page: dict[tuple[str, Page], list[Row]] = {}
    for row in rows:
        rows_by_page.setdefault((row.server, row.page), []).append(row)
    return [
        replace(same_page[0], figures=_median([row.figures for row in same_page]))
        for same_page in rows_by_page.values()
    ]


def _median(measured: list[Figures]) -> Figures:
    return Figures(
        **{field.name: statistics.median(getattr(each, field.name) for each in measured) for field in fields(Figures)}
    )
