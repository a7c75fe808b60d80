"""Create what a new shop page needs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from affiliates.demo import create_demo_shop
from affiliates.models import Program


class Command(BaseCommand):
    """`start_shop [--demo]` can be run again without changing anything."""

    help = "Create Amazon's program with its rules and, with --demo, a few invented products."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --demo."""
        parser.add_argument("--demo", action="store_true", help="also create invented products")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        """Create the program and, if asked for, the demo products."""
        Program.objects.amazon()
        product_count = create_demo_shop() if demo else 0
        if product_count:
            self.stdout.write(f"Created {product_count} products.")
