"""Load the demo comments."""

from typing import Any

from django.core.management.base import BaseCommand

from comments.demo import create_demo_comments


class Command(BaseCommand):
    """Turn comments on and load those of the demo, once."""

    help = "Turn comments on and add comments to the demo posts, unless the comment settings were saved before."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the comments and report their number."""
        self.stdout.write(f"{create_demo_comments()} demo comments created.")
