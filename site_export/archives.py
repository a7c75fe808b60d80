"""Make the ZIP files of exports that owners asked for, in a process beside the worker."""

import logging
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, connection
from django.utils import timezone

from backups.creation import temporary_folder
from operations.child_process import ChildProcess
from operations.errors import describe
from site_export.errors import SiteExportError
from site_export.exporting import export_site
from site_export.models import INTERRUPTED, SiteExport, export_storage

log = logging.getLogger(__name__)

COMMAND: Sequence[str] = (sys.executable, "-m", "django", "export_site", "--waiting")
REPORT_SECONDS = 5.0
_WORK_PREFIX = "unfinished-export-"


def make_archive(export: SiteExport) -> None:
    """Make and store the ZIP file of `export`."""
    try:
        with _Reporter(export) as reporter, temporary_folder(_WORK_PREFIX, Path(settings.DATA_DIR)) as work:
            export_site(work / "site", reporter.begin)
            reporter.begin("ZIP file")
            archive = Path(shutil.make_archive(str(work / "site"), "zip", work / "site"))
            shutil.rmtree(work / "site")
            with archive.open("rb") as file:
                export_storage().save(export.file_name, File(file))
            size = archive.stat().st_size
    except BaseException as error:
        # SIGTERM included, which the command turns into an exception.
        log.exception("The export of the site failed")
        export.finish(error=_reason(error)[:500])
        if not isinstance(error, SiteExportError | OSError | KeyboardInterrupt):
            raise
        return
    if not export.finish(size=size):
        # It was silent for minutes, such as on a suspended machine.
        export_storage().delete(export.file_name)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return str(error) if isinstance(error, SiteExportError | OSError) else describe(error)


class _Reporter:
    """Reports every few seconds from a thread with its own connection, because the export is one transaction."""

    def __init__(self, export: SiteExport) -> None:
        self._mine = SiteExport.objects.filter(pk=export.pk, status=SiteExport.Status.RUNNING)
        self._step = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="export reports", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def begin(self, step: str) -> None:
        """Name what the export does now."""
        self._step = step[:100]

    def _run(self) -> None:
        while not self._ended.wait(REPORT_SECONDS):
            try:
                self._mine.update(step=self._step, active_at=timezone.now())
            except DatabaseError as error:
                log.warning("The progress of the export could not be stored: %s", type(error).__name__)
            finally:
                connection.close()


class ExportProcess(ChildProcess):
    """A process that makes an export, so that a large one does not delay the other jobs of the worker."""

    name = "export"

    def command(self) -> Sequence[str]:
        """Return the command."""
        return COMMAND

    def is_due(self) -> bool:
        """Return whether an export waits."""
        SiteExport.objects.give_up_killed()
        return SiteExport.objects.filter(status=SiteExport.Status.WAITING).exists()
