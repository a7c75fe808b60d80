"""Uploads are stored completely or not at all, and a full disk does not mark an image as broken."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from images.models import Image
from images.storage import WholeFileStorage
from images.tasks import create_missing_renditions
from tests.factories import make_image


class InterruptedFile(ContentFile):
    """A file that raises while it is read, as if the process had been interrupted."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt


def test_an_interrupted_write_leaves_no_file(media_root: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        default_storage.save("a/image.webp", InterruptedFile(b"whole"))
    assert not default_storage.exists("a/image.webp")


def test_if_the_name_exists_another_one_is_used(media_root: Path) -> None:
    assert default_storage.save("a.txt", ContentFile(b"1")) == "a.txt"
    second = WholeFileStorage()._save("a.txt", ContentFile(b"2"))
    assert second != "a.txt"
    assert default_storage.open("a.txt").read() == b"1"
    assert [path.suffix for path in media_root.iterdir()] == [".txt", ".txt"]


@pytest.mark.django_db
def test_a_full_disk_does_not_mark_an_image_as_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    make_image()

    def full(self: object, name: str, content: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(WholeFileStorage, "_save", full)
        with pytest.raises(OSError, match="No space left"):
            create_missing_renditions()
    assert create_missing_renditions() == 1
    assert Image.objects.get().has_renditions


def test_a_full_disk_leaves_no_part_of_an_upload(media_root: Path) -> None:
    class Upload(ContentFile):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"the first half"
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        default_storage.save("images/photo.jpg", Upload(b"x"))
    assert [path for path in media_root.rglob("*") if path.is_file()] == []
