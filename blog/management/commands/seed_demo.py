"""Load the demo site, or many posts for load tests."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from blog.demo import load_test, loading


class Command(BaseCommand):
    """`seed_demo [--posts N]`; the demo is loaded once, never over what is there."""

    help = "Load the demo content; with --posts N, N long posts for load tests instead."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--posts", type=int, metavar="N", help="make N posts of about 900 words instead")

    def handle(self, *args: Any, posts: int | None, **options: Any) -> None:
        if posts is None:
            new = loading.load()
            # Rooms above have demo content of their own.
            call_command("create_starter_pages", demo=True)
            call_command("demo_instagram")
            call_command("start_shop", demo=True)
            self.stdout.write(f"{new} demo posts are new." if new else "The demo content is there already.")
            return
        if posts < 1:
            raise CommandError("--posts takes a number from 1 up.")
        load_test.make_posts(posts, self._report)
        # Made in bulk, which no room hears of.
        call_command("rebuild_search", missing=True, stdout=self.stdout)
        self.stdout.write(f"{posts} posts made.")

    def _report(self, done: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{done}", ending="")
            self.stdout.flush()
