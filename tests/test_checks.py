"""Settings that do not work together are refused with a sentence, by commands and by the web server."""

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from ptcomplete.checks import check_database, check_several_machines, refuse_unsupported_settings

POSTGRES = {"ENGINE": "django.db.backends.postgresql", "NAME": "clinic", "HOST": "10.0.0.5", "OPTIONS": {}}


@pytest.fixture
def machines(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings that several machines can share."""
    settings.SEVERAL_MACHINES = True
    # Without a signal to Django's connections, which stay as they are.
    monkeypatch.setattr(django_settings, "DATABASES", {"default": POSTGRES})
    settings.STORAGE_URL = "s3://key:secret@bucket/site?endpoint_url=http://10.0.0.6:9000"
    settings.CACHE_URL = "redis://10.0.0.7:6379/0"
    settings.BACKUP_URL = "s3://key:secret@backups"
    return settings


def test_shared_servers_are_accepted(machines: Settings) -> None:
    refuse_unsupported_settings()
    machines.CACHE_URL = machines.BACKUP_URL = ""
    machines.STORAGE_URL = "s3://bucket"  # of Amazon
    refuse_unsupported_settings()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}}, "share a SQLite database"),
        ("DATABASES", {"default": POSTGRES | {"HOST": "localhost"}}, "DATABASE_URL names a server on this machine"),
        ("DATABASES", {"default": POSTGRES | {"HOST": "/run/postgresql"}}, "DATABASE_URL names a server on this"),
        ("STORAGE_URL", "", "Set STORAGE_URL"),
        ("STORAGE_URL", "s3://k:secret@b?endpoint_url=http://127.0.0.1:9000", "STORAGE_URL names a server on this"),
        ("CACHE_URL", "redis://localhost:6379/0", "CACHE_URL names a server on this machine"),
        ("CACHE_URL", "unix:///run/valkey.sock", "CACHE_URL names a server on this machine"),
        ("BACKUP_URL", "/srv/backups", "Set BACKUP_URL to a bucket"),
    ],
)
def test_what_each_machine_would_have_for_itself_is_refused(
    machines: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: object, expected: str
) -> None:
    if name == "DATABASES":
        monkeypatch.setattr(django_settings, name, value)
    else:
        # The other fixture may end first, and would then leave its value to the tests that follow.
        setattr(machines, name, value)
    (message,) = check_several_machines()
    assert expected in message.msg
    assert "secret" not in message.msg
    with pytest.raises(ImproperlyConfigured, match="ptcomplete.E00"):
        refuse_unsupported_settings()
    machines.SEVERAL_MACHINES = False
    refuse_unsupported_settings()


def test_other_databases_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_database() == []
    mysql = {"ENGINE": "django.db.backends.mysql", "NAME": "clinic"}
    monkeypatch.setattr(django_settings, "DATABASES", {"default": mysql})
    assert [message.id for message in check_database()] == ["ptcomplete.E001"]
