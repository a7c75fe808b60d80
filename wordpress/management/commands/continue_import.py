"""Do the imports, previews and undos that the admin asked for. The worker starts it."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from siteinfo.local_time import local_time_of_site
from wordpress import runs
from wordpress.reader import ExportError
from wordpress.tasks import do_task


class Command(BaseCommand):
    """`continue_import`. SIGTERM interrupts it; the worker then starts it again, and it goes on."""

    help = "Do the imports that were started in the admin. The worker runs this."

    @local_time_of_site()
    def handle(self, *args: Any, **options: Any) -> None:
        """Do what waits, one after the other."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        while claim := runs.claim_next():
            try:
                do_task(claim)
            except ExportError:
                # The page of the import says why.
                continue
            except KeyboardInterrupt:
                return
