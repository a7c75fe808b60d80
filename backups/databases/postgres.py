"""Copies of a PostgreSQL database, made by pg_dump and read by psql."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from backups.databases.fingerprint import compare, fingerprint
from backups.errors import BackupError
from backups.manifest import Table

FILE_NAME = "database.sql"
_POLL_SECONDS = 5
_DUMP_OPTIONS = ("--format=plain", "--no-owner", "--no-privileges", "--no-comments", "--encoding=UTF8")
# Deletes everything the site has created in its schema, and nothing that belongs to an extension.
_DROP_EVERYTHING = """
SET client_min_messages = warning;
DO $$
DECLARE item record;
BEGIN
    FOR item IN
        SELECT found.type, found.identity
        FROM (
            SELECT tableoid, oid FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
                AND relnamespace = 'public'::regnamespace
            UNION ALL SELECT tableoid, oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL SELECT tableoid, oid FROM pg_ts_config WHERE cfgnamespace = 'public'::regnamespace
        ) AS object, pg_identify_object(object.tableoid, object.oid, 0) AS found
        -- What an extension made, and the sequences of identity columns, which go with their tables.
        WHERE NOT EXISTS (
            SELECT 1 FROM pg_depend
            WHERE classid = object.tableoid AND objid = object.oid AND deptype IN ('e', 'i')
        )
    LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE', item.type, item.identity);
    END LOOP;
END $$;
"""


def dump(path: Path, still_working: Callable[[], None]) -> dict[str, Table]:
    """Write the database as SQL. The counts come from the same snapshot as the dump."""
    with _connect(_database()) as source:
        source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = source.execute("SELECT pg_export_snapshot()").fetchone()
        assert row
        options = [*_DUMP_OPTIONS, f"--snapshot={row[0]}", f"--file={path}"]
        path.touch(0o600)
        _run("pg_dump", options, _database(), still_working)
        return _tables(source, still_working)


def verify(path: Path, tables: Mapping[str, Table]) -> None:
    """Restore the copy to a database that is deleted afterward, and compare its tables with `tables`."""
    with _scratch_database() as name:
        _load([path], name)
        with _connect(name) as copy:
            found = _tables(copy, lambda: None)
    compare(found, tables)


def replace(path: Path, tables: Mapping[str, Table]) -> None:
    """Delete everything and load the copy in one transaction, which is rolled back if a count differs."""
    connection.close()
    drop, check = path.with_name("drop.sql"), path.with_name("check.sql")
    drop.write_text(_DROP_EVERYTHING)
    check.write_text("".join(_count_checks(tables)))
    _load([drop, path, check], _database())


def _count_checks(tables: Mapping[str, Table]) -> Iterator[str]:
    for name, table in tables.items():
        statement = sql.SQL(
            "DO $$ BEGIN IF (SELECT count(*) FROM public.{}) <> {} THEN RAISE EXCEPTION {}; END IF; END $$;\n"
        )
        message = f"the table {name} does not have {table.rows} rows".replace("%", "%%")
        yield statement.format(sql.Identifier(name), sql.Literal(table.rows), sql.Literal(message)).as_string()


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _parameters(database: str) -> dict[str, Any]:
    """Return what libpq needs to connect to `database`, as Django's connection does."""
    names = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    parameters = connection.get_connection_params() | {"dbname": database}
    return {name: value for name, value in parameters.items() if name in names and value is not None}


def _connect(database: str, **options: Any) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(**_parameters(database), **options)


@contextmanager
def _scratch_database() -> Iterator[str]:
    name = f"ptcomplete_verify_{uuid4().hex[:12]}"
    with _connect(_database(), autocommit=True) as server:
        try:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise BackupError(
                "Verifying needs a scratch database, which the role in DATABASE_URL is not allowed to create. Run "
                "ALTER ROLE ... CREATEDB as a superuser, or verify on another PostgreSQL server."
            ) from error
        try:
            yield name
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _load(paths: Sequence[Path], database: str) -> None:
    files = [f"--file={path}" for path in paths]
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null", *files]
    _run("psql", options, database, lambda: None)


def _run(program: str, options: Sequence[str], database: str, still_working: Callable[[], None]) -> None:
    """Run a PostgreSQL program on `database`. Raise BackupError with its message if it fails."""
    parameters = _parameters(database)
    # Other users of the machine can see the arguments of a process.
    environment = os.environ | {"PGPASSWORD": str(parameters.pop("password", ""))}
    command = [program, *options, f"--dbname={make_conninfo(**parameters)}"]
    try:
        # stdout would mix with that of our command; psql's is discarded by its option.
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=sys.stderr, text=True)
    except FileNotFoundError as error:
        raise BackupError(
            f"{program} is not installed. Install the PostgreSQL client for your server's version, such as "
            "postgresql-client, or add its folder to PATH."
        ) from error
    while True:
        try:
            _, message = process.communicate(timeout=_POLL_SECONDS)
            break
        except subprocess.TimeoutExpired:
            still_working()
    if process.returncode:
        lines = [line for line in message.splitlines() if line.strip()]
        raise BackupError(f"{program} failed: {' '.join(lines[:3]) or process.returncode}")


def _tables(source: "psycopg.Connection[tuple[Any, ...]]", still_working: Callable[[], None]) -> dict[str, Table]:
    names = source.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    # Values as text, in one form on every server.
    source.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 3")
    tables = {}
    for (name,) in names:
        with source.cursor(name="rows") as rows:
            rows.itersize = 1000
            rows.execute(sql.SQL("SELECT t::text FROM public.{} t").format(sql.Identifier(name)))
            tables[name] = fingerprint(rows)
        still_working()
    return tables
