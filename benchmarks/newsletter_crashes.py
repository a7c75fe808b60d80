"""Measure what killing the newsletter's worker costs: lost, duplicated and uncertain emails.

    python -m benchmarks.newsletter_crashes [--seeds 50] [--emails 24] [--connections 2]

For each seed, a campaign is prepared and a worker is killed with SIGKILL, at one of eight crash points or at random.
Another worker finishes the campaign. The mail server, in its own process, has logged what it accepted. Runs on SQLite
and PostgreSQL, with both policies for uncertain emails. Needs the test dependencies.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.newsletter.delivery.harness import DeliveryHarness, Mistakes

DATABASES = ("sqlite", "postgres")


def main() -> None:
    """Print the table, one database after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--emails", type=int, default=24)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--database", choices=DATABASES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.database:
        measure(arguments.seeds, arguments.emails, arguments.connections)
        return
    print(f"{arguments.seeds} seeds, {arguments.emails} emails, {arguments.connections} connections\n")
    print("| database | policy | crash point | runs | lost | duplicated | max per run | uncertain | max per run |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for database in DATABASES:
        command = [sys.executable, "-m", "benchmarks.newsletter_crashes", "--database", database]
        command += [f"--{name}={getattr(arguments, name)}" for name in ("seeds", "emails", "connections")]
        environment = os.environ | {"TEST_DATABASE": database, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        subprocess.run(command, check=True, env=environment)


def measure(seeds: int, emails: int, connections: int) -> None:
    """Kill a worker for each seed and policy; print a row for each policy and crash point."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.newsletter.delivery.crashing_worker import CRASH_POINTS
    from tests.newsletter.delivery.harness import DeliveryHarness, Mistakes

    call_command("migrate", verbosity=0)
    crash_points = (*CRASH_POINTS, "random")
    with tempfile.TemporaryDirectory() as folder, DeliveryHarness(Path(folder)) as harness:
        for policy in ("hold", "resend"):
            mistakes_by_point: dict[str, list[Mistakes]] = defaultdict(list)
            for seed in range(seeds):
                crash_at = crash_points[seed % len(crash_points)]
                mistakes = kill_worker(harness, seed, crash_at, policy, emails, connections)
                mistakes_by_point[crash_at].append(mistakes)
            for crash_at, results in mistakes_by_point.items():
                lost, duplicated, uncertain = zip(*results, strict=True)
                figures = (len(results), sum(lost), sum(duplicated), max(duplicated), sum(uncertain), max(uncertain))
                print(f"| {connection.vendor} | {policy} | {crash_at} | {' | '.join(map(str, figures))} |", flush=True)


def kill_worker(
    harness: "DeliveryHarness", seed: int, crash_at: str, policy: str, emails: int, connections: int
) -> "Mistakes":
    """Kill a worker at `crash_at`, let another one finish the campaign, and return the mistakes."""
    from tests.newsletter.delivery.harness import (
        KILLED,
        counts_add_up,
        make_newsletter_settings,
        make_sending_campaign,
    )

    dice = random.Random(seed)  # noqa: S311
    newsletter_settings = make_newsletter_settings(uncertain_policy=policy, connections=connections)
    campaign = make_sending_campaign(emails, newsletter_settings)
    after = dice.uniform(0.02, 0.25) if crash_at == "random" else dice.randint(1, 3)
    exit_code = harness.run_worker(crash_at, after)
    assert exit_code == KILLED or crash_at == "random", f"Seed {seed}: the worker was not killed."
    assert counts_add_up(campaign)
    assert harness.run_worker() == 0
    assert counts_add_up(campaign)
    mistakes = harness.count_mistakes(campaign)
    max_duplicated, max_uncertain = (0, connections) if policy == "hold" else (connections, 0)
    assert mistakes.lost == 0, f"Seed {seed}: {mistakes}"
    assert mistakes.duplicated <= max_duplicated, f"Seed {seed}: {mistakes}"
    assert mistakes.uncertain <= max_uncertain, f"Seed {seed}: {mistakes}"
    return mistakes


if __name__ == "__main__":
    main()
