"""Make what the shop page and paid links start from."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from affiliates.demo import start_demo
from affiliates.programs import Program


class Command(BaseCommand):
    """`start_shop [--demo]`: Amazon's program, and the demo's products. Running it again changes nothing."""

    help = "Make Amazon's program with its rules; with --demo, a few invented products as well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="with invented products, and a post that shows them")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        Program.objects.amazon()
        made = start_demo() if demo else 0
        if made:
            self.stdout.write(f"{made} products are new.")
