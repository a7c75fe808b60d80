"""Write the measurements as a page of the documentation."""

import argparse
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.load_client import find_wrk
from benchmarks.measure import Row
from benchmarks.server import find_nginx
from ptcomplete.server import THREADS

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_TEXT = """# Performance

`make bench` wrote this page. Every row was measured through a real server in the same run; compare rows only within a
run, because the speed of machines differs and changes. The most useful column is **× bare**: CPU time divided by that
of a Django view that only returns “Hello”, on the same server with the same options.

- Server: Granian with two workers of {threads} threads, as in [deployment](deployment.md). {connections} connections.
- Client: {client}.
- Uncached: each request has a new query parameter, which the page cache neither stores nor serves.
- Other rows request the same URL again and again, as visitors do. *Hit* means that the page cache served it. Brotli and
  zstd are listed if the server offers them.
- CPU is user and system time of the server's processes per request, without the client; the database is listed
  separately. SQLite runs inside the server's processes.
- nginx has two workers and compresses each response; its page cache is in front of this site. The static file is
  compressed in advance.
- Memory is the peak of the largest process of the server.

Versions: {versions}.
{cores} cores. Each row is the median of {rounds} of {seconds} s. A fixed loop of Python took {calibrations}
s of CPU time before the first round and after each.
{tables}"""
_HEADER = """
| page | answer | encoding | CPU ms | database CPU ms | × bare | requests/s | p50 ms | p95 ms | p99 ms | bytes | MB |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def render(rows: list[Row], calibrations: list[float], databases: list[str], arguments: argparse.Namespace) -> str:
    """Return the page in Markdown."""
    keys = list(dict.fromkeys((row.posts, row.database) for row in rows))
    tables = [_table([row for row in rows if (row.posts, row.database) == key], *key) for key in keys]
    return _TEXT.format(
        threads=THREADS,
        connections=arguments.connections,
        client="wrk" if find_wrk() else "Python, which limits requests per second",
        versions=", ".join([*_versions(), *databases]),
        cores=os.cpu_count(),
        rounds="one round" if arguments.rounds == 1 else f"{arguments.rounds} rounds",
        seconds=arguments.seconds,
        calibrations=", ".join(f"{seconds:.2f}" for seconds in calibrations),
        tables="".join(tables),
    )


def _table(rows: list[Row], posts: int, database: str) -> str:
    bare = next(row.figures.server_cpu for row in rows if row.page.name == "bare view")
    name = DATABASES[database]
    return f"\n## {posts:,} posts, {name}\n{_HEADER}" + "".join(_line(row, bare) for row in rows)


def _line(row: Row, bare: float) -> str:
    figures = row.figures
    cells = [
        row.page.name if row.server in ("PT Complete", "bare Django view") else f"{row.server}: {row.page.name}",
        _answer(row),
        row.answer.encoding,
        f"{figures.server_cpu:.2f}",
        f"{figures.database_cpu:.2f}" if row.database == "postgresql" and row.server == "PT Complete" else "-",
        f"{figures.server_cpu / bare:.1f}" if bare else "-",
        f"{figures.requests_per_second:.0f}",
        f"{figures.p50:.1f}",
        f"{figures.p95:.1f}",
        f"{figures.p99:.1f}",
        str(row.answer.body_bytes),
        f"{figures.peak_megabytes:.0f}",
    ]
    return f"| {' | '.join(cells)} |\n"


def _answer(row: Row) -> str:
    if row.figures.failures:
        return f"{row.figures.failures:.0f} failures"
    if row.answer.is_cached:
        return "hit"
    if row.page.is_uncached or row.page.cookie:
        return "uncached"
    return "not cached" if row.server == "PT Complete" else "as it comes"


def _versions() -> list[str]:
    found = [f"Python {platform.python_version()}", f"Django {version('django')}", f"Granian {version('granian')}"]
    for command in filter(None, (find_nginx(), find_wrk())):
        output = subprocess.run([command, "-v"], check=False, capture_output=True, text=True)
        if match := re.search(r"(?:nginx/|wrk \D*)([\d.]+)", output.stderr + output.stdout):
            found.append(f"{Path(command).name} {match[1]}")
    return found
