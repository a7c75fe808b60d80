"""Measure the memory of web processes under mixed load for some minutes.

    python -m benchmarks.memory [--minutes 10] [--posts 1000] [--databases sqlite postgresql] [--connections 4]

Serves a site by Granian with two workers, as in production. Visitors request all public pages from the page cache and
past it, searches, feeds, sitemaps, missing pages, beacons and the admin, while a post is saved every half minute.
Prints the memory of each worker. RSS is what is resident, with all of the libraries; PSS counts those in parts, by the
number of processes that use them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.cpu import cpu_seconds, process_tree
from benchmarks.scratch import make_environment
from benchmarks.server import HOST, Server, free_port, run_granian
from benchmarks.site import collect_static, create_database, fill
from benchmarks.visitors import MixedPages, Visitors

# How many of a hundred requests are of each kind.
SHARES = {
    "page": 50, "uncached page": 15, "search": 10, "beacon": 10, "feed": 4, "sitemap": 3, "404": 3, "admin": 5,
}  # fmt: skip
SAVE_INTERVAL = 30  # seconds
SAMPLE_INTERVAL = 1
# Saves a post, so that no page that was cached is served any more.
SAVE = "from blog.models import Post; Post.objects.published().newest_first()[0].save()"


class Memory(NamedTuple):
    """What a process needs, in megabytes. `peak` is the largest RSS since its start."""

    rss: float
    pss: float
    peak: float


def main() -> None:
    """Measure on each database and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--connections", type=int, default=4)
    arguments = parser.parse_args()
    for kind in arguments.databases:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-")))
            measure(stack, folder, kind, arguments)


def measure(stack: ExitStack, folder: Path, kind: str, arguments: argparse.Namespace) -> None:
    """Serve a new site on this kind of database under load, and print what its workers need."""
    url, _ = stack.enter_context(create_database(folder, kind))
    port = free_port()
    environment = make_environment(folder, url, f"http://{HOST}:{port}")
    collect_static(folder)
    found = fill(environment, arguments.posts, [])
    log = stack.enter_context((folder / "server.log").open("w"))
    server = stack.enter_context(run_granian("site", "ptcomplete.wsgi:application", environment, log, port))
    at_start = read_workers(server)
    used = cpu_seconds(server.pids)
    with Visitors(server, MixedPages(server, found, SHARES).choose, arguments.connections) as visitors:
        samples = observe(server, arguments.minutes * 60, environment)
    used = cpu_seconds(server.pids) - used
    print(f"\n{found['database']}, {arguments.posts:,} posts, {arguments.minutes:g} minutes, all in MB:\n")
    print("| worker | after the start | peak RSS | last RSS | peak PSS | last PSS |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for number, pid in enumerate(samples, 1):
        rows, first = samples[pid], at_start.get(pid)
        start = f"{first.rss:.0f}" if first else "-"
        peaks = (max(row.peak for row in rows), rows[-1].rss, max(row.pss for row in rows), rows[-1].pss)
        print(f"| {number} | {start} | {' | '.join(f'{figure:.0f}' for figure in peaks)} |")
    kinds = Counter(visit.kind for visit in visitors.visits)
    print(f"\n{kinds.total()} requests, {used * 1000 / max(1, kinds.total()):.1f} ms of CPU each: {dict(kinds)}")
    print(f"errors: {dict(visitors.errors) or 'none'}", flush=True)


def observe(server: Server, seconds: float, environment: dict[str, str]) -> dict[int, list[Memory]]:
    """Read the memory of the workers for some time, while a post is saved now and then."""
    samples: dict[int, list[Memory]] = {}
    end, save_at = time.monotonic() + seconds, time.monotonic() + SAVE_INTERVAL
    while time.monotonic() < end:
        time.sleep(SAMPLE_INTERVAL)
        for pid, memory in read_workers(server).items():
            samples.setdefault(pid, []).append(memory)
        if time.monotonic() >= save_at:
            command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", SAVE]
            subprocess.run(command, check=True, env=os.environ | environment)
            save_at = time.monotonic() + SAVE_INTERVAL
    return samples


def read_workers(server: Server) -> dict[int, Memory]:
    """Return the memory of each worker, by its process ID."""
    found = {}
    for pid in sorted(process_tree(server.pids) - set(server.pids)):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text() + Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        values = dict(line.split(":", 1) for line in lines.splitlines() if ":" in line)
        found[pid] = Memory(*(int(values[name].split()[0]) / 1024 for name in ("Rss", "Pss", "VmHWM")))
    return found


if __name__ == "__main__":
    main()
