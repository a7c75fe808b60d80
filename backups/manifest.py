"""The list of everything in an archive, with counts, checksums and a signature."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac

from backups.errors import BackupError

NAME = "manifest.json"
FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class File:
    """A file in an archive."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Table:
    """The number of rows of a table, and a digest of their values that does not depend on their order."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What an archive contains and which versions wrote it."""

    created_at: str
    vendor: str  # Django's name of the database: sqlite or postgresql
    versions: dict[str, str]
    migrations: list[str]
    settings: dict[str, str]
    tables: dict[str, Table]
    files: dict[str, File]


def serialize(manifest: Manifest) -> bytes:
    """Return the manifest as signed JSON.

    Encrypting takes only the public key, so anybody could make an archive. The signature takes SECRET_KEY.
    """
    content = json.dumps(asdict(manifest), ensure_ascii=False, separators=(",", ":"))
    signed = {"format": FORMAT, "signature": _signature(content), "content": content}
    return json.dumps(signed, ensure_ascii=False).encode()


def parse(data: bytes, *, is_signature_required: bool = True) -> Manifest:
    """Return the manifest in `data`. Raise BackupError if it is damaged or was signed with another key."""
    try:
        outer = json.loads(data)
        if outer["format"] != FORMAT:
            raise BackupError(f"This archive has format {outer['format']}; this release reads format {FORMAT}.")
        content = outer["content"]
        if is_signature_required and not constant_time_compare(_signature(content), outer["signature"]):
            raise BackupError(
                "The signature of this archive does not match SECRET_KEY. Set SECRET_KEY to the value of the site that "
                "made it. If you have lost that and are certain where the archive came from, pass --accept-unsigned."
            )
        return _from_json(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError("The manifest of this archive is damaged.") from error


def _signature(content: str) -> str:
    return salted_hmac("backups.manifest", content, algorithm="sha256").hexdigest()


def _from_json(fields: Mapping[str, Any]) -> Manifest:
    files = {str(name): File(int(file["size"]), str(file["sha256"])) for name, file in fields["files"].items()}
    if not all(file.size >= 0 and _SHA256.fullmatch(file.sha256) for file in files.values()):
        raise ValueError
    return Manifest(
        created_at=str(fields["created_at"]),
        vendor=str(fields["vendor"]),
        versions={str(name): str(version) for name, version in fields["versions"].items()},
        migrations=[str(name) for name in fields["migrations"]],
        settings={str(name): str(value) for name, value in fields["settings"].items()},
        tables={str(name): Table(int(table["rows"]), str(table["digest"])) for name, table in fields["tables"].items()},
        files=files,
    )
