"""Invalidate the page cache on every write to a table that public pages show.

A database wrapper inspects each SQL statement, so admin forms, the worker, commands, `update()` and bulk writes are
all covered. Tables count as public unless PAGE_CACHE_IGNORED_MODELS names them: a forgotten entry costs some cache
hits but never serves a stale page.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
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

from pagecache.models import ALL_PAGES, ALL_TEXTS, MAX_PATH_LENGTH, CacheVersion

logger = logging.getLogger(__name__)
_WRITE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(?P<table>\w+)', re.I)


class CacheScope(Enum):
    """The cached pages a write makes stale; a string stands for the page of the document at that path.

    The text of a document is also part of the pages under ALL_TEXTS.
    """

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
    """Inspect every statement that `connection` runs. Receives `connection_created`."""
    if _invalidate_on_write not in connection.execute_wrappers:
        # First, because `execute_wrapper` removes the last one, and a connection may be opened within it.
        connection.execute_wrappers.insert(0, _invalidate_on_write)


@cache
def public_tables() -> frozenset[str]:
    """Return the tables whose rows may appear on public pages."""
    all_tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return frozenset(all_tables - _tables(settings.PAGE_CACHE_IGNORED_MODELS) - text_tables())


@cache
def text_tables() -> frozenset[str]:
    """Return the tables that are made from the texts of documents, such as the search index."""
    return _tables(settings.PAGE_CACHE_TEXT_MODELS)


def _tables(names: Iterable[str]) -> frozenset[str]:
    """Return the tables of the apps and models called `names`."""
    wanted = set(names)
    models = apps.get_models(include_auto_created=True)
    return frozenset(model._meta.db_table for model in models if {model._meta.app_label, model._meta.label} & wanted)


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
    write = _WRITE.match(sql)
    paths = _stale_paths(write["table"]) if write else ()
    # SQLite reports the row count of a RETURNING statement only after its rows are fetched.
    if paths and (" RETURNING " in sql or context["cursor"].rowcount):
        for path in paths:
            _invalidate(context["connection"].alias, path)
    return result


def _stale_paths(table: str) -> tuple[str, ...]:
    """Return the paths to bump after a write to `table`."""
    scope = _scope.get()
    if scope is CacheScope.NONE:
        return ()
    if table in text_tables():
        return (ALL_TEXTS,)
    if table not in public_tables():
        return ()
    return (ALL_PAGES,) if isinstance(scope, CacheScope) else (scope, ALL_TEXTS)
