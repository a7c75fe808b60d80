"""A fake mail server and killable workers in separate processes, using the test database."""

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

from newsletter.delivery.materialize import prepare_campaign
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber
from privacy.email_addresses import hash_email, normalize_email

KILLED = -9


class Mistakes(NamedTuple):
    """The emails of a campaign that nobody got, that were sent twice, and that are uncertain."""

    lost: int
    duplicated: int
    uncertain: int


class DeliveryHarness:
    """Starts the processes inside a `with` block. `folder` holds the journals and the mail server's log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "accepted"
        self._log.touch()

    def __enter__(self) -> Self:
        self.mail_server = self._start("fake_smtp_server", str(self._log))
        self.port = int(self._read_line(self.mail_server))
        self.worker = self._start("crashing_worker")
        assert self._read_line(self.worker) == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.worker, self.mail_server):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.wait(10)
            process.stdout.close()

    def _start(self, module: str, *arguments: str) -> "subprocess.Popen[str]":
        database = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            database_url = f"sqlite:///{database}"
        else:
            database_url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
            "DATABASE_URL": database_url,
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
    def _read_line(process: "subprocess.Popen[str]") -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def start_worker(self, crash_at: str = "", after: float = 0, **settings: Any) -> int:
        """Start a worker and return its pid.

        It is killed at `crash_at`: a crash point, right before a function ("module:name"), after some seconds
        ("random"), or never (""). `after` is the number of times the point is reached, or the seconds.
        """
        assert self.worker.stdin is not None
        self.worker.stdin.write(json.dumps([crash_at, after, settings]) + "\n")
        self.worker.stdin.flush()
        return int(self._read_line(self.worker))

    def wait_for_worker(self) -> int:
        """Return the exit code of the worker; KILLED if it was killed."""
        return int(self._read_line(self.worker))

    def run_worker(self, crash_at: str = "", after: float = 0, **settings: Any) -> int:
        """Start a worker, wait for it and return its exit code."""
        self.start_worker(crash_at, after, **settings)
        return self.wait_for_worker()

    def plan_faults(self, **faults: list[str]) -> None:
        """Set the mail server's faults from now on."""
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            assert smtp.docmd("XPLAN", json.dumps(faults))[0] == 250

    def accepted_emails(self, campaign: Campaign) -> Counter[str]:
        """Return how often the mail server accepted each email of `campaign`, by Message-ID."""
        message_ids = (line.split()[0] for line in self._log.read_text().splitlines())
        prefix = f"<{campaign.message_id_prefix}."
        return Counter(message_id for message_id in message_ids if message_id.startswith(prefix))

    def count_mistakes(self, campaign: Campaign) -> Mistakes:
        """Compare the database with what the mail server accepted."""
        accepted = self.accepted_emails(campaign)
        statuses = dict(campaign.deliveries.values_list("message_id", "status"))
        uncertain = {message_id for message_id, status in statuses.items() if status == Delivery.Status.UNCERTAIN}
        sent = {message_id for message_id, status in statuses.items() if status == Delivery.Status.SENT}
        assert set(accepted) <= sent | uncertain, "An email was sent that the database does not know of."
        lost = statuses.keys() - accepted.keys() - uncertain
        return Mistakes(len(lost), accepted.total() - len(accepted), len(uncertain))


def make_newsletter_settings(**overrides: Any) -> NewsletterSettings:
    """Save complete settings, with batches small enough that a few emails need several."""
    fields = {"postal_address": "1 Main Street", "connections": 2, "batch_size": 6} | overrides
    pk = NewsletterSettings.singleton_instance_id
    return NewsletterSettings.objects.update_or_create(pk=pk, defaults=fields)[0]


def make_sending_campaign(number: int, newsletter_settings: NewsletterSettings) -> Campaign:
    """Create a campaign that is being sent to `number` new subscribers."""
    now = timezone.now()
    Subscriber.objects.all().delete()
    subscribers = [
        Subscriber(email=f"reader-{index}@example.org", status="active", confirmed_at=now) for index in range(number)
    ]
    for subscriber in subscribers:
        subscriber.normalized_email = normalize_email(subscriber.email)
        subscriber.email_hash = hash_email(subscriber.email)
    Subscriber.objects.bulk_create(subscribers)
    campaign = Campaign.objects.create(subject="Knees", body="<p>Bend them.</p>", status="preparing")
    assert prepare_campaign(campaign, newsletter_settings)
    campaign.refresh_from_db()
    return campaign


def counts_add_up(campaign: Campaign) -> bool:
    """Return True if every delivery has one status and none is missing."""
    campaign.refresh_from_db()
    return sum(campaign.deliveries.count_by_status().values()) == campaign.total
