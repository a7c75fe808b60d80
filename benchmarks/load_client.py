"""Request a page again and again from another process: with wrk if it is installed, else with Python threads.

The client is not part of the measured CPU time, but the Python one uses so much that it limits requests per second.
"""

import http.client
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FAILURE_LIMIT = 10


@dataclass(frozen=True)
class Page:
    """A page to request."""

    name: str
    path: str
    status: int = 200
    cookie: str = ""
    encoding: str = "gzip"
    # A new query parameter in each request, which page caches neither store nor serve.
    is_uncached: bool = False

    def headers(self) -> dict[str, str]:
        """Return the headers of each request."""
        headers = {"Accept-Encoding": self.encoding, "User-Agent": BROWSER}
        return headers | ({"Cookie": self.cookie} if self.cookie else {})


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    encoding: str
    body_bytes: int
    is_cached: bool


@dataclass(frozen=True)
class Load:
    """The client's figures. Latencies are in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p95: float
    p99: float
    failures: int
    error_statuses: int
    # Requests that the server completed after the client had stopped counting.
    unfinished: int = 0


def find_wrk() -> str | None:
    """Return the path of wrk if it is installed."""
    return shutil.which("wrk")


def fetch(host: str, port: int, page: Page, number: int = 0) -> tuple[Answer, bytes]:
    """Request `page` once over a new connection. Return the response and its raw body."""
    connection = http.client.HTTPConnection(host, port, timeout=120)
    try:
        connection.request("GET", _path(page, f"probe-{time.time_ns()}-{number}"), headers=page.headers())
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    cache_status = response.headers.get("Cache-Status", "") + response.headers.get("X-Page-Cache", "").lower()
    return Answer(
        response.status, response.headers.get("Content-Encoding", "-"), len(body), "hit" in cache_status
    ), body


def run_load(host: str, port: int, page: Page, seconds: float, connections: int) -> Load:
    """Request `page` on `connections` connections for that long."""
    arguments = [page.path, "uncached" if page.is_uncached else "as-is"]
    wrk = find_wrk()
    if wrk:
        headers = [f"-H{name}: {value}" for name, value in page.headers().items()]
        script = str(Path(__file__).with_name("wrk.lua"))
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", "-s", script]
        command = [wrk, *options, *headers, f"http://{host}:{port}", "--", *arguments]
    else:
        figures = [host, port, seconds, connections]
        command = [sys.executable, "-m", "benchmarks.load_client", json.dumps(figures), json.dumps(asdict(page))]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Load(**json.loads(output.splitlines()[-1]), unfinished=connections if wrk else 0)


def request_with_threads(host: str, port: int, seconds: float, connections: int, page: Page) -> Load:
    """Do in Python what wrk does."""
    latencies: list[float] = []
    statuses: list[int] = []
    failures: list[OSError | http.client.HTTPException] = []
    numbers = count()
    start = time.perf_counter()

    def work() -> None:
        connection = http.client.HTTPConnection(host, port, timeout=60)
        while time.perf_counter() < start + seconds and len(failures) < FAILURE_LIMIT:
            sent = time.perf_counter()
            try:
                connection.request("GET", _path(page, f"{time.time_ns()}-{next(numbers)}"), headers=page.headers())
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                failures.append(error)
                connection.close()
                continue
            latencies.append((time.perf_counter() - sent) * 1000)
            statuses.append(response.status)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    percentiles = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
    return Load(
        requests=len(latencies),
        seconds=elapsed,
        p50=percentiles[49],
        p95=percentiles[94],
        p99=percentiles[98],
        failures=len(failures),
        error_statuses=sum(status >= 400 for status in statuses),
    )


def _path(page: Page, unique: str) -> str:
    if not page.is_uncached:
        return page.path
    return f"{page.path}{'&' if '?' in page.path else '?'}uncached={unique}"


def main() -> None:
    """Run `request_with_threads` with JSON arguments and print its figures as JSON."""
    (host, port, seconds, connections), page = map(json.loads, sys.argv[1:])
    load = asdict(request_with_threads(host, port, seconds, connections, Page(**page)))
    del load["unfinished"]
    print(json.dumps(load))


if __name__ == "__main__":
    main()
