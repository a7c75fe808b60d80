"""Measure the CPU time and the memory of importing subscribers.

    python -m benchmarks.subscriber_import [--people 25000 100000] [--postgres]

Each row previews or imports a file with the columns of Mailchimp, read into memory as the form does, in a separate
process and into an empty database. CPU time is that of the process without the start of Django. "Base MB" is the peak
before it reads the file.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.scratch import make_environment, run_postgres

COLUMNS = ("database", "people", "step", "CPU s", "elapsed s", "base MB", "peak MB")
STEPS = ("preview", "import")
HEADER = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED,LEID\n"
)


def main() -> None:
    """Run the benchmark, or one step of it in a subprocess."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[25_000, 100_000])
    parser.add_argument("--postgres", action="store_true", help="use a temporary PostgreSQL server")
    parser.add_argument("--step", choices=("migrate", *STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        run_step(arguments.step, arguments.file)
        return
    print(f"| {' | '.join(COLUMNS)} |\n| {' | '.join(['---'] * len(COLUMNS))} |", flush=True)
    for people in arguments.people:
        measure(people, is_postgres=arguments.postgres)


def measure(people: int, *, is_postgres: bool) -> None:
    """Preview and import a file with so many people, and print a row for each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-")))
        database_url = stack.enter_context(run_postgres())[0] if is_postgres else ""
        file = folder / "people.csv"
        write_file(file, people)
        environment = os.environ | make_environment(folder, database_url)
        run("migrate", file, environment)
        for step in STEPS:
            cells = (
                "postgresql" if is_postgres else "sqlite",
                str(people),
                step,
                *run(step, file, environment).split(),
            )
            print(f"| {' | '.join(cells)} |", flush=True)


def write_file(file: Path, people: int) -> None:
    """Write an export with so many people, each of them confirmed."""
    with file.open("w") as lines:
        lines.write(HEADER)
        for number in range(people):
            email = f"reader.{number}@mail{number % 97}.example.org"
            lines.write(f"{email},Anna{number % 1000},Silva,2,,,2024-05-01 10:00:00,,,{number}\n")


def run(step: str, file: Path, environment: dict[str, str]) -> str:
    """Run a step in a subprocess and return its output."""
    command = [sys.executable, "-m", "benchmarks.subscriber_import", "--step", step, "--file", str(file)]
    return subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout


def run_step(step: str, file: Path) -> None:
    """Create the tables, or preview or import `file` and print the figures."""
    import django

    django.setup()
    from django.core.management import call_command

    from newsletter.models import Subscriber
    from newsletter.subscribers.csv_io import import_subscribers, preview_import

    if step == "migrate":
        call_command("migrate", verbosity=0)
        return
    # Opens the connection and loads what every page needs.
    Subscriber.objects.count()
    base, started, cpu_started = peak_megabytes(), time.perf_counter(), time.process_time()
    content = file.read_bytes()
    if step == "preview":
        changes = preview_import(content, are_confirmed=False).report.changes
    else:
        changes = import_subscribers(content, source="Benchmark", are_confirmed=False).changes
    assert changes == content.count(b"\n") - 1
    cpu, elapsed = time.process_time() - cpu_started, time.perf_counter() - started
    print(f"{cpu:.1f} {elapsed:.1f} {base:.0f} {peak_megabytes():.0f}")


def peak_megabytes() -> float:
    """Return the peak resident memory of this process."""
    # Kilobytes on Linux, bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform == "linux" else 1e6)


if __name__ == "__main__":
    main()
