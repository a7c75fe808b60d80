"""Write the export of the site into a folder, in little memory."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import FileField

from blog.models import Post
from newsletter.subscribers.csv_io import export_subscribers
from pages.models import Page
from redirects.csv_io import export_redirects
from redirects.models import Redirect
from site_export.contents import FORMAT_VERSION, LEFT_OUT, exported_fields, exported_models, rows_of
from site_export.documents import FINDER_FIELDS, front_matter, html_page, plain_html, to_markdown
from site_export.errors import SiteExportError
from site_export.readme import README
from site_export.records import Records
from site_export.rows import json_lines
from site_export.wxr import wxr_pieces

BATCH_SIZE = 50
MANIFEST = "manifest.json"


class Writer:
    """Write files below a folder, and remember the digest of each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digests: dict[str, str] = {}

    def write(self, name: str, pieces: Iterable[str | bytes]) -> None:
        """Write the file `name` from `pieces`, which are read one by one."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for piece in pieces:
                data = piece.encode() if isinstance(piece, str) else piece
                digest.update(data)
                file.write(data)
        self.digests[name] = digest.hexdigest()

    def finish(self) -> None:
        """Write the manifest: the version of the format, and the digest of every other file."""
        content = {"format": "ptcomplete-site", "version": FORMAT_VERSION, "files": dict(sorted(self.digests.items()))}
        self.write(MANIFEST, [json.dumps(content, ensure_ascii=False, indent=1) + "\n"])


def export_site(folder: Path, progress: Callable[[str], None] = lambda step: None) -> int:
    """Write the whole site into `folder`, which must be empty or missing. Return the number of files.

    An interrupted export leaves no folder. Raises SiteExportError with a sentence.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SiteExportError(f"{folder} is not an empty folder. Name a new one.")
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    writer = Writer(part)
    try:
        with _snapshot():
            _write_all(writer, progress)
        writer.finish()
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return len(writer.digests)


@contextmanager
def _snapshot() -> Iterator[None]:
    """Open a transaction that sees the database as it is now, however long the export takes."""
    if connection.in_atomic_block:
        yield
        return
    with _reading_transactions(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def _reading_transactions() -> Iterator[None]:
    """Let transactions of SQLite start as readers, so that others can write to the database during one."""
    if connection.vendor != "sqlite":
        yield
        return
    wrapper: Any = connection
    mode, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        wrapper.transaction_mode = mode


def _write_all(writer: Writer, progress: Callable[[str], None]) -> None:
    for model in exported_models():
        progress(f"{model._meta.verbose_name_plural}")
        writer.write(data_file(model), json_lines(model))
    progress("media")
    for name in media_names():
        writer.write(f"media/{name}", _chunks(name))
    for kind, model in (("posts", Post), ("pages", Page)):
        progress(f"{kind} as HTML and Markdown")
        _write_documents(writer, kind, model)
    progress("redirects, subscribers and the WordPress file")
    writer.write("redirects.csv", export_redirects(Redirect.objects.order_by("pk").iterator(chunk_size=1000)))
    writer.write("subscribers.csv", export_subscribers())
    writer.write("wordpress.xml", wxr_pieces())
    writer.write("README.md", [README.replace("@LEFT_OUT@", _left_out())])


def data_file(model: Any) -> str:
    """Return the name of the file with the rows of `model`."""
    return f"data/{model._meta.label_lower}.jsonl"


def media_names() -> Iterator[str]:
    """Yield the names of the files that exported rows refer to, each once."""
    seen: set[str] = set()
    for model in exported_models():
        for field in (field for field in exported_fields(model) if isinstance(field, FileField)):
            for name in rows_of(model).values_list(field.name, flat=True).iterator(chunk_size=1000):
                if name and name not in seen and default_storage.exists(name):
                    seen.add(name)
                    yield name


def _chunks(name: str) -> Iterator[bytes]:
    with default_storage.open(name) as file:
        yield from file.chunks()


def _write_documents(writer: Writer, kind: str, model: Any) -> None:
    rows = model.objects.not_trashed().order_by("pk").select_related("featured_image")
    if model is Post:
        rows = rows.select_related("author", "primary_category", "series", "featured_image")
        rows = rows.prefetch_related("categories", "tags", *FINDER_FIELDS)
    for batch in batched(rows.iterator(chunk_size=BATCH_SIZE), BATCH_SIZE):
        depth = "../" * 2
        bodies, records = plain_html(batch, f"{depth}media/"), Records(batch)
        for document, body in zip(batch, bodies, strict=True):
            # Slugs differ in more than case only by chance, and some file systems ignore case.
            name = f"{document.pk}-{document.slug}"[:120]
            writer.write(f"html/{kind}/{name}.html", [html_page(document, body)])
            writer.write(
                f"markdown/{kind}/{name}.md", [front_matter(document, records), "\n", to_markdown(document, body)]
            )


def _left_out() -> str:
    return "\n".join(f"- `{name}`: {reason}." for name, reason in LEFT_OUT.items())
