"""Check the running site."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from operations.findings import Level
from ptcomplete.health.findings import Result
from ptcomplete.health.runner import run_checks


class Command(BaseCommand):
    """Print one line per check, the worst first. Exit with 1 if there is an error, for monitoring."""

    help = "Check workers, queues, disks, email, backups and settings, and report what is wrong and what to do."
    # A site that does not pass them is one to report on.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checks and print the results."""
        results = run_checks()
        if options["json"]:
            rows = [{"check": result.check.name, **result.finding._asdict()} for result in results]
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
        else:
            for result in results:
                self._print(result)
        if any(result.finding.level == Level.ERROR for result in results):
            raise SystemExit(1)

    def _print(self, result: Result) -> None:
        styles = {Level.ERROR: self.style.ERROR, Level.WARNING: self.style.WARNING, Level.OK: self.style.SUCCESS}
        finding = result.finding
        level = styles[finding.level](f"{finding.level.label:8}")
        self.stdout.write(f"{level} {result.check.name}: {finding.message}")
        if finding.advice:
            self.stdout.write(f"{'':8} {finding.advice}")
