"""What is counted: people only, exactly, and nothing about who they are. No cookie, no address, no name is kept."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Model
from django.http import HttpRequest

# Programs that say what they are.
_ROBOT = re.compile(r"bot|crawl|spider|slurp|headless|lighthouse|preview|monitor|scan|fetch|python|curl|wget", re.I)


def is_a_person(request: HttpRequest) -> bool:
    """Whether `request` is meant by somebody who reads: no robot, nobody of the desk, and not fetched beforehand."""
    agent = request.headers.get("User-Agent", "")
    return (
        not (request.headers.get("Sec-Purpose") or request.headers.get("Purpose"))
        and bool(agent)
        and not _ROBOT.search(agent)
        and not (request.COOKIES and getattr(request.user, "is_staff", False))
    )


def is_a_reader(request: HttpRequest) -> bool:
    """Whether `request` is meant by a person and comes from a page of this site.

    Browsers say where a request comes from in Sec-Fetch-Site (Fetch Metadata) or, the older ones, in Origin.
    """
    headers = request.headers
    own = "{0.scheme}://{0.netloc}".format(urlsplit(settings.SITE_URL))
    came_from = headers.get("Sec-Fetch-Site") or ("same-origin" if headers.get("Origin") == own else "elsewhere")
    return came_from == "same-origin" and is_a_person(request)


def add_one(model: type[Model], field: str, **row: Any) -> None:
    """One more in `field` of the row of `model` that `row` names, which is made by whoever is first.

    Exact however many come at once: both databases run updates of one row one after the other.
    """
    rows = model._default_manager.filter(**row)
    if not rows.update(**{field: F(field) + 1}):
        model._default_manager.bulk_create([model(**row)], ignore_conflicts=True)
        rows.update(**{field: F(field) + 1})
