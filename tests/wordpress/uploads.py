"""Create an uploads folder for an export: an image or a file for every attachment and every URL in a text."""

import hashlib
import io
import re
import wave
import zipfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image as Pillow

from wordpress.media.catalog import Catalog
from wordpress.media.paths import parse_media_url
from wordpress.reader import read_export
from wordpress.source_site import SourceSite

_URL = re.compile(
    r"""https?://[^\s"'<>\\()]+\.(?:jpe?g|png|gif|webp|pdf|mp3|mp4|svg|wav|ogg|mov|m4v)\b""", re.IGNORECASE
)
_FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP"}


def image_bytes(seed: str, extension: str = "jpg", size: tuple[int, int] = (120, 80)) -> bytes:
    """Return an image whose colors follow from `seed`, so that two seeds never make the same file."""
    digest = hashlib.sha256(seed.encode()).digest()
    canvas = Pillow.new("RGB", size, tuple(digest[:3]))
    canvas.paste(tuple(digest[3:6]), (10, 10, size[0] // 2, size[1] // 2))
    output = io.BytesIO()
    canvas.save(output, _FORMATS[extension.lower()])
    return output.getvalue()


def file_bytes(name: str) -> bytes:
    """Return the content of a file whose type follows from its name."""
    extension = name.rpartition(".")[2].lower()
    if extension in _FORMATS:
        return image_bytes(name, extension)
    output = io.BytesIO()
    if extension == "wav":
        with wave.open(output, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(1)
            sound.setframerate(8000)
            sound.writeframes(name.encode())
        return output.getvalue()
    starts = {
        "pdf": b"%PDF-1.4\n",
        "mp3": b"ID3\x03\x00\x00\x00",
        "ogg": b"OggS\x00",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script>',
    }
    return starts.get(extension, b"\x00\x00\x00\x18ftypmp42") + name.encode()


def wanted_paths(exports: Iterable[Path]) -> set[str]:
    """Return the paths below the uploads folder of the attachments, and of the files in the texts, of `exports`."""
    paths: set[str] = set()
    for path in exports:
        export = read_export(path)
        site = SourceSite(export)
        catalog = Catalog(site)
        catalog.add_all(export.items("attachment"))
        paths |= {attachment.key for attachment in catalog.by_id.values()}
        for item in export.items():
            for url in _URL.findall(item.body):
                place = parse_media_url(url, site)
                if place and not catalog.find(place):
                    paths.add(place.path or place.key)
    return paths


def write_uploads(folder: Path, paths: Iterable[str]) -> Path:
    """Write a file for each path below `folder`/uploads, and return that folder."""
    uploads = folder / "uploads"
    for name in paths:
        target = uploads / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file_bytes(name))
    return uploads


def write_zip(path: Path, paths: Iterable[str], prefix: str = "wp-content/uploads/") -> Path:
    """Write a ZIP archive with a file for each path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in paths:
            archive.writestr(prefix + name, file_bytes(name))
    return path
