"""Send beacons of page views beside requests for a cached page: none may be lost, and the page must not get slower.

    python -m benchmarks.beacons [--rate 1000] [--seconds 60] [--postgres]

Serves a site with the production server and a worker, as in production. First only requests a cached page, at a fixed
rate; then the same while `rate` beacons a second arrive, each from another visitor behind a proxy. Prints the p50 and
p99 of the page without and with beacons, the CPU time per beacon, and how many of the beacons are in the counts.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.cpu import cpu_seconds
from benchmarks.load_client import BROWSER
from benchmarks.scratch import make_environment, run_postgres
from benchmarks.server import HOST, free_port, run_granian

THREADS = 4
PAGE_RATE = 50  # requests of the cached page per second
PAGE = "/"


def main() -> None:
    """Print the figures. Exit with 1 if a beacon was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--postgres", action="store_true", help="use a temporary PostgreSQL server")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-")))
        url = stack.enter_context(run_postgres())[0] if arguments.postgres else ""
        port = free_port()
        environment = make_environment(folder, url, f"http://{HOST}:{port}") | {"TRUSTED_PROXIES": "1"}
        # The worker has no other work during the measurement, such as renditions, which also invalidate pages.
        for command in (["migrate"], ["seed_demo"], ["collectstatic", "--noinput"], ["worker", "--once"]):
            _manage(environment, *command)
        log = stack.enter_context((folder / "log").open("w"))
        server = stack.enter_context(run_granian("site", "ptcomplete.wsgi:application", environment, log, port))
        if not measure(arguments.rate, arguments.seconds, port, server.pids, environment):
            sys.exit(1)


def measure(rate: int, seconds: int, port: int, pids: tuple[int, ...], environment: dict[str, str]) -> bool:
    """Print the figures. Return whether every beacon was counted."""
    request_pages(port, 2)
    alone = request_pages(port, seconds)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], env=os.environ | environment, stderr=subprocess.DEVNULL
    )
    try:
        latencies: list[float] = []
        pages = threading.Thread(target=lambda: latencies.extend(request_pages(port, seconds)))
        before = cpu_seconds(pids)
        pages.start()
        statuses = send_beacons(port, rate, seconds)
        pages.join()
        used = cpu_seconds(pids) - before
    finally:
        worker.terminate()
        worker.wait()
    time.sleep(14)  # the last file is read after its slot has ended
    _manage(environment, "worker", "--once")
    counted = int(_manage(environment, "shell", "-v", "0", "-c", _COUNT).split()[-1])
    sent = sum(statuses.values())
    print(f"{sent} beacons in {seconds} s, {dict(statuses)}, {counted} counted, {sent - counted} lost")
    print(f"CPU of the web server: {1000 * used / (sent or 1):.2f} ms per beacon, cached pages included")
    for name, values in (("without", alone), ("with", latencies)):
        p99 = statistics.quantiles(values, n=100)[98]
        print(f"cached page {name} beacons: p50 {statistics.median(values):.2f} ms, p99 {p99:.2f} ms, {len(values)}")
    return sent == counted == statuses[204]


_COUNT = "from analytics.models import PageCount as P; print(P.objects.filter(page__path='').first().views)"


def _manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    return result.stdout


def request_pages(port: int, seconds: int) -> list[float]:
    """Request the cached page at a fixed rate. Return the latencies in milliseconds."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    latencies = []
    started = time.perf_counter()
    for number in range(seconds * PAGE_RATE):
        wait = started + number / PAGE_RATE - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        begun = time.perf_counter()
        connection.request("GET", PAGE, headers={"User-Agent": BROWSER, "Accept-Encoding": "gzip"})
        connection.getresponse().read()
        latencies.append(1000 * (time.perf_counter() - begun))
    return latencies


def send_beacons(port: int, rate: int, seconds: int) -> Counter[int]:
    """Send `rate` beacons a second in a few processes. Return the statuses of the answers."""
    command = [sys.executable, "-m", "benchmarks.beacons_client", str(port), str(rate // THREADS), str(seconds)]
    clients = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True) for number in range(THREADS)
    ]
    statuses: Counter[int] = Counter()
    for client in clients:
        for line in client.communicate()[0].splitlines():
            status, count = line.split()
            statuses[int(status)] += int(count)
    return statuses


def run_client(port: int, rate: int, seconds: int, number: int) -> Counter[int]:
    """Send beacons one after the other on one connection, `rate` a second."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    statuses: Counter[int] = Counter()
    started = time.perf_counter()
    for index in range(rate * seconds):
        wait = started + index / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        data = {"k": "view", "p": PAGE, "w": 390, "e": 1, "r": "www.google.com"}
        headers = {
            "User-Agent": BROWSER,
            "Sec-Fetch-Site": "same-origin",
            "X-Forwarded-For": f"10.{number}.{index // 250 % 250}.{index % 250}",
        }
        connection.request("POST", f"/count-page/?{urlencode(data)}", headers=headers)
        response = connection.getresponse()
        response.read()
        statuses[response.status] += 1
    return statuses


if __name__ == "__main__":
    main()
