"""The log level applies to Django's messages too, and refused requests leave one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

REFUSE_AND_MISS = """
import django
django.setup()
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.utils.log import log_response
from django.http import HttpResponse
request = RequestFactory().get("/")
try:
    raise PermissionDenied("no")
except PermissionDenied as error:
    log_response("Forbidden: %s", "/", response=HttpResponse(status=403), request=request, exception=error)
log_response("Not Found: %s", "/x/", response=HttpResponse(status=404), request=request)
"""


@pytest.mark.any_database
@pytest.mark.parametrize(("level", "lines"), [("WARNING", 2), ("CRITICAL", 0)])
def test_refused_and_missing_pages_leave_a_line_each_unless_the_level_is_higher(
    tmp_path: Path, level: str, lines: int
) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "sqlite:///:memory:",
        "LOG_LEVEL": level,
    }
    command = [sys.executable, "-c", REFUSE_AND_MISS]
    ended = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert len(ended.stderr.splitlines()) == lines, ended.stderr
