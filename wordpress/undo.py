"""Undo an import: remove what one run created, unless it was edited or used since.

Each kind of imported object has a handler. An app that imports more registers its own in `AppConfig.ready`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.core import serializers
from django.db import models, transaction

from redirects.models import Redirect
from wordpress.models import ImportedObject, ImportRun, ReportRow, digest
from wordpress.report import Report

BATCH_SIZE = 100
MAX_KEY_LENGTH = 700


@dataclass(frozen=True)
class UndoHandler:
    """How objects of one kind are removed. Both functions get a batch, in a transaction.

    `reasons_to_keep` maps primary keys to the reason why a row stays, such as "you edited it". `delete` removes the
    others with everything that belongs to them, also files. Lower `order` goes first: what refers to others before
    what they refer to.
    """

    model: type[models.Model]
    order: int
    reasons_to_keep: Callable[[Sequence[tuple[ImportedObject, Any]]], Mapping[int, str]]
    delete: Callable[[Sequence[Any]], object]


_handlers: dict[str, UndoHandler] = {}


def register(kind: ImportedObject.Kind, handler: UndoHandler) -> None:
    """Register the handler of a kind."""
    _handlers[kind] = handler


def values_before(row: models.Model) -> dict[str, Any] | None:
    """Return the fields of a row that an import is about to fill in, or None for a new one."""
    if row.pk is None:
        return None
    return {field.attname: field.value_to_string(row) for field in row._meta.concrete_fields}


# ---- Redirects --------------------------------------------------------------------------------------------------


def redirects_now() -> dict[str, Any]:
    """Return the redirects before an import, to restore those that it deletes or replaces."""
    rows = list(Redirect.objects.order_by("pk"))
    return {"newest": rows[-1].pk if rows else 0, "rows": serializers.serialize("python", rows)}


def record_redirects(run: ImportRun) -> None:
    """Record and report the redirects that the run created, and keep of those before only what it changed."""
    before = run.redirects_before
    now = {row["pk"]: row for row in serializers.serialize("python", Redirect.objects.all())}
    changed = [row for row in before["rows"] if _values(now.get(row["pk"])) != _values(row)]
    created = Redirect.objects.filter(pk__gt=before["newest"], origin=Redirect.Origin.IMPORTED).order_by("pk")
    report = Report(run=run)
    for batch in batched(created, BATCH_SIZE):
        records = []
        for row in batch:
            report.record(
                ReportRow.Kind.REDIRECT,
                ReportRow.Outcome.REDIRECTED,
                source=row.old_path,
                reason=f"Leads to {row.target}" if row.target else "Answers that the page is gone",
                target=row,
            )
            key = row.old_path if len(row.old_path) <= MAX_KEY_LENGTH else digest(row.old_path)
            values = {"object_id": row.pk, "fingerprint": redirect_fingerprint(row), "run": run, "is_new": True}
            records.append(ImportedObject(kind=ImportedObject.Kind.REDIRECT, key=key, **values))
        with transaction.atomic():
            ImportedObject.objects.bulk_create(
                records,
                update_conflicts=True,
                unique_fields=["site", "kind", "key"],
                update_fields=["object_id", "fingerprint", "run", "is_new"],
            )
            report.save()
    run.redirects_before = {"newest": before["newest"], "rows": changed}


def redirect_fingerprint(row: Redirect) -> str:
    """Return the digest of what an author can edit of a redirect."""
    return digest(row.old_path, row.target, row.status_code, row.note)


def _values(row: dict[str, Any] | None) -> Any:
    """Return the values of a serialized redirect without its statistics."""
    if row is None:
        return None
    return {name: value for name, value in row["fields"].items() if name not in {"hits", "last_hit_at", "created_at"}}
