"""Cause errors with personal data in them, and send them to the SENTRY_DSN of the environment. Run by a test."""

import logging
import sys
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from sentry_sdk import flush  # noqa: E402


@csrf_exempt
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Fail with what the visitor sent."""
    local_copy: Any = dict(request.POST)
    logging.getLogger("test").warning("Breadcrumb about %s", local_copy)
    raise ValueError(f"{token} {local_copy}")


urlpatterns = [path("newsletter/confirm/<token>/", confirm), path("", include("ptcomplete.urls"))]

if __name__ == "__main__":
    # Without collectstatic.
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # Without a database, which has the local time of the site.
    middleware = [each for each in settings.MIDDLEWARE if not each.endswith("SiteLocalTimeMiddleware")]
    storages = settings.STORAGES | {"staticfiles": static}
    with override_settings(ROOT_URLCONF=__name__, STORAGES=storages, MIDDLEWARE=middleware):
        client = Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Agent of Ottilie")
        client.cookies["visitor"] = "session-of-ottilie"
        data = {"name": "Ottilie", "email": "ottilie@example.net", "password": "correct horse"}
        response = client.post("/newsletter/confirm/token-of-ottilie/?q=slipped-disc", data)
        sys.stdout.write(response["X-Request-ID"])
    logging.getLogger("test").error("Failed for %s", "ottilie@example.net")
    logging.getLogger("django.security.DisallowedHost").error("Invalid host of-a-stranger")
    flush(timeout=10)
