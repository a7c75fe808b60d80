"""Do what a run asks for: the preview, the import or its undo."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from accounts.models import AuditEvent
from operations.errors import describe
from wordpress import runs
from wordpress.archive_reader import EXPORT_HINT, is_media_archive
from wordpress.files import delete_uploads, media_folder, stored_files
from wordpress.importing import run_import
from wordpress.media.fetching import Fetcher
from wordpress.media.importer import MediaOptions
from wordpress.media.sources import MediaSourceError, open_source
from wordpress.models import ImportRun
from wordpress.preview import build_preview
from wordpress.reader import Export, ExportError, read_export
from wordpress.report import Outcome, Report
from wordpress.report_summary import audit_subject
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
    except KeyboardInterrupt:
        if claim.run.is_by_hand:
            _end(claim, ImportRun.State.FAILED, runs.INTERRUPTED)
        else:
            # The worker was stopped, such as by an update of the server.
            claim.release()
        raise
    except BaseException as error:
        _end(claim, ImportRun.State.FAILED, str(error) if isinstance(error, ExportError) else describe(error))
        raise
    _end(claim, ImportRun.State.DONE)


def _end(claim: Claim, state: ImportRun.State, error: str = "") -> None:
    """End the work, and write into the audit log who asked for it and what it did."""
    claim.finish(state, error)
    run = claim.run
    if run.task != ImportRun.Task.PREVIEW:
        AuditEvent.objects.record(AuditEvent.Kind.IMPORTED, user=run.requested_by, subject=audit_subject(run))


def do_task(claim: Claim) -> None:
    """Do what the run of `claim` asks for, with the files that were uploaded for it."""
    task = claim.run.task
    if task == ImportRun.Task.UNDO:
        do_undo(claim)
    elif task == ImportRun.Task.PREVIEW:
        do_preview(claim)
    else:
        with _ending(claim):
            report = run_import(claim, _read_uploads(claim), lambda done: None, _media_options(claim))
            if not report.count_of(Outcome.CONFLICT):
                delete_uploads(claim.run)


def do_preview(claim: Claim) -> None:
    """Read the uploaded files and store what they contain."""
    with _ending(claim):
        exports = _read_uploads(claim)
        claim.run.expected = dict(sum((export.counts for export in exports), Counter()))
        claim.run.preview = build_preview(exports, lambda done, total: claim.progress("Reading the texts", done, total))
        claim.save("preview", "expected")


def _read_uploads(claim: Claim) -> list[Export]:
    exports = []
    for name, path in stored_files(claim.run):
        if is_media_archive(path):
            continue
        claim.progress(f"Reading {name}"[:100], 0)
        try:
            exports.append(read_export(path))
        except ExportError as error:
            raise ExportError(f"{name}: {error}") from error
        except FileNotFoundError as error:
            raise ExportError("The uploaded files were deleted after a week. Upload them again.") from error
    if not exports:
        raise ExportError(f"There is no WordPress export among these files. {EXPORT_HINT}")
    return exports


def _media_options(claim: Claim) -> MediaOptions:
    """Return where the author said the images are: uploaded, in the media folder of the server, or on the old site."""
    place = claim.run.options.get("media", "")
    paths: list[Path] = []
    if place == "upload":
        paths = [path for _, path in stored_files(claim.run) if is_media_archive(path)]
    elif place.startswith("server:"):
        # The name of an entry of the folder, never a path out of it.
        paths = [media_folder() / Path(place.removeprefix("server:")).name]
    try:
        return MediaOptions([open_source(path) for path in paths], Fetcher() if place == "fetch" else None)
    except MediaSourceError as error:
        raise ExportError(str(error)) from error


def do_import(
    claim: Claim,
    exports: Sequence[Export],
    progress: Callable[[int], None] = lambda done: None,
    media_options: MediaOptions | None = None,
) -> Report:
    """Import the exports as the run of `claim`, and record how it ended."""
    with _ending(claim):
        return run_import(claim, exports, progress, media_options)


def do_undo(claim: Claim) -> None:
    """Undo the import of `claim`, and record how that ended."""
    with _ending(claim):
        undo_run(claim)
