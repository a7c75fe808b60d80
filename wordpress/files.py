"""The files of an import: those uploaded in the admin, and what they are called."""

import hashlib
import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from wordpress.models import ImportRun

# Files of an import that was not started, or ended with conflicts, are deleted after this time.
KEEP_FILES = timedelta(days=7)
MAX_FILES = 50
# What has to stay free on the disk: the same again, for the images and the database.
FREE_SHARE = 2


def uploads_folder(run: ImportRun) -> Path:
    """Return the folder of the files that were uploaded for this run."""
    return Path(settings.DATA_DIR) / "imports" / str(run.pk)


def media_folder() -> Path:
    """Return the folder on the server in which the author can place the files of the old site."""
    return Path(settings.DATA_DIR) / "import-media"


def check_uploads(files: list[UploadedFile]) -> None:
    """Raise ValidationError with a sentence if the files are too many or too large."""
    size, limit = sum(file.size or 0 for file in files), settings.STAFF_BODY_BYTES
    if len(files) > MAX_FILES:
        raise ValidationError(f"These are {len(files)} files. Choose at most {MAX_FILES}.")
    if size > limit:
        raise ValidationError(
            f"The files have {_megabytes(size)} together. At most {_megabytes(limit)} can be uploaded. Put large"
            f" media files into {media_folder()} on the server instead, and choose them in the next step."
        )
    free = shutil.disk_usage(settings.DATA_DIR).free
    if size * FREE_SHARE > free:
        raise ValidationError(
            f"The server has {_megabytes(free)} of free space. An import of {_megabytes(size)} needs twice as much as"
            " its files. Make room, then try again."
        )


def store_uploads(run: ImportRun, files: Iterable[UploadedFile]) -> None:
    """Store the uploaded files in the folder of the run."""
    folder = uploads_folder(run)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    run.files = []
    for number, file in enumerate(files, start=1):
        # The name in the folder does not depend on what the browser sent.
        stored = f"{number}{Path(file.name or '').suffix.lower()[:5]}"
        with (folder / stored).open("wb") as target:
            for chunk in file.chunks(1 << 20):
                target.write(chunk)
        run.files.append({"name": file.name, "size": file.size, "stored": stored})


def stored_files(run: ImportRun) -> list[tuple[str, Path]]:
    """Return the names and paths of the uploaded files."""
    return [(file["name"], uploads_folder(run) / file["stored"]) for file in run.files if "stored" in file]


def delete_uploads(run: ImportRun) -> None:
    """Delete the uploaded files of a run."""
    shutil.rmtree(uploads_folder(run), ignore_errors=True)


def delete_old_files() -> int:
    """Delete the files of runs without work for a week. Return 0: the worker has nothing left to do."""
    active = {ImportRun.State.QUEUED, ImportRun.State.RUNNING}
    folder = Path(settings.DATA_DIR) / "imports"
    for path in folder.iterdir() if folder.is_dir() else ():
        run = ImportRun.objects.filter(pk=path.name).first() if path.name.isdecimal() else None
        last = run and (run.finished_at or run.created_at)
        if run is None or (run.state not in active and last and last < timezone.now() - KEEP_FILES):
            shutil.rmtree(path, ignore_errors=True)
    return 0


def describe_files(paths: Iterable[Path]) -> tuple[list[dict[str, Any]], str]:
    """Return the name and size of each file, and a digest of the contents of all of them."""
    found, digests = [], []
    for path in paths:
        with path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
        found.append({"name": path.name, "size": path.stat().st_size})
    return found, hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
