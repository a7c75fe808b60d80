"""Hears of every change of what readers see, so that nobody has to remember to tell.

Each statement that writes is looked at, whoever sends it: the desk, the worker, a command, `update()` and bulk writers
alike. A table that nobody has thought of counts as seen by readers: forgetting one costs time and shows nothing old.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from pagecache.models import LONGEST_PATH, Stamp

logger = logging.getLogger(__name__)
_WRITE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(?P<table>\w+)', re.I)
# Which address alone changes; None is none of them.
_scope: ContextVar[str | None] = ContextVar("pagecache_scope", default="")


@cache
def _seen_tables() -> frozenset[str]:
    """The tables whose rows readers may see: all but PAGE_CACHE_IGNORED_MODELS."""
    return frozenset(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if not {model._meta.app_label, model._meta.label} & set(settings.PAGE_CACHE_IGNORED_MODELS)
    )


@contextmanager
def only_at(path: str | None) -> Iterator[None]:
    """What is written within shows at the address `path` and nowhere else; nowhere at all if it is None."""
    token = _scope.set(path)
    try:
        yield
    finally:
        _scope.reset(token)


def watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Look at what `connection` writes from now on."""
    if _look not in connection.execute_wrappers:
        connection.execute_wrappers.append(_look)


def is_unsettled(using: str) -> bool:
    """Whether this connection has changes that others do not see yet: what it reads now must not be kept."""
    return any(isinstance(hook, _Renewal) for _, hook, *_ in connections[using].run_on_commit)


def everything_changed(using: str, path: str = "") -> None:
    """Let nothing kept be shown any more, or nothing of `path`: at once, or when the transaction ends well."""
    renewal = _Renewal(using, path)
    if not connections[using].in_atomic_block:
        renewal()
    elif all(hook != renewal for _, hook, *_ in connections[using].run_on_commit):
        transaction.on_commit(renewal, using=using, robust=True)


@dataclass(frozen=True)
class _Renewal:
    """The renewal of one stamp, as transactions keep it."""

    using: str
    path: str

    def __call__(self) -> None:
        try:
            Stamp.objects.db_manager(self.using).renew(self.path if len(self.path) <= LONGEST_PATH else "")
        except DatabaseError:
            # The table is still to be made, or the database has gone: pages then live as long as they may.
            logger.warning("Kept pages could not be marked as old.", exc_info=True)


def _look(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    result = execute(sql, params, many, context)
    found, scope = _WRITE.match(sql), _scope.get()
    if found is None or scope is None or found["table"] not in _seen_tables():
        return result
    # SQLite counts rows that are given back only once they are fetched.
    if " RETURNING " in sql or context["cursor"].rowcount:
        everything_changed(context["connection"].alias, scope)
    return result
