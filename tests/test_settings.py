"""The settings, as a machine sees them that has nothing but environment variables."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "SECRET_KEY_FILE": "",
    "SITE_URL": "https://example.com",
    "ALLOWED_HOSTS": "",
    "BEHIND_PROXY": "1",
    "EMAIL_URL": "smtps://sam:secret@mail.example.com",
    "DATABASE_URL": "sqlite:///:memory:",
}


def manage(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command with production's values, `environment` in their place where it says so."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data)} | PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_passes_djangos_deployment_check(tmp_path: Path) -> None:
    checked = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_production_refuses_to_start_without_a_secret_key(tmp_path: Path) -> None:
    refused = manage(tmp_path, "check", SECRET_KEY="")
    assert refused.returncode == 1
    assert "Set SECRET_KEY (or SECRET_KEY_FILE) to a long random text" in refused.stderr


def test_the_secret_key_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"])
    assert manage(tmp_path, "check", SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key")).returncode == 0


@pytest.mark.parametrize("address", ["", "example.com", "ftp://example.com"])
def test_production_refuses_to_start_without_its_address(tmp_path: Path, address: str) -> None:
    refused = manage(tmp_path, "check", SITE_URL=address)
    assert refused.returncode == 1
    assert "Set SITE_URL" in refused.stderr


def test_a_postgresql_address_is_understood(tmp_path: Path) -> None:
    shown = manage(
        tmp_path,
        *("shell", "--no-imports", "-c"),
        "from django.db import connection as c; print(c.vendor, c.settings_dict['HOST'], c.settings_dict['OPTIONS'])",
        DATABASE_URL="postgres://sam:secret@db.example.com:5433/clinic",
    )
    assert shown.stdout.strip() == "postgresql db.example.com {'pool': {'min_size': 1, 'max_size': 24}}"
