"""What killing the newsletter's worker costs: lost, duplicated and uncertain mails.

    python -m benchmarks.newsletter_crashes [--seeds 50] [--mails 24] [--connections 2]

For each seed a campaign is prepared and a worker killed with SIGKILL: at one of eight named points, or at random.
Another worker ends the campaign. The mail server, in a process of its own, has written down what it took. On SQLite
and PostgreSQL, with both policies for uncertain mails. Needs what the tests need.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

DATABASES = ("sqlite", "postgres")


def main() -> None:
    """Print the table, database by database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--mails", type=int, default=24)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--database", choices=DATABASES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.database:
        measure(arguments.seeds, arguments.mails, arguments.connections)
        return
    print(f"{arguments.seeds} seeds, {arguments.mails} mails, {arguments.connections} connections\n")
    print("| database | policy | killed | runs | lost | duplicated | most in a run | uncertain | most in a run |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for database in DATABASES:
        command = [sys.executable, "-m", "benchmarks.newsletter_crashes", "--database", database]
        command += [f"--{name}={getattr(arguments, name)}" for name in ("seeds", "mails", "connections")]
        environment = os.environ | {"TEST_DATABASE": database, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        subprocess.run(command, check=True, env=environment)


def measure(seeds: int, mails: int, connections: int) -> None:
    """Kill a worker for each seed and policy; print a row for each policy and way to die."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.newsletter.delivery.crashing_worker import POINTS
    from tests.newsletter.delivery.harness import KILLED, Stage, Tally, adds_up, campaign_to, sender

    call_command("migrate", verbosity=0)
    ways = (*POINTS, "random")
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder)) as stage:
        for policy in ("hold", "resend"):
            tallies: dict[str, list[Tally]] = defaultdict(list)
            for seed in range(seeds):
                dice, how = random.Random(seed), ways[seed % len(ways)]  # noqa: S311
                campaign = campaign_to(mails, sender(uncertain_policy=policy, connections=connections))
                ended = stage.run(how, dice.uniform(0.02, 0.25) if how == "random" else dice.randint(1, 3))
                assert ended == KILLED or how == "random", f"Seed {seed}: the worker outlived its trap."
                assert adds_up(campaign)
                assert stage.run() == 0
                assert adds_up(campaign)
                tallies[how].append(tally := stage.tally(campaign))
                allowed = (0, connections) if policy == "hold" else (connections, 0)
                assert tally.lost == 0, f"Seed {seed}: {tally}"
                assert tally.duplicated <= allowed[0], f"Seed {seed}: {tally}"
                assert tally.uncertain <= allowed[1], f"Seed {seed}: {tally}"
            for how, each in tallies.items():
                lost, duplicated, uncertain = zip(*each, strict=True)
                figures = (len(each), sum(lost), sum(duplicated), max(duplicated), sum(uncertain), max(uncertain))
                print(f"| {connection.vendor} | {policy} | {how} | {' | '.join(map(str, figures))} |", flush=True)


if __name__ == "__main__":
    main()
