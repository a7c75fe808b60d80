"""A mail server and workers in processes of their own, on the database of whoever asks; what is kept and what was taken."""

import json
import os
import smtplib
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone

from newsletter.delivery.materialize import prepare
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber
from newsletter.subscribers.email_addresses import hash_email, normalize_email

KILLED = -9


class Tally(NamedTuple):
    """How a campaign ended: mails that nobody got and nobody knows of, second copies, and those held as uncertain."""

    lost: int
    duplicated: int
    uncertain: int


class Stage:
    """Use it as a context. `folder` holds the journals and the mail server's list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._list = folder / "taken"
        self._list.touch()

    def __enter__(self) -> Self:
        self.sink = self._python("fake_smtp_server", str(self._list))
        self.port = int(self._line(self.sink))
        self.victim = self._python("crashing_worker")
        assert self._line(self.victim) == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.victim, self.sink):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.wait(10)
            process.stdout.close()

    def _python(self, module: str, *arguments: str) -> "subprocess.Popen[str]":
        database = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            address = f"sqlite:///{database}"
        else:
            address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
            "DATABASE_URL": address,
            "DATA_DIR": str(self.folder),
            "SECRET_KEY": settings.SECRET_KEY,
            "SITE_URL": settings.SITE_URL,
            "EMAIL_URL": f"smtp://127.0.0.1:{getattr(self, 'port', 25)}",
            "LOG_LEVEL": "CRITICAL",
        }
        command = [sys.executable, "-m", f"tests.newsletter.delivery.{module}", *arguments]
        return subprocess.Popen(
            command, env=environment, cwd=settings.BASE_DIR, stdin=-1, stdout=-1, text=True, start_new_session=True
        )

    @staticmethod
    def _line(process: "subprocess.Popen[str]") -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def begin(self, how: str, after: float = 0, **changes: Any) -> int:
        """Start a worker that dies at the point `how`, before it calls `how` ("module:name"), after so many seconds
        ("random"), or never (""); its pid."""
        assert self.victim.stdin is not None
        self.victim.stdin.write(json.dumps([how, after, changes]) + "\n")
        self.victim.stdin.flush()
        return int(self._line(self.victim))

    def end(self) -> int:
        """Wait for that worker; its exit code, KILLED if it died."""
        return int(self._line(self.victim))

    def run(self, how: str = "", after: float = 0, **changes: Any) -> int:
        """`begin` and `end` in one."""
        self.begin(how, after, **changes)
        return self.end()

    def plan(self, **faults: list[str]) -> None:
        """Have the mail server misbehave from now on."""
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            assert smtp.docmd("XPLAN", json.dumps(faults))[0] == 250

    def taken(self, campaign: Campaign) -> Counter[str]:
        """How often the mail server took each mail of `campaign`."""
        mails = (line.split()[0] for line in self._list.read_text().splitlines())
        return Counter(mail for mail in mails if mail.startswith(f"<{campaign.message_id_stem}."))

    def tally(self, campaign: Campaign) -> Tally:
        """How it stands with `campaign`, in the database and on the mail server together."""
        taken = self.taken(campaign)
        status = dict(campaign.deliveries.values_list("message_id", "status"))
        uncertain = {name for name, is_now in status.items() if is_now == Delivery.Status.UNCERTAIN}
        sent = {name for name, is_now in status.items() if is_now == Delivery.Status.SENT}
        assert set(taken) <= sent | uncertain, "A mail went out that the database does not know of."
        return Tally(len(status.keys() - taken.keys() - uncertain), taken.total() - len(taken), len(uncertain))


def sender(**overrides: Any) -> NewsletterSettings:
    """The profile, complete and small enough that a few mails are several chunks."""
    fields = {"postal_address": "1 Main Street", "connections": 2, "batch_size": 6} | overrides
    return NewsletterSettings.objects.update_or_create(pk=NewsletterSettings.singleton_instance_id, defaults=fields)[0]


def campaign_to(number: int, profile: NewsletterSettings) -> Campaign:
    """A campaign to `number` new subscribers, prepared and being sent."""
    now = timezone.now()
    Subscriber.objects.all().delete()
    readers = [
        Subscriber(email=f"reader-{each}@example.org", status="active", confirmed_at=now) for each in range(number)
    ]
    for reader in readers:
        reader.normalized_email, reader.email_hash = normalize_email(reader.email), hash_email(reader.email)
    Subscriber.objects.bulk_create(readers)
    campaign = Campaign.objects.create(subject="Knees", body="<p>Bend them.</p>", status="preparing")
    assert prepare(campaign, profile) == 1
    campaign.refresh_from_db()
    return campaign


def adds_up(campaign: Campaign) -> bool:
    """Whether every mail is in one state, and all are there."""
    campaign.refresh_from_db()
    return sum(campaign.deliveries.count_by_status().values()) == campaign.total
