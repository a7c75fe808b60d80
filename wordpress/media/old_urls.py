"""Where the URLs of old media files lead now, for all sizes of an image."""

from urllib.parse import unquote

from django.core.files.storage import default_storage

from images.models import Image, MediaFile
from wordpress.media.paths import originals
from wordpress.models import ImportedObject

_KINDS = (ImportedObject.Kind.IMAGE, ImportedObject.Kind.FILE)
_FOLDERS = ("wp-content/uploads/", "files/")


def media_url(path: str) -> str:
    """Return the URL here of the file that was at `path` on the old site, or ""."""
    key = _key_of(unquote(path).strip("/"))
    if not key:
        return ""
    wanted = list(originals(key))
    return _first_url({record.key: record for record in _records(key__in=wanted)}, wanted)


def attachment_url(post_id: str) -> str:
    """Return the URL here of the file of an attachment by its WordPress ID, or ""."""
    key = f"#{post_id.lstrip('0')}"
    return _first_url({record.key: record for record in _records(key=key)}, [key])


def _key_of(path: str) -> str:
    for folder in _FOLDERS:
        _, found, below = f"/{path}".partition(f"/{folder}")
        if found and below:
            if below.startswith("sites/") and below.count("/") > 1:
                below = below.split("/", 2)[2]
            return below
    return ""


def _records(**lookup: object) -> list[ImportedObject]:
    return list(ImportedObject.objects.filter(kind__in=_KINDS, **lookup).order_by("-pk"))


def _first_url(records: dict[str, ImportedObject], keys: list[str]) -> str:
    for key in keys:
        record = records.get(key)
        if record is None:
            continue
        is_file = record.kind == ImportedObject.Kind.FILE
        rows = MediaFile.objects.all() if is_file else Image.objects.with_file()
        if name := rows.filter(pk=record.object_id).values_list("file", flat=True).first():
            return default_storage.url(name)
    return ""
