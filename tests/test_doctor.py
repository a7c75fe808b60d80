"""Health checks take no longer than they may, and are shown by a command, on a page and on the dashboard."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from contact.models import ContactSettings, Message
from operations.findings import Finding, ok
from operations.models import JobFailure
from ptcomplete.health import runner
from ptcomplete.health.checks import CHECKS
from ptcomplete.health.findings import Check
from tests.accounts.staff import make_staff, sign_in
from tests.factories import make_post, make_worker_process

pytestmark = pytest.mark.django_db


def make_message() -> Message:
    return Message.objects.create(
        name="Ann", email="ann@example.org", subject="Hello", body="A question.", submission=uuid4()
    )


def test_a_check_that_hangs_does_not_delay_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TIMEOUT", 0.3)

    def sleep() -> Finding:
        time.sleep(5)
        return ok("never")

    checks = (
        Check("Slow", sleep, is_remote=True, needs_database=False),
        Check("Broken", lambda: ok(str(1 / 0)), needs_database=False),
        Check("Fine", lambda: ok("Fine.")),
    )
    started_at = time.monotonic()
    results = {result.check.name: result.finding for result in runner.run_checks(checks)}
    assert time.monotonic() - started_at < 3
    assert list(results) == ["Broken", "Slow", "Fine"]
    assert results["Slow"].message == "No answer within 0 seconds."
    assert results["Broken"].message.startswith("The check failed with ZeroDivisionError in tests/test_doctor.py")


def test_a_slow_query_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TIMEOUT", 0.3)

    def count_forever() -> Finding:
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000) "
                "SELECT count(*) FROM n"
            )
        return ok("never")

    started_at = time.monotonic()
    [result] = runner.run_checks([Check("Slow", count_forever)])
    assert time.monotonic() - started_at < 5
    assert result.finding.message == "The database took more than 0 seconds."
    # The connection can be used, and for longer than before.
    assert Message.objects.count() == 0


def test_the_number_of_queries_is_constant() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            runner.run_checks()
        return len(captured)

    make_worker_process()
    make_message()
    queries()  # caches content types
    before = queries()
    for _ in range(12):
        make_worker_process()
        make_message()
        make_post()
        JobFailure.objects.record(str(uuid4()), "OSError")
    assert queries() == before


# ---- Where they are shown ----


def run_doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "doctor", *arguments]
    return subprocess.run(
        command,
        cwd=django_settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.any_database
def test_doctor_reports_a_database_that_is_gone(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgres://site:secret-word@127.0.0.1:{unused.getsockname()[1]}/site"
        ended = run_doctor(DATABASE_URL=url, DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="ptcomplete.settings")
    assert ended.returncode == 1
    first = ended.stdout.splitlines()[0]
    assert first.startswith("Error    Database: The database does not answer: ")
    assert "secret-word" not in ended.stdout + ended.stderr
    # What needs no database is still checked, and what does is left out.
    assert "Disk space" in ended.stdout
    assert "Worker" not in ended.stdout
    assert "Traceback" not in ended.stderr


def test_doctor_prints_json_and_fails_only_on_errors(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert ended.value.code == 1
    rows = json.loads(capsys.readouterr().out)
    assert [row["check"] for row in rows if row["level"] == "error"] == ["Worker"]
    assert {row["check"] for row in rows} == {check.name for check in CHECKS}
    make_worker_process()
    call_command("doctor")
    assert "Worker: A worker is running." in capsys.readouterr().out


def test_owners_see_all_checks_on_one_page(admin_client: Client) -> None:
    page = admin_client.get("/admin/health/").content.decode()
    assert "No worker is running." in page
    assert "Start it with “manage.py worker”" in page
    assert [check.name for check in CHECKS if check.name not in page] == []
    assert "/admin/health/" in admin_client.get("/admin/").content.decode()


def test_others_do_not_see_the_page_or_the_line_on_the_dashboard() -> None:
    user = make_staff()
    user.set_role("editor")
    user.save()
    client = sign_in(user)
    assert client.get("/admin/health/").status_code == 403
    dashboard = client.get("/admin/").content.decode()
    assert "No worker is running." not in dashboard
    assert "/admin/health/" not in dashboard


def test_the_dashboard_has_one_line_about_problems(admin_client: Client, settings: Settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    ContactSettings.objects.create(notify_email="tera@example.org")
    dashboard = admin_client.get("/admin/").content.decode()
    assert "<b>No worker is running.</b>" in dashboard
    JobFailure.objects.record("queued emails", "OSError")
    dashboard = admin_client.get("/admin/").content.decode()
    assert "<b>Site health: 2 problems</b>" in dashboard
    assert dashboard.count("No worker is running.") == 1
