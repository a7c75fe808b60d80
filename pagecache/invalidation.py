"""Invalidate the page cache on every write to a table that public pages show.

A database wrapper inspects each SQL statement, so admin forms, the worker, commands, `update()` and bulk writes are
all covered. Tables count as public unless PAGE_CACHE_IGNORED_MODELS names them: a forgotten entry costs some cache
hits but never serves a stale page.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from pagecache.models import ALL_PAGES, MAX_PATH_LENGTH, CacheVersion

logger = logging.getLogger(__name__)
_WRITE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(?P<table>\w+)', re.I)


class CacheScope(Enum):
    """The cached pages a write makes stale; a string stands for the single page at that path."""

    ALL = "all"
    NONE = "none"


type Scope = CacheScope | str

_scope: ContextVar[Scope] = ContextVar("pagecache_scope", default=CacheScope.ALL)


@contextmanager
def invalidate_only(scope: Scope) -> Iterator[None]:
    """Limit cache invalidation for writes in this block to `scope`."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def invalidate_all(using: str) -> None:
    """Make every cached page stale, now or when the current transaction commits."""
    _invalidate(using, ALL_PAGES)


def has_uncommitted_writes(using: str) -> bool:
    """Return True inside a transaction with uncommitted writes; responses built now must not be cached."""
    return any(isinstance(hook, _Bump) for _, hook, *_ in connections[using].run_on_commit)


def install_write_hook(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Inspect every statement that `connection` runs from now on. Receives `connection_created`."""
    if _invalidate_on_write not in connection.execute_wrappers:
        connection.execute_wrappers.append(_invalidate_on_write)


@cache
def public_tables() -> frozenset[str]:
    """Return the tables whose rows may appear on public pages."""
    return frozenset(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if not {model._meta.app_label, model._meta.label} & set(settings.PAGE_CACHE_IGNORED_MODELS)
    )


@dataclass(frozen=True)
class _Bump:
    """A version bump that can wait for a commit. Equal instances are scheduled once."""

    using: str
    path: str

    def __call__(self) -> None:
        path = self.path if len(self.path) <= MAX_PATH_LENGTH else ALL_PAGES
        try:
            CacheVersion.objects.db_manager(self.using).bump(path)
        except DatabaseError:
            # The table may not be migrated yet, or the connection is gone. Cached pages then expire on time alone.
            logger.warning("Could not invalidate the page cache; pages may be stale until they expire.", exc_info=True)


def _invalidate(using: str, path: str) -> None:
    bump = _Bump(using, path)
    connection = connections[using]
    if not connection.in_atomic_block:
        bump()
    elif all(hook != bump for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(bump, using=using, robust=True)


def _invalidate_on_write(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Run a statement and invalidate the cache if it changed a public table."""
    result = execute(sql, params, many, context)
    write, scope = _WRITE.match(sql), _scope.get()
    if write is None or scope is CacheScope.NONE or write["table"] not in public_tables():
        return result
    # SQLite reports the row count of a RETURNING statement only after its rows are fetched.
    if " RETURNING " in sql or context["cursor"].rowcount:
        _invalidate(context["connection"].alias, ALL_PAGES if scope is CacheScope.ALL else scope)
    return result
