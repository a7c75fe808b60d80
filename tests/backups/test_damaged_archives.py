"""A damaged, forged or foreign archive is refused before anything is changed."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from backups import archive, manifest, restoring
from backups.errors import BackupError
from backups.keys import read_identities
from backups.manifest import File, Manifest
from blog.models import Post
from tests.factories import make_image, make_post


def flip_first_byte(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def flip_byte_in_the_middle(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def flip_last_byte(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def cut_in_half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def cut_last_byte(data: bytes) -> bytes:
    return data[:-1]


def cut_at_a_part(data: bytes) -> bytes:
    """Cut where age's encrypted parts of 64 KiB meet, after the header."""
    header = data.index(b"\n---") + 1
    start = data.index(b"\n", header) + 1 + 16
    return data[: start + 65536 + 16]


def append(data: bytes) -> bytes:
    return data + b"more"


def replace_all(data: bytes) -> bytes:
    return b"PK\x03\x04" * 1000


def empty(data: bytes) -> bytes:
    return b""


@pytest.mark.django_db(transaction=True)
def test_a_damaged_archive_is_refused_and_the_present_data_stays(identity: Path, media_root: Path) -> None:
    make_post(title="Before", featured_image=make_image())
    call_command("backup", stdout=io.StringIO())
    target = next(identity.parent.glob("target/*"))
    original = target.read_bytes()
    Post.objects.update(title="Present")
    uploads = {path: path.read_bytes() for path in media_root.rglob("*") if path.is_file()}
    ways: tuple[Callable[[bytes], bytes], ...] = (
        *(flip_first_byte, flip_byte_in_the_middle, flip_last_byte, cut_in_half, cut_last_byte, cut_at_a_part),
        *(append, replace_all, empty),
    )
    for damage in ways:
        assert damage(original) != original
        target.write_bytes(damage(original))
        with pytest.raises(CommandError, match="The current data was not changed"):
            call_command("restore", str(target), identity=identity, yes=True)
        assert Post.objects.get().title == "Present", damage
    assert {path: path.read_bytes() for path in media_root.rglob("*") if path.is_file()} == uploads
    assert not list(media_root.parent.glob("unfinished-*"))
    assert not list(media_root.parent.glob("before-restore-*"))


@pytest.mark.django_db(transaction=True)
def test_the_key_of_another_person_does_not_open_it(tmp_path: Path) -> None:
    make_post()
    call_command("backup", stdout=io.StringIO())
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(CommandError, match="encrypted for another key"):
        call_command("verify_backup", identity=other)


DATABASE = b"SQLite format 3"


def member(name: str, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = len(DATABASE)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def forge(path: Path, members: list[tarfile.TarInfo], settings: Settings, *, files: dict[str, File]) -> None:
    """Write an archive as anyone with the public key could, with a manifest that fits."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for info in members:
            tar.addfile(info, io.BytesIO(DATABASE) if info.isreg() else None)
        data = manifest.serialize(Manifest("2026-11-30", "sqlite", {}, [], {}, {}, files))
        tar.addfile(member(manifest.NAME, size=len(data)), io.BytesIO(data))
    recipients = [pyrage.x25519.Recipient.from_str(key) for key in settings.BACKUP_RECIPIENTS]
    path.write_bytes(pyrage.encrypt(plain.getvalue(), recipients))


def file(data: bytes = DATABASE) -> File:
    import hashlib

    return File(len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    "info",
    [
        member("../outside"),
        member("media/../../outside"),
        member("/tmp/outside"),
        member("media//twice"),
        member("media/./here"),
        member("media\\..\\outside"),
        member("media/link", type=tarfile.SYMTYPE, linkname="../../outside", size=0),
        member("media/hard", type=tarfile.LNKTYPE, linkname="/etc/passwd", size=0),
        member("media/device", type=tarfile.CHRTYPE, size=0),
        member("media/pipe", type=tarfile.FIFOTYPE, size=0),
        member("media", type=tarfile.DIRTYPE, size=0),
        member("media/sparse", pax_headers={"GNU.sparse.size": "99999999999", "GNU.sparse.map": "0,1"}),
    ],
    ids=lambda info: repr(info.name),
)
def test_only_plain_files_inside_the_archive_are_extracted(
    info: tarfile.TarInfo, tmp_path: Path, identity: Path, settings: Settings, media_root: Path
) -> None:
    path = tmp_path / "forged.tar.age"
    forge(path, [member("database.sqlite3"), info], settings, files={"database.sqlite3": file(), info.name: file()})
    with (
        pytest.raises(BackupError, match=r"not a regular file"),
        restoring.open_backup(str(path), read_identities(identity)),
    ):
        pass
    assert not (media_root.parent / "outside").exists()
    assert not list(media_root.parent.glob("unfinished-*"))


@pytest.mark.parametrize(
    ("members", "files"),
    [
        (["database.sqlite3"], ["database.sqlite3", "media/missing"]),
        (["database.sqlite3", "media/extra"], ["database.sqlite3"]),
        (["database.sqlite3", "database.sqlite3"], ["database.sqlite3"]),
    ],
    ids=["missing", "extra", "twice"],
)
def test_the_manifest_lists_exactly_what_is_there(
    members: list[str], files: list[str], tmp_path: Path, identity: Path, settings: Settings
) -> None:
    path = tmp_path / "forged.tar.age"
    forge(path, [member(name) for name in members], settings, files={name: file() for name in files})
    with (
        pytest.raises(BackupError, match="do not match its manifest"),
        restoring.open_backup(str(path), read_identities(identity)),
    ):
        pass


def test_a_member_that_claims_to_be_larger_than_the_archive_is_refused(
    tmp_path: Path, identity: Path, settings: Settings
) -> None:
    header = member("media/bomb", size=8 * 1024**4).tobuf(tarfile.PAX_FORMAT)
    recipients = [pyrage.x25519.Recipient.from_str(key) for key in settings.BACKUP_RECIPIENTS]
    path = tmp_path / "bomb.tar.age"
    path.write_bytes(pyrage.encrypt(header + bytes(4096), recipients))
    with pytest.raises(BackupError), restoring.open_backup(str(path), read_identities(identity)):
        pass


def test_a_wrong_checksum_is_refused(tmp_path: Path, identity: Path, settings: Settings) -> None:
    path = tmp_path / "forged.tar.age"
    files = {"database.sqlite3": file(b"something else!")}
    forge(path, [member("database.sqlite3")], settings, files=files)
    tar_path = tmp_path / "archive.tar"
    archive.decrypt(path, tar_path, read_identities(identity))
    with pytest.raises(BackupError, match="checksum"):
        archive.extract(tar_path, archive.read_manifest(tar_path), tmp_path / "contents")


def test_an_archive_without_a_signature_of_this_site_is_refused(
    tmp_path: Path, identity: Path, settings: Settings
) -> None:
    path = tmp_path / "forged.tar.age"
    own, settings.SECRET_KEY = settings.SECRET_KEY, "guessed by a thief"
    forge(path, [member("database.sqlite3")], settings, files={"database.sqlite3": file()})
    settings.SECRET_KEY = own
    with pytest.raises(BackupError, match="signature"), restoring.open_backup(str(path), read_identities(identity)):
        pass
