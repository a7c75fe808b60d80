"""Turn maintenance mode on or off."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from operations.models import Maintenance


class Command(BaseCommand):
    """`maintenance on|off|status [--message TEXT]`. Takes effect at once, in all processes and on all hosts."""

    help = "Show visitors a page that asks them to come back, and stop background work. Owners can still sign in."
    # It must work before migrations are applied, too.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the state and the message."""
        parser.add_argument("state", choices=["on", "off", "status"])
        parser.add_argument("--message", default="", help="a sentence for visitors, such as when you expect to be back")

    def handle(self, *args: Any, state: str, message: str, **options: Any) -> None:
        """Change or print the state."""
        if state == "on":
            Maintenance.objects.turn_on(message[:300])
        elif state == "off":
            Maintenance.objects.turn_off()
        current = Maintenance.current()
        words = f"on since {current.started_at:%Y-%m-%d %H:%M} UTC" if current else "off"
        self.stdout.write(f"Maintenance mode is {words}.")
