"""A locked SQLite database does no lasting harm, and /healthz reports what visitors get."""

import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ptcomplete import views
from tests.operations.log_lines import collect_lines

pytestmark = pytest.mark.django_db


READ_FEATURE = """
import django
django.setup()
from django.db import connection
connection.settings_dict["OPTIONS"]["timeout"] = 0.1
print(connection.features.supports_json_field, connection.features.has_json_object_function)
"""


@pytest.mark.any_database
def test_a_lock_during_the_first_page_does_not_disable_json_fields(tmp_path: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
    }
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as writer:
        # The mode that the site's connections set, which would wait for the lock otherwise.
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("BEGIN IMMEDIATE")
        command = [sys.executable, "-c", READ_FEATURE]
        ended = subprocess.run(
            command,
            cwd=django_settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.stdout == "True True\n", ended.stderr


def test_health_is_ok(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_health_reports_a_database_that_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise DatabaseError("locked")

    monkeypatch.setattr(MigrationExecutor, "migration_plan", fail)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "no database"})


def test_a_failing_probe_leaves_one_line_in_the_log(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "home", lambda request: 1 / 0)
    with collect_lines("line", logging.INFO) as output:
        assert client.get("/healthz").status_code == 503
    [line] = output.getvalue().splitlines()
    assert "Not healthy (no pages): ZeroDivisionError in tests/test_health.py, line " in line


@pytest.mark.any_database
def test_the_sign_of_life_needs_no_known_host_and_no_database(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    with collect_lines("line", logging.INFO) as output, CaptureQueriesContext(connection) as queries:
        response = client.get("/livez", headers={"Host": "127.0.0.1:8000"})
    assert (response.status_code, response.content, len(queries)) == (200, b"alive\n", 0)
    assert output.getvalue() == ""


def test_health_reports_pending_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *args: ["pending"])
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "migrations pending"})


def test_health_reports_pages_that_cannot_be_rendered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "render", lambda *args, **kwargs: 1 / 0)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "no pages"})
