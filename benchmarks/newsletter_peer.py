"""Send a campaign with django-newsletter and print the figures as JSON. Started by benchmarks.newsletter.

A script instead of a module, because both projects have a package called "newsletter".
"""

import json
import os
import resource
import sys
import time
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings


def main(database_url: str, port: int, subscribers: int, text: str) -> None:
    """Send an email with `text` to `subscribers` subscribers, the way the package does, and print the figures."""
    configure(database_url, port)
    models: Any = import_module("newsletter.models")
    submission = create_submission(models, subscribers, text)
    size = len(submission.get_message(submission.subscriptions.first()).message().as_bytes())
    start, cpu = time.perf_counter(), time.process_time()
    models.Submission.submit_queue()
    figures = {
        "emails": subscribers,
        "bytes": size,
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


def configure(database_url: str, port: int) -> None:
    """Configure Django with the database and with the mail server at `port`."""
    settings.configure(
        SECRET_KEY="benchmark-secret-key",  # noqa: S106
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sites",
            "newsletter",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": urlsplit(database_url).path,
                "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"},
            }
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        ROOT_URLCONF="newsletter.urls",
        SITE_ID=1,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        MAILERS={
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": port},
            }
        },
    )
    django.setup()


def create_submission(models: Any, subscribers: int, text: str) -> Any:
    """Create the database, the subscribers and a message; return its submission, which is due."""
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    newsletter = models.Newsletter.objects.create(title="Knees", slug="knees", email="us@example.com", sender="Us")
    newsletter.site.set([1])
    models.Subscription.objects.bulk_create(
        models.Subscription(newsletter=newsletter, email_field=f"r{index}@example.org", subscribed=True)
        for index in range(subscribers)
    )
    message = models.Message.objects.create(newsletter=newsletter, title="Knees", slug="knees")
    models.Article.objects.create(post=message, title="Knees", text=text, sortorder=1)
    submission = models.Submission.from_message(message)
    submission.publish_date = timezone.now()
    submission.prepared = True
    submission.save()
    return submission


if __name__ == "__main__":
    main(os.environ["DATABASE_URL"], int(sys.argv[1]), int(sys.argv[2]), sys.stdin.read())
