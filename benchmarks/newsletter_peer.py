"""django-newsletter sends a campaign: one JSON line of figures. Started by benchmarks.newsletter, which says how.

A script and not a module, since both call a package of theirs "newsletter".
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


def main(database: str, port: int, number: int, words: str) -> None:
    """Send a mail of `words` to `number` subscribers, as the package itself does it."""
    address = urlsplit(database)
    settings.configure(
        SECRET_KEY="of-the-benchmark-only",  # noqa: S106
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sites",
            "newsletter",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": address.path,
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
    from django.core.management import call_command
    from django.utils import timezone

    models: Any = import_module("newsletter.models")
    call_command("migrate", verbosity=0)
    newsletter = models.Newsletter.objects.create(title="Knees", slug="knees", email="us@example.com", sender="Us")
    newsletter.site.set([1])
    models.Subscription.objects.bulk_create(
        models.Subscription(newsletter=newsletter, email_field=f"r{each}@example.org", subscribed=True)
        for each in range(number)
    )
    message = models.Message.objects.create(newsletter=newsletter, title="Knees", slug="knees")
    models.Article.objects.create(post=message, title="Knees", text=words, sortorder=1)
    submission = models.Submission.from_message(message)
    submission.publish_date = timezone.now()
    submission.prepared = True
    submission.save()
    size = len(submission.get_message(submission.subscriptions.first()).message().as_bytes())
    start, cpu = time.perf_counter(), time.process_time()
    models.Submission.submit_queue()
    figures = {
        "mails": number,
        "bytes": size,
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(os.environ["DATABASE_URL"], int(sys.argv[1]), int(sys.argv[2]), sys.stdin.read())
