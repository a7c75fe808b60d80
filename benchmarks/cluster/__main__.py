"""Kill the parts of a running site one after the other, and check that nothing it acknowledged is lost.

    python -m benchmarks.cluster machines --seconds 600
    python -m benchmarks.cluster sqlite
    python -m benchmarks.cluster postgresql

`machines` runs nginx, two web servers, two workers, PostgreSQL, Valkey, S3 (moto) and a mail server, each in a network
namespace, and needs root. The others run one web server and one worker on this machine. Visitors read pages, send
forms, sign in, save posts, upload images and follow links, and a campaign is sent, while a part is killed every few
seconds and started again as systemd would. Prints a report in Markdown. Exits with 1 if a confirmed write was lost,
a subscriber was mailed twice, a page was stale, someone was signed out, or a recovery took ten seconds. Needs the test
dependencies.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.cluster.ledger import Kill, Ledger
from benchmarks.cluster.services import wait_for_port
from benchmarks.cluster.setups import Setup, copy_static_files, run_setup

_EMAILS_PER_SECOND = 20
_WARM_UP = 5.0
_MAX_RECOVERY = 10.0


def main() -> int:
    """Run one set-up and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("setup", choices=("sqlite", "postgresql", "machines"))
    parser.add_argument("--seconds", type=int, default=60, help="how long the load lasts")
    parser.add_argument("--interval", type=float, default=15.0, help="seconds between two kills")
    parser.add_argument("--logs", type=Path, help="an existing folder for the logs and data, which is kept")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptcomplete.settings")
    with tempfile.TemporaryDirectory(prefix="ptcomplete-cluster-") as temporary:
        folder = options.logs or Path(temporary)
        with run_setup(options.setup, folder) as setup:
            return run(setup, options.seconds, options.interval)


def run(setup: Setup, seconds: int, interval: float) -> int:
    """Start the site, put it under load while its parts are killed, and print what happened."""
    for service in setup.infrastructure:
        service.start()
    prepare(setup, seconds)
    from django.db import connections

    from benchmarks.cluster import content, report, verification
    from benchmarks.cluster.visitors import Load

    for service in setup.site:
        service.start()
    for address, port in setup.addresses:
        wait_for_port(address, port)
    ledger = Ledger()
    load = Load(setup.url, ledger, setup.mail_log, content.post_numbers())
    load.start()
    kill_in_turn(setup, ledger, seconds, interval)
    ended_at = time.time()
    load.stop()
    # The database has been killed since it was opened.
    connections.close_all()
    wait_for_campaign()
    outcome = verification.verify(ledger, setup.mail_log)
    emails_at = [float(email["at"]) for email in verification.read_mail_log(setup.mail_log)]
    recoveries = ledger.recoveries(ended_at, emails_at)
    command = f"python -m benchmarks.cluster {setup.name} --seconds {seconds} --interval {interval:g}"
    print(report.render(setup.name, command, ledger, outcome, recoveries))
    for kind, what in [*outcome.lost.items(), *outcome.duplicated.items()]:
        if what:
            print(f"{kind}, lost or duplicated: {', '.join(what[:10])}", file=sys.stderr)
    is_fast = all(each.total_seconds < _MAX_RECOVERY for each in recoveries)
    is_consistent = not ledger.stale and not ledger.signed_out
    return 0 if outcome.is_good and is_fast and is_consistent else 1


def prepare(setup: Setup, seconds: int) -> None:
    """Configure Django for the set-up and create its content."""
    # The services have their own environment, and the pool.
    os.environ |= setup.environment | {"DATABASE_POOL_SIZE": "0"}
    for address, port in setup.needed_addresses:
        wait_for_port(address, port)
    import django

    django.setup()
    from benchmarks.cluster import content

    content.prepare(seconds * _EMAILS_PER_SECOND, _EMAILS_PER_SECOND)
    copy_static_files(setup)


def kill_in_turn(setup: Setup, ledger: Ledger, seconds: int, interval: float) -> None:
    """Kill a victim in every interval until only the warm-up and the time of one recovery are left."""
    end = time.monotonic() + seconds
    time.sleep(_WARM_UP)
    for victim in itertools.cycle(setup.victims):
        if time.monotonic() + min(interval, _MAX_RECOVERY) > end:
            break
        ledger.kills.append(Kill(time.time(), victim.name, victim.sends_emails))
        victim.kill()
        time.sleep(interval)
    time.sleep(max(0.0, end - time.monotonic()))


def wait_for_campaign(seconds: int = 300) -> None:
    """Wait until everything of the campaign is sent."""
    from benchmarks.cluster import content

    deadline = time.monotonic() + seconds
    while not content.is_campaign_finished() and time.monotonic() < deadline:
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
