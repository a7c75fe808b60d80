"""An import whose process is killed halfway, and then run again."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from newsletter.models import ConsentEvent, Subscriber, Suppression

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 3000


def test_a_killed_import_can_be_run_again(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    statuses = ("active,2024-05-01", "unsubscribed,", "active,")
    lines = [f"reader{number}@example.org,{statuses[number % 3]}" for number in range(COUNT)]
    file.write_text("\n".join(["email,status,confirmed_at", *lines]))
    arguments = ["newsletter_import", str(file), "--source", "Our old list"]
    with subprocess.Popen(
        [sys.executable, "manage.py", *arguments], env=_environment(tmp_path), cwd=settings.BASE_DIR
    ) as process:
        deadline = time.monotonic() + 60
        while not Subscriber.objects.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    assert 0 < Subscriber.objects.count() < COUNT
    call_command(*arguments)
    assert Subscriber.objects.count() == COUNT
    assert Subscriber.objects.filter(status="active").count() == COUNT // 3
    assert Subscriber.objects.filter(status="pending").count() == COUNT // 3
    assert Suppression.objects.filter(reason="unsubscribed").count() == COUNT // 3
    # One proof of consent for each person, neither lost nor written twice.
    events = ConsentEvent.objects.filter(kind=ConsentEvent.Kind.IMPORTED)
    assert events.count() == events.values("subscriber").distinct().count() == COUNT


def _environment(folder: Path) -> dict[str, str]:
    database = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database}"
    else:
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "SITE_URL": settings.SITE_URL,
        "EMAIL_URL": "",
        "LOG_LEVEL": "CRITICAL",
    }
