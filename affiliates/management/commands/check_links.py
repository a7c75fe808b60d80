"""Check all due affiliate links now instead of one by one in the worker."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from affiliates import link_checker
from affiliates.models import Link
from siteinfo.local_time import local_time_of_site


class Command(BaseCommand):
    """`check_links` can be interrupted and continues where it stopped. It pauses between requests to a shop."""

    help = "Check whether the pages of affiliate links still exist. Amazon is never contacted."

    @local_time_of_site()
    def handle(self, *args: Any, **options: Any) -> None:
        """Check links until none is due."""
        checked = 0
        while due := link_checker.due_links().count():
            if link_checker.check_next():
                checked += 1
            else:
                time.sleep(1)
            if self.stdout.isatty():
                self.stdout.write(f"\r{checked} checked, {due - 1} left ", ending="")
                self.stdout.flush()
        broken = Link.objects.broken()
        self.stdout.write(f"{checked} checked, {broken.count()} broken.")
        for link in broken:
            self.stdout.write(f"  {link}: {link.destination}")
