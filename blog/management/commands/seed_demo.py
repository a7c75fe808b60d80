"""Load the demo site, or many posts for load tests."""

from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from blog.demo import load_test, loader
from siteinfo.local_time import local_time_of_site


class Command(BaseCommand):
    """Load the demo site, which never changes existing objects, or create posts for load tests."""

    help = "Load the demo site, or with --posts N create N long posts for load tests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --posts."""
        parser.add_argument("--posts", type=int, metavar="N", help="create N posts of about 900 words instead")

    @local_time_of_site()
    def handle(self, *args: Any, posts: int | None, **options: Any) -> None:
        """Load the demo or create posts, and report the number of new posts."""
        if posts is None:
            self._load_demo()
        elif posts < 1:
            raise CommandError("--posts must be at least 1.")
        else:
            self._create_posts(posts)

    def _load_demo(self) -> None:
        created = loader.load_demo()
        # Apps above the blog have demo content that needs these images and posts.
        call_command("create_starter_pages", demo=True)
        call_command("demo_instagram")
        call_command("demo_comments", stdout=StringIO())
        call_command("start_shop", demo=True)
        self.stdout.write(f"{created} demo posts created." if created else "The demo is already loaded.")

    def _create_posts(self, count: int) -> None:
        load_test.create_posts(count, self._report_progress)
        # Bulk inserts send no signals, so search has not indexed the posts.
        call_command("rebuild_search", missing=True, stdout=self.stdout)
        self.stdout.write(f"{count} posts created.")

    def _report_progress(self, done: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{done}", ending="")
            self.stdout.flush()
