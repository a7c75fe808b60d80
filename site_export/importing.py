"""Import an export into an empty site. Everything is checked before anything is written."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.db import IntegrityError, connection, models, transaction

from affiliates.models import Link
from blog.models import Post, Series, Tag
from comments.models import Comment
from images.models import Image
from newsletter.models import Subscriber
from pagecache.invalidation import invalidate_all
from pages.models import Page
from pages.starter_pages import is_unchanged
from richtext import references
from search.indexing import rebuild_index
from site_export.contents import FORMAT_VERSION, exported_models, exported_relations
from site_export.errors import SiteExportError
from site_export.exporting import MANIFEST, data_file
from site_export.rows import parse_line

MAX_MANIFEST_BYTES = 64 * 1024 * 1024
_NAME = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[^\x00-\x1f\\/][^\x00-\x1f\\]*")
_CONTENT: tuple[type[models.Model], ...] = (Post, Image, Tag, Series, Subscriber, Link, Comment)


def import_site(folder: Path, progress: Callable[[str], None] = lambda step: None) -> int:
    """Import the export in `folder` and return the number of rows.

    Raises SiteExportError with a sentence, and then nothing has changed.
    """
    _require_empty_site()
    progress("checking the files")
    files = _checked_files(folder)
    models_to_load = exported_models()
    for model in models_to_load:
        for _ in _rows(folder, model):
            pass
    progress("media")
    stored = _store_media(folder, files)
    try:
        with transaction.atomic():
            count = _load(folder, models_to_load, progress)
    except BaseException as error:
        for name in stored:
            default_storage.delete(name)
        if isinstance(error, IntegrityError):
            raise SiteExportError(f"The rows do not fit together, so nothing was imported: {error}") from error
        raise
    progress("search index")
    references.rebuild()
    rebuild_index()
    invalidate_all(connection.alias)
    return count


def _require_empty_site() -> None:
    model = next((model for model in _CONTENT if model._base_manager.exists()), None)
    if model is None and all(is_unchanged(page) for page in Page.objects.exclude(role=None)):
        if not Page.objects.filter(role=None).exists():
            return
        model = Page
    name = (model or Page)._meta.verbose_name_plural
    raise SiteExportError(
        f"This site already has {name}. An export can only be imported into an empty site: use a new database."
    )


def _checked_files(folder: Path) -> dict[str, str]:
    """Return the files of the manifest with their digests, after checking all of them."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise SiteExportError(f"{MANIFEST} is too large.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SiteExportError(f"{folder} is not an export of a site: {MANIFEST} cannot be read.") from error
    if not isinstance(content, dict) or content.get("format") != "ptcomplete-site":
        raise SiteExportError(f"{folder} is not an export of a site: {MANIFEST} has another format.")
    if content.get("version") != FORMAT_VERSION:
        raise SiteExportError(f"This export has version {content.get('version')} of the format, not {FORMAT_VERSION}.")
    files: dict[str, str] = content.get("files") or {}
    _check_files(folder, files)
    return files


def _check_files(folder: Path, files: dict[str, str]) -> None:
    for model in exported_models():
        if data_file(model) not in files:
            raise SiteExportError(f"{data_file(model)} is missing from the export.")
    for name, digest in files.items():
        if not _NAME.fullmatch(name) or (folder / name).is_symlink():
            raise SiteExportError(f"{MANIFEST} lists a file with an invalid name: {name[:100]!r}.")
        if _digest(folder / name, name) != digest:
            raise SiteExportError(f"{name} is damaged or was changed after the export.")


def _digest(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SiteExportError(f"{name} is missing from the export or cannot be read.") from error


def _rows(folder: Path, model: type[models.Model]) -> Iterator[tuple[models.Model, dict[str, list[int]]]]:
    """Yield the rows of `model`. Raises SiteExportError, which names the line that is wrong."""
    name = data_file(model)
    with (folder / name).open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield parse_line(model, line)
            except ValidationError as error:
                raise SiteExportError(f"{name}, line {number}: {' '.join(error.messages)}") from error


def _store_media(folder: Path, files: dict[str, str]) -> list[str]:
    """Store the uploads under their names, and return those that were not there before."""
    stored = []
    for name in sorted(name.removeprefix("media/") for name in files if name.startswith("media/")):
        if default_storage.exists(name):
            continue
        with (folder / "media" / name).open("rb") as file:
            stored.append(default_storage.save(name, File(file)))
        if stored[-1] != name:
            raise SiteExportError(f"media/{name} could not be stored under its name.")
    return stored


def _load(folder: Path, wanted: list[type[models.Model]], progress: Callable[[str], None]) -> int:
    """Replace the rows of a new site, such as starter pages, by those of the export. Return their number."""
    for model in wanted:
        for field in exported_relations(model):
            field.remote_field.through._base_manager.all()._raw_delete(using=connection.alias)
        model._base_manager.all()._raw_delete(using=connection.alias)
    count = 0
    for model in wanted:
        progress(str(model._meta.verbose_name_plural))
        for batch in batched(_rows(folder, model), 100):
            _insert(model, [row for row, _ in batch])
            _save_relations(model, batch)
            count += len(batch)
    for statement in connection.ops.sequence_reset_sql(no_style(), wanted):
        with connection.cursor() as cursor:
            cursor.execute(statement)
    connection.check_constraints()
    return count


def _insert(model: type[models.Model], rows: list[models.Model]) -> None:
    """Insert rows without signals, because what apps derive from a row needs the rows that come later."""
    times = [field for field in model._meta.concrete_fields if getattr(field, "auto_now", False)]
    times += [field for field in model._meta.concrete_fields if getattr(field, "auto_now_add", False)]
    values = [[getattr(row, field.attname) for field in times] for row in rows]
    model._base_manager.bulk_create(rows)
    if not times:
        return
    # Inserting has replaced these by the time of now.
    for row, stored in zip(rows, values, strict=True):
        for field, value in zip(times, stored, strict=True):
            setattr(row, field.attname, value)
    model._base_manager.bulk_update(rows, [field.name for field in times])


def _save_relations(model: type[models.Model], batch: tuple[tuple[models.Model, dict[str, list[int]]], ...]) -> None:
    for field in exported_relations(model):
        through: Any = field.remote_field.through
        own, other = field.m2m_column_name(), field.m2m_reverse_name()
        rows = [through(**{own: row.pk, other: pk}) for row, related in batch for pk in related[field.name]]
        through._base_manager.bulk_create(rows, batch_size=500)
