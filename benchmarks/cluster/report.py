"""The report of a benchmark in Markdown."""

import os
import platform
from importlib.metadata import version

import django
from django.db import connection

from benchmarks.cluster.ledger import Ledger, Recovery
from benchmarks.cluster.verification import Outcome

NAMES = {
    "sqlite": "One machine, SQLite",
    "postgresql": "One machine, PostgreSQL",
    "machines": "Several machines",
}


def render(setup: str, command: str, ledger: Ledger, outcome: Outcome, recoveries: list[Recovery]) -> str:
    """Return a section about one set-up."""
    deliveries = ", ".join(f"{count:,} {status}" for status, count in sorted(outcome.statuses.items()))
    lines = [
        f"### {NAMES[setup]}",
        "",
        f"`{command}` killed {len(recoveries)} times: {_verdict(outcome, recoveries)}",
        "",
        *_writes(ledger, outcome),
        "",
        f"The mail server accepted {outcome.emails:,} emails of the campaign, whose deliveries are: {deliveries}. "
        f"Stale pages: {ledger.stale}. People who were signed out: {ledger.signed_out}. Clicks that were not counted: "
        f"{outcome.uncounted_clicks}.",
        "",
        *_recoveries(recoveries),
        "",
        f"{_versions()}.",
    ]
    return "\n".join(lines) + "\n"


def _verdict(outcome: Outcome, recoveries: list[Recovery]) -> str:
    lost, duplicated = (sum(map(len, each.values())) for each in (outcome.lost, outcome.duplicated))
    slowest = max((each.total_seconds for each in recoveries), default=0.0)
    return f"lost {lost}, duplicated {duplicated}, slowest recovery {slowest:.1f} seconds."


def _writes(ledger: Ledger, outcome: Outcome) -> list[str]:
    lines = [
        "| requests | answered | failed | acknowledged | lost | duplicated |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kind, counts in sorted(ledger.statuses().items()):
        figures = (
            counts["answered"] + counts["limited"],
            counts["failed"],
            outcome.acknowledged.get(kind, ""),
            len(outcome.lost[kind]) if kind in outcome.lost else "",
            len(outcome.duplicated[kind]) if kind in outcome.duplicated else "",
        )
        lines.append(f"| {kind} | {' | '.join(f'{each:,}' if isinstance(each, int) else each for each in figures)} |")
    return lines


def _recoveries(recoveries: list[Recovery]) -> list[str]:
    lines = [
        "| killed with SIGKILL | kills | failed requests | until the last of them | until the next email |",
        "| --- | --- | --- | --- | --- |",
    ]
    for victim in dict.fromkeys(each.victim for each in recoveries):
        own = [each for each in recoveries if each.victim == victim]
        emails = [each.email_seconds for each in own if each.email_seconds is not None]
        failed, slowest = sum(each.failed for each in own), max(each.seconds for each in own)
        email = f"{max(emails):.1f} s" if emails else "none was left"
        lines.append(f"| {victim} | {len(own)} | {failed} | {slowest:.1f} s | {email} |")
    return lines


def _versions() -> str:
    database = ".".join(map(str, connection.get_database_version()))
    packages = {"Granian": "granian", "psycopg": "psycopg", "django-redis": "django-redis"}
    parts = [f"Python {platform.python_version()}", f"Django {django.get_version()}"]
    parts += [f"{connection.display_name} {database}", *(f"{name} {version(each)}" for name, each in packages.items())]
    return ", ".join([*parts, f"{os.cpu_count()} cores"])
