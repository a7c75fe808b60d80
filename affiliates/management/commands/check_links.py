"""Look at every link that is due, now instead of bit by bit in the worker."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from affiliates import link_checker
from affiliates.models import Link


class Command(BaseCommand):
    """`check_links`; can be stopped at any time and goes on where it was. Asks each shop at a walking pace."""

    help = "See whether the pages that links lead to are still there. Amazon is never asked."

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        while left := link_checker.due().count():
            if link_checker.check_next():
                done += 1
            else:
                time.sleep(1)
            if self.stdout.isatty():
                self.stdout.write(f"\r{done} looked at, {left - 1} to go ", ending="")
                self.stdout.flush()
        broken = Link.objects.live().filter(health=Link.Health.BROKEN)
        self.stdout.write(f"{done} looked at. {broken.count()} lead nowhere.")
        for link in broken:
            self.stdout.write(f"  {link}: {link.destination}")
