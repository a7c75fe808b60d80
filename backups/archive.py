"""Write and read archives: a tar file, encrypted with age, of any size in little memory.

Nothing in an archive is compressed, so its contents cannot be larger than itself. Images and videos are compressed
already.
"""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import pyrage
from django.core.files.base import File as DjangoFile

from backups import manifest as manifests
from backups.errors import BackupError
from backups.manifest import File, Manifest
from backups.media import Opener

CHUNK_BYTES = 1024 * 1024
MAX_MANIFEST_BYTES = 256 * 1024 * 1024
_MODE = 0o644

type Recipient = pyrage.x25519.Recipient | pyrage.ssh.Recipient
type Identity = pyrage.x25519.Identity | pyrage.ssh.Identity


class _ChunkReader(io.RawIOBase):
    """A file made of chunks that are produced while it is read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._buffer:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._buffer = memoryview(chunk)
        count = min(len(buffer), len(self._buffer))
        buffer[:count] = self._buffer[:count]
        self._buffer = self._buffer[count:]
        return count


def write(
    path: Path,
    members: Iterable[tuple[str, Opener]],
    finish: Callable[[Mapping[str, File]], Manifest],
    recipients: Sequence[Recipient],
) -> str:
    """Write `members`, pairs of a name and what opens its file, to an archive at `path`. Return the archive's SHA-256.

    `finish` receives the sizes and checksums of what was written and returns the manifest. It is the last member, so an
    archive with a manifest is complete. A file that has been deleted since it was listed is left out.
    """
    digest = hashlib.sha256()
    try:
        # Backups contain everything, so only the owner of the process may read even the encrypted file.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            reader = _ChunkReader(_tar(members, finish))
            pyrage.encrypt_io(reader, _HashingWriter(output, digest), recipients)
            output.flush()
            os.fsync(output.fileno())
    except pyrage.EncryptError as error:
        raise BackupError(f"The archive could not be written: {str(error).removeprefix('BackupError: ')}") from error
    return digest.hexdigest()


class _HashingWriter(io.RawIOBase):
    def __init__(self, output: IO[bytes], digest: "hashlib._Hash") -> None:
        self._output = output
        self._digest = digest

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._digest.update(data)
        return self._output.write(data)


def _tar(members: Iterable[tuple[str, Opener]], finish: Callable[[Mapping[str, File]], Manifest]) -> Iterator[bytes]:
    files: dict[str, File] = {}
    for name, open_member in members:
        try:
            opened = open_member()
        except FileNotFoundError:
            continue
        with opened as source:
            source.seek(0, os.SEEK_END)
            size = source.tell()
            source.seek(0)
            yield _header(name, size)
            digest = hashlib.sha256()
            for chunk in _exactly(source, size, name):
                digest.update(chunk)
                yield chunk
            yield _padding(size)
            files[name] = File(size, digest.hexdigest())
    data = manifests.serialize(finish(files))
    yield _header(manifests.NAME, len(data))
    yield data
    yield _padding(len(data))
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, _MODE
    return member.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _exactly(source: "IO[bytes] | DjangoFile[bytes]", size: int, name: str) -> Iterator[bytes]:
    """Yield `size` bytes. A file that grows is cut there; one that shrinks would damage the archive."""
    while size:
        chunk = source.read(min(CHUNK_BYTES, size))
        if not chunk:
            raise BackupError(f"{name} shrank while it was being read. Run the backup again.")
        size -= len(chunk)
        yield chunk


def decrypt(path: Path, destination: Path, identities: Sequence[Identity]) -> None:
    """Decrypt the archive at `path` into a tar file. Raise BackupError if a single bit has changed."""
    descriptor = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with path.open("rb") as source, os.fdopen(descriptor, "wb") as output:
            pyrage.decrypt_io(source, output, identities)
    except pyrage.DecryptError as error:
        raise BackupError(
            f"{path.name} cannot be decrypted: it is damaged, incomplete, or was encrypted for another key ({error})."
        ) from error
    except OSError as error:
        # pyrage raises a plain OSError for a damaged part; those of the system have a number.
        if error.errno is None:
            raise BackupError(f"{path.name} is damaged or incomplete ({error}).") from error
        raise


def read_manifest(tar_path: Path, *, is_signature_required: bool = True) -> Manifest:
    """Return the manifest of a decrypted archive after checking the list of its members against it."""
    with _reading(tar_path) as tar:
        members = tar.getmembers()
        names = [member.name for member in members]
        if not members or names[-1] != manifests.NAME or members[-1].size > MAX_MANIFEST_BYTES:
            raise BackupError("The archive has no manifest at its end: it is incomplete or not a backup of this site.")
        for member in members:
            _check_member(member)
        manifest = manifests.parse(_read(tar, members[-1]), is_signature_required=is_signature_required)
    if len(set(names)) != len(names) or set(names[:-1]) != set(manifest.files):
        raise BackupError("The files in the archive do not match its manifest.")
    return manifest


def extract(tar_path: Path, manifest: Manifest, folder: Path) -> None:
    """Extract a decrypted archive into the new folder `folder`. Raise BackupError if a checksum differs."""
    with _reading(tar_path) as tar:
        for member in tar:
            _check_member(member)
            if member.name == manifests.NAME:
                continue
            expected = manifest.files.get(member.name)
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            if source is None or expected is None:
                raise BackupError(f"{member.name} in the archive is not in its manifest.")
            with source, path.open("xb") as output:
                # Whatever the umask is, a reverse proxy must be able to read uploads.
                os.fchmod(output.fileno(), _MODE)
                shutil.copyfileobj(source, output, CHUNK_BYTES)
                output.flush()
                os.fsync(output.fileno())
            if sha256(path) != expected.sha256 or path.stat().st_size != expected.size:
                raise BackupError(f"{member.name} in the archive does not match its checksum in the manifest.")


@contextmanager
def _reading(tar_path: Path) -> Iterator[tarfile.TarFile]:
    """Open the tar file. Any problem with its headers raises BackupError."""
    try:
        with tarfile.open(tar_path, "r:") as tar:
            yield tar
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise BackupError(f"The decrypted archive is not a complete tar file ({error}).") from error


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = tar.extractfile(member)
    return source.read() if source else b""


def _check_member(member: tarfile.TarInfo) -> None:
    """Raise BackupError unless `member` is a regular file inside the folder it is extracted into."""
    path = PurePosixPath(member.name)
    is_plain = member.isreg() and not member.issparse()
    is_below = not path.is_absolute() and ".." not in path.parts and "\\" not in member.name and "\0" not in member.name
    if not is_plain or not is_below or path.as_posix() != member.name:
        raise BackupError(f"The archive contains “{member.name}”, which is not a regular file inside the archive.")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
