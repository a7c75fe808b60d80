"""Make the pages that a new site should have."""

import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from pages.starting import start_demo, start_pages


class Command(BaseCommand):
    """`start_pages [--demo]`: drafts to fill in, or the demo's pages. Running it again changes nothing."""

    help = "Make About, Services, Contact and the policies as drafts to fill in, where they are missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="public, with the demo's texts")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        if demo:
            path = Path(apps.get_app_config("blog").path) / "demo" / "site.toml"
            made = start_demo(tomllib.loads(path.read_text(encoding="utf-8")))
        else:
            made = start_pages()
        if made:
            names = ", ".join(page.title for page in made)
            self.stdout.write(f"New pages: {names}.")
