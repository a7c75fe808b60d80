"""Create the pages every new site needs."""

import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from pages.starter_pages import create_demo_pages, create_starter_pages

DEMO: Path = settings.BASE_DIR / "blog" / "demo" / "site.toml"


class Command(BaseCommand):
    """`create_starter_pages [--demo]`. Running it again changes nothing."""

    help = "Create the About, Services, Contact and policy pages that do not exist yet, as drafts to fill in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --demo."""
        parser.add_argument("--demo", action="store_true", help="publish them with the demo's texts")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        """Create the pages and print their titles."""
        created = create_demo_pages(tomllib.loads(DEMO.read_text("utf-8"))) if demo else create_starter_pages()
        if created:
            titles = ", ".join(page.title for page in created)
            self.stdout.write(f"Created pages: {titles}.")
