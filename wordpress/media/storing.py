"""Put one file into the library: images into the image library, anything else as a file to download."""

import hashlib
from dataclasses import dataclass
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from images.files import content_type_of, store_file
from images.missing import HEIGHT, WIDTH, placeholder_name
from images.models import Image, MediaFile
from images.uploads import process_upload

_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class StoredImage:
    """The file of an image in the storage."""

    name: str
    width: int
    height: int
    note: str = ""
    is_animation: bool = False


def digest_of(stream: IO[bytes]) -> str:
    """Return the SHA-256 hex digest of the whole stream."""
    digest = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def store_image(stream: IO[bytes], name: str) -> StoredImage:
    """Process and store an image, of an animation the first image. Raise ValidationError if it is none."""
    upload = File(stream, name=name)
    is_animation = False
    try:
        content = process_upload(upload)
    except ValidationError:
        content = process_upload(upload, is_animation_accepted=True)
        is_animation = True
    note = "an animation, of which texts show the first image" if is_animation else ""
    with Pillow.open(content) as opened:
        width, height = opened.size
    stored = f"images/{content.name}"
    if not default_storage.exists(stored):
        content.seek(0)
        stored = default_storage.save(stored, content)
    return StoredImage(stored, width, height, note, is_animation)


def is_document(stream: IO[bytes], name: str) -> bool:
    """Return whether the file is a document, recording or video, by its name and content."""
    stream.seek(0)
    kind = content_type_of(name, stream.read(_HEAD_BYTES))
    return bool(kind) and (not kind.startswith("image/") or kind in {"image/svg+xml", "image/bmp", "image/tiff"})


def store_document(stream: IO[bytes], name: str, title: str) -> tuple[MediaFile, bool]:
    """Store a file to download. Return it and whether it is new. Raise ValidationError if its type is not accepted."""
    return store_file(stream, name, title=title)


def missing_image(url: str, title: str) -> Image:
    """Return an unsaved image whose file is still to be found, and store its placeholder."""
    return Image(file=placeholder_name(), width=WIDTH, height=HEIGHT, title=title[:160], missing_url=url[:2000])
