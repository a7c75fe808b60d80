"""What is counted: people only, exactly, and nothing about who they are. No cookie, no address, no name is kept."""

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest

# How browsers say that they fetch a page before anybody asked for it, the older ones included.
_BEFOREHAND = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
# Programs that say what they are.
_ROBOT = re.compile(r"bot|crawl|spider|slurp|headless|lighthouse|preview|monitor|scan|fetch|python|curl|wget", re.I)


def is_a_person(request: HttpRequest) -> bool:
    """Whether `request` is meant by somebody who reads: no robot, nobody of the desk, and not fetched beforehand."""
    agent = request.headers.get("User-Agent", "")
    return (
        not any(request.headers.get(name) for name in _BEFOREHAND)
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
    """One more in `field` of the row of `model` that `row` names by its unique columns, made if it is not there.

    One statement, exact however many come at once. All other columns of `model` are counters too.
    """
    with connection.cursor() as cursor:
        cursor.execute(_one_more(model, field, tuple(row)), list(row.values()))


@cache
def _one_more(model: type[Model], field: str, key: tuple[str, ...]) -> str:
    """The statement of `add_one`: to let Django put it together for each click would cost more than to run it."""
    quote = connection.ops.quote_name
    columns = {each.attname: quote(str(each.column)) for each in model._meta.concrete_fields if not each.primary_key}
    others = [name for name in columns if name not in key]
    values = ["%s"] * len(key) + [str(int(name == field)) for name in others]
    into, unique = (", ".join(columns[name] for name in names) for names in ((*key, *others), key))
    table, counter = quote(model._meta.db_table), columns[field]
    # Names of our own models, and nothing that anybody typed.
    insert = f"INSERT INTO {table} ({into}) VALUES ({', '.join(values)})"  # noqa: S608
    return f"{insert} ON CONFLICT ({unique}) DO UPDATE SET {counter} = {table}.{counter} + 1"
