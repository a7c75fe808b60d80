"""Do what a run asks for: the import or its undo."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from accounts.models import AuditEvent
from operations.errors import describe
from wordpress import runs
from wordpress.importing import run_import
from wordpress.models import ImportRun
from wordpress.reader import Export, ExportError, read_export
from wordpress.report import Report
from wordpress.runs import Claim, LostClaimError
from wordpress.undo import undo_run


def read_exports(paths: Sequence[Path]) -> list[Export]:
    """Return the exports. Raise ExportError with the name of the file that cannot be imported."""
    exports = []
    for path in paths:
        try:
            exports.append(read_export(path))
        except ExportError as error:
            raise ExportError(f"{path.name}: {error}") from error
    return exports


@contextmanager
def _ending(claim: Claim) -> Iterator[None]:
    """Record how the work ended."""
    try:
        yield
    except LostClaimError:
        raise
    except ExportError as error:
        claim.finish(ImportRun.State.FAILED, str(error))
        raise
    except BaseException as error:
        reason = runs.INTERRUPTED if isinstance(error, KeyboardInterrupt) else describe(error)
        claim.finish(ImportRun.State.FAILED, reason)
        raise
    claim.finish(ImportRun.State.DONE)


def do_import(claim: Claim, exports: Sequence[Export], progress: Callable[[int], None] = lambda done: None) -> Report:
    """Import the exports as the run of `claim`, and record how it ended."""
    with _ending(claim):
        report = run_import(claim, exports, progress)
        AuditEvent.objects.record(AuditEvent.Kind.IMPORTED, subject=f"WordPress exports, import {claim.run.pk}")
        return report


def do_undo(claim: Claim) -> None:
    """Undo the import of `claim`, and record how that ended."""
    with _ending(claim):
        undo_run(claim)
        AuditEvent.objects.record(AuditEvent.Kind.IMPORTED, subject=f"Undo of WordPress import {claim.run.pk}")
