"""The settings of a production server configured only by environment variables."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ptcomplete.security_settings import ONE_YEAR, hsts_policy

pytestmark = pytest.mark.slow

PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "SECRET_KEY_FILE": "",
    "SITE_URL": "https://example.com",
    "ALLOWED_HOSTS": "",
    "TRUSTED_PROXIES": "1",
    "EMAIL_URL": "smtps://sam:secret@mail.example.com",
    "DATABASE_URL": "sqlite:///:memory:",
}


def manage(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command with production settings, overridden by `environment`."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data)} | PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_passes_djangos_deployment_check(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert (result.returncode, result.stderr) == (0, "")


def test_production_refuses_to_start_without_a_secret_key(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", SECRET_KEY="")
    assert result.returncode == 1
    assert "Set SECRET_KEY (or SECRET_KEY_FILE) to a long random string" in result.stderr


def test_the_secret_key_can_be_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"])
    assert manage(tmp_path, "check", SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key")).returncode == 0


@pytest.mark.parametrize("url", ["", "example.com", "ftp://example.com"])
def test_production_refuses_to_start_without_a_valid_site_url(tmp_path: Path, url: str) -> None:
    result = manage(tmp_path, "check", SITE_URL=url)
    assert result.returncode == 1
    assert "Set SITE_URL" in result.stderr


def test_a_postgresql_url_configures_the_database_and_its_pool(tmp_path: Path) -> None:
    result = manage(
        tmp_path,
        *("shell", "--no-imports", "-c"),
        "from django.db import connection as c; s = c.settings_dict; print(c.vendor, s['HOST'], s['OPTIONS']['pool'])",
        DATABASE_URL="postgres://sam:secret@db.example.com:5433/clinic",
        DATABASE_POOL_SIZE="7",
    )
    assert result.stdout.startswith("postgresql db.example.com {")
    assert "'max_size': 7" in result.stdout


def test_hsts_covers_only_this_host_by_default() -> None:
    assert hsts_policy("", include_subdomains=False, preload=False) == (ONE_YEAR, False, False)
    assert hsts_policy("300", include_subdomains=True, preload=False) == (300, True, False)
    assert hsts_policy("0", include_subdomains=False, preload=False) == (0, False, False)
    assert hsts_policy(str(ONE_YEAR), include_subdomains=True, preload=True) == (ONE_YEAR, True, True)


@pytest.mark.parametrize("seconds", ["-1", "1.5", "a year", "٣"])
def test_hsts_seconds_must_be_a_whole_number(seconds: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="HSTS_SECONDS"):
        hsts_policy(seconds, include_subdomains=False, preload=False)


@pytest.mark.parametrize(("seconds", "include_subdomains"), [("", False), (str(ONE_YEAR - 1), True)])
def test_hsts_preload_needs_all_subdomains_and_one_year(seconds: str, include_subdomains: bool) -> None:
    with pytest.raises(ImproperlyConfigured, match="HSTS_PRELOAD"):
        hsts_policy(seconds, include_subdomains=include_subdomains, preload=True)


SHOW_HSTS = """
from django.conf import settings as s
print(s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)
"""


@pytest.mark.parametrize(
    ("environment", "hsts"),
    [
        ({}, "31536000 False False"),
        ({"HSTS_INCLUDE_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, "31536000 True True"),
        ({"SITE_URL": "http://example.com"}, "0 False False"),
    ],
)
def test_hsts_follows_the_environment_on_https_sites(tmp_path: Path, environment: dict[str, str], hsts: str) -> None:
    result = manage(tmp_path, "shell", "--no-imports", "-c", SHOW_HSTS, **environment)
    assert result.stdout.strip() == hsts


def test_the_name_of_the_data_folder_may_have_any_characters(tmp_path: Path) -> None:
    data = tmp_path / "a+b #c ?d %41"
    data.mkdir()
    code = "from django.conf import settings; print(settings.DATABASES['default']['NAME'])"
    environment = {name: value for name, value in PRODUCTION.items() if name != "DATABASE_URL"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "ptcomplete.settings"}
        | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == str(data / "db.sqlite3")


def test_new_data_is_private(tmp_path: Path) -> None:
    """Accounts and subscribers are in the database, so other users of the machine must not read it."""
    data = tmp_path / "data"
    database = data / "db.sqlite3"
    result = manage(data, "migrate", "contenttypes", DATABASE_URL=f"sqlite:///{database}")
    assert result.returncode == 0, result.stderr
    assert oct(data.stat().st_mode & 0o777) == "0o700"
    assert oct(database.stat().st_mode & 0o777) == "0o600"


def test_cookies_on_https_belong_to_the_host_alone(tmp_path: Path) -> None:
    show = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_PATH)"
    )
    assert manage(tmp_path, "shell", "--no-imports", "-c", show).stdout.split() == [
        "__Host-sessionid",
        "__Host-csrftoken",
        "/",
    ]
    local = manage(tmp_path, "shell", "--no-imports", "-c", show, SITE_URL="http://127.0.0.1:8000")
    assert local.stdout.split() == ["sessionid", "csrftoken", "/"]


def test_a_site_on_postgresql_starts_without_the_code_for_sqlite_being_loaded() -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgres://site@127.0.0.1:9/site",
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
    }
    command = [sys.executable, "-c", "import django; django.setup()"]
    subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=True)


def test_neither_the_web_server_nor_a_command_starts_with_settings_that_several_machines_cannot_share(
    tmp_path: Path,
) -> None:
    for command in (["check"], ["shell", "--no-imports", "-c", "import ptcomplete.wsgi"]):
        result = manage(tmp_path, *command, SEVERAL_MACHINES="1")
        assert result.returncode == 1
        assert "Several machines cannot share a SQLite database" in result.stderr
        assert "Set STORAGE_URL" in result.stderr


def test_machines_with_the_same_release_have_the_same_static_files(tmp_path: Path) -> None:
    manifests = set()
    for name in ("web1", "web2"):
        assert manage(tmp_path / name, "collectstatic", "--noinput").returncode == 0
        manifests.add((tmp_path / name / "static/staticfiles.json").read_bytes())
    assert len(manifests) == 1
