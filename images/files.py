"""Files of the library that visitors download: check their type by content, and store each content once."""

import hashlib
import re
from pathlib import PurePath
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from images.models import MediaFile, title_from_filename
from plaintext.slugs import slugify

MAX_BYTES = 2 * 1024**3
_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 4096
_ZIP, _OLE = rb"PK\x03\x04", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EBML, _OGG, _MP4 = rb"\x1a\x45\xdf\xa3", rb"OggS", rb".{4}(?:ftyp|moov|mdat|wide|free|skip)"
_TEXT = rb"(?s)(?![^\n]*<(?:!doctype|html|script|svg|\?))[^\x00]*\Z"
_OFFICE = "application/vnd.openxmlformats-officedocument"
# By extension: the type, and how the content starts. HTML and scripts are missing on purpose.
_TYPES: dict[str, tuple[str, bytes]] = {
    "pdf": ("application/pdf", rb".{0,1000}%PDF-"),
    "doc": ("application/msword", _OLE + rb"|\{\\rtf"),
    "xls": ("application/vnd.ms-excel", _OLE),
    "ppt": ("application/vnd.ms-powerpoint", _OLE),
    "pps": ("application/vnd.ms-powerpoint", _OLE),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "pptx": (f"{_OFFICE}.presentationml.presentation", _ZIP),
    "ppsx": (f"{_OFFICE}.presentationml.slideshow", _ZIP),
    "odt": ("application/vnd.oasis.opendocument.text", _ZIP),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    "odp": ("application/vnd.oasis.opendocument.presentation", _ZIP),
    "epub": ("application/epub+zip", _ZIP),
    "zip": ("application/zip", _ZIP),
    "pages": ("application/octet-stream", _ZIP),
    "key": ("application/octet-stream", _ZIP),
    "rtf": ("application/rtf", rb"\{\\rtf"),
    "txt": ("text/plain", _TEXT),
    "csv": ("text/csv", _TEXT),
    "ics": ("text/calendar", rb"\s*BEGIN:VCALENDAR"),
    "vtt": ("text/vtt", rb"(?:\xef\xbb\xbf)?WEBVTT"),
    "srt": ("application/x-subrip", _TEXT),
    "mp3": ("audio/mpeg", rb"ID3|\xff[\xe2-\xff]|\x00{0,2000}\xff[\xe2-\xff]"),
    "m4a": ("audio/mp4", _MP4),
    "m4b": ("audio/mp4", _MP4),
    "aac": ("audio/aac", rb"\xff[\xf0-\xff]|ID3"),
    "oga": ("audio/ogg", _OGG),
    "ogg": ("audio/ogg", _OGG),
    "opus": ("audio/ogg", _OGG),
    "wav": ("audio/wav", rb"RIFF.{4}WAVE"),
    "flac": ("audio/flac", rb"fLaC"),
    "wma": ("audio/x-ms-wma", rb"\x30\x26\xb2\x75"),
    "mid": ("audio/midi", rb"MThd"),
    "mp4": ("video/mp4", _MP4),
    "m4v": ("video/mp4", _MP4),
    "mov": ("video/quicktime", _MP4),
    "3gp": ("video/3gpp", _MP4),
    "ogv": ("video/ogg", _OGG),
    "webm": ("video/webm", _EBML),
    "mkv": ("video/x-matroska", _EBML),
    "avi": ("video/x-msvideo", rb"RIFF.{4}AVI "),
    "wmv": ("video/x-ms-wmv", rb"\x30\x26\xb2\x75"),
    "mpg": ("video/mpeg", rb"\x00\x00\x01[\xb3\xba]"),
    "mpeg": ("video/mpeg", rb"\x00\x00\x01[\xb3\xba]"),
    "gif": ("image/gif", rb"GIF8"),
    "bmp": ("image/bmp", rb"BM"),
    "tif": ("image/tiff", rb"II\*\x00|MM\x00\*"),
    "tiff": ("image/tiff", rb"II\*\x00|MM\x00\*"),
    # Drawings can contain scripts, so they are stored under a name that no server and no browser shows.
    "svg": ("image/svg+xml", rb"(?s)\s*(?:\xef\xbb\xbf)?(?:<\?xml|<!--|<!DOCTYPE svg|<svg)"),
}
_NEVER_SHOWN = {"image/svg+xml": ".bin"}


def content_type_of(name: str, head: bytes) -> str:
    """Return the type of a file by its name and its first bytes, or "" if they do not match or it is not accepted."""
    kind, start = _TYPES.get(PurePath(name).suffix.lower().lstrip("."), ("", b""))
    return kind if kind and re.match(start, head, re.DOTALL) else ""


def is_known_extension(name: str) -> bool:
    """Return whether the library stores files with the extension of `name`, if their content matches."""
    return PurePath(name).suffix.lower().lstrip(".") in _TYPES


def store_file(stream: IO[bytes], name: str, *, title: str = "") -> tuple[MediaFile, bool]:
    """Return the library's file with the content of `stream`, which must be seekable, and whether it is new.

    Raise ValidationError if the content does not match the name, or if its type is not accepted.
    """
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    kind = content_type_of(name, head)
    if not kind:
        raise ValidationError(f"“{name}” is not a document, recording or video, or its content is of another type.")
    stream.seek(0)
    while block := stream.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
    key = digest.hexdigest()
    if known := MediaFile.objects.filter(digest=key).first():
        return known, False
    path = PurePath(name)
    stem = slugify(path.stem, 60, ascii_only=True) or "file"
    stored_name = f"files/{stem}-{key[:12]}{path.suffix.lower()}{_NEVER_SHOWN.get(kind, '')}"
    stream.seek(0)
    # A process that was killed may have stored the file already.
    saved = stored_name if default_storage.exists(stored_name) else default_storage.save(stored_name, File(stream))
    fields = {"name": path.name[-200:], "title": title[:200], "content_type": kind, "size": size, "file": saved}
    try:
        with transaction.atomic():
            return MediaFile.objects.create(
                digest=key, **fields | {"title": title[:200] or title_from_filename(name)}
            ), True
    except IntegrityError:
        return MediaFile.objects.get(digest=key), False
