"""Make the ZIP files of exports that owners asked for, in a process beside the worker."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence

from django.conf import settings

from site_export.errors import SiteExportError
from site_export.exporting import export_site
from site_export.models import SiteExport

log = logging.getLogger(__name__)

COMMAND: Sequence[str] = (sys.executable, "-m", "django", "export_site", "--waiting")


def make_archive(export: SiteExport) -> None:
    """Write the ZIP file of `export`, which appears only when it is complete."""
    folder = export.path.with_suffix(".files")
    part = export.path.with_suffix(".part")
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        export_site(folder, export.report)
        export.report("ZIP file")
        archive = shutil.make_archive(str(part), "zip", folder)
        shutil.move(archive, export.path)
        export.path.chmod(0o600)
        export.finish()
    except (SiteExportError, OSError) as error:
        log.exception("The export of the site failed")
        export.finish(error=str(error)[:500])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class ExportProcess:
    """A process that makes an export, so that a large one does not delay the other jobs of the worker."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start_if_due(self) -> int:
        """Start the export that waits. Return 0: the worker has nothing left to do."""
        if self._process and self._process.poll() is None:
            return 0
        self._process = None
        if SiteExport.objects.filter(status=SiteExport.Status.WAITING).exists():
            # The current folder is where Python finds the project.
            self._process = subprocess.Popen(COMMAND, cwd=settings.BASE_DIR)
        return 0

    def wait(self) -> None:
        """Wait for the started export to end."""
        if self._process:
            self._process.wait()

    def stop(self) -> None:
        """Interrupt the export that was started."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
            error = "The export was interrupted. Start another one."
            running = SiteExport.objects.filter(status=SiteExport.Status.RUNNING)
            running.update(status=SiteExport.Status.FAILED, error=error)
