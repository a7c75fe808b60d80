"""Undo an import: remove what one run created, unless it was edited or used since.

Each kind of imported object has a handler. An app that imports more registers its own in `AppConfig.ready`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.core import serializers
from django.db import models, transaction

from redirects import url_registry
from redirects.models import Redirect
from redirects.services import redirect_lock
from search.indexing import delete_unused_words
from wordpress.dead_links import dead_paths, report_dead_links
from wordpress.models import ImportedObject, ImportRun, ReportRow, digest
from wordpress.report import Report
from wordpress.runs import Claim

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


def undo_run(claim: Claim) -> None:
    """Remove what the run of `claim` created. It can be interrupted and called again."""
    run = claim.run
    if run.redirects_before:
        record_redirects(run)
    if "dead_links" not in run.options:
        run.options["dead_links"] = dead_paths()
        claim.save("options")
    run.total = _records(run).count()
    done = 0
    for kind, handler in sorted(_handlers.items(), key=lambda each: each[1].order):
        # The newest first, such as pages before the pages above them.
        records = _records(run).filter(kind=kind).order_by("-pk")
        newest = None
        while batch := list(records.filter(pk__lt=newest)[:BATCH_SIZE] if newest else records[:BATCH_SIZE]):
            newest = batch[-1].pk
            with transaction.atomic():
                _undo_batch(run, handler, batch)
            done += len(batch)
            claim.progress("Removing what was imported", done, run.total)
    _restore_redirects(run)
    report_dead_links(run, run.options["dead_links"])
    delete_unused_words()


def _records(run: ImportRun) -> models.QuerySet[ImportedObject]:
    return ImportedObject.objects.filter(run=run)


def _undo_batch(run: ImportRun, handler: UndoHandler, records: Sequence[ImportedObject]) -> None:
    """Remove the rows of `records` and the records, but for rows that stay."""
    rows = handler.model._default_manager.in_bulk([record.object_id for record in records])
    # A row can have several records: one for each of its names in the export.
    new = {record.object_id: record for record in records if record.is_new or record.before}
    pairs = [(record, rows[pk]) for pk, record in new.items() if pk in rows]
    reasons = dict(handler.reasons_to_keep(pairs))
    label = handler.model._meta.label_lower
    for record, row in pairs:
        if row.pk not in reasons and record.before:
            _restore(row, record.before)
    handler.delete([row for record, row in pairs if row.pk not in reasons and not record.before])
    ImportedObject.objects.filter(pk__in=[record.pk for record in records if record.object_id not in reasons]).delete()
    reported = ReportRow.objects.filter(run=run, object_type=label)
    reported.filter(object_id__in=[row.pk for _, row in pairs if row.pk not in reasons]).update(undone="Removed")
    for reason in set(reasons.values()):
        remaining = [pk for pk, each in reasons.items() if each == reason]
        reported.filter(object_id__in=remaining).update(undone=f"Not removed: {reason}"[:255])


def values_before(row: models.Model) -> dict[str, Any] | None:
    """Return the fields of a row that an import is about to fill in, or None for a new one."""
    if row.pk is None:
        return None
    values: dict[str, Any] = _serialized([row])[0]["fields"]
    names = {field.name for field in row._meta.concrete_fields}
    return {name: value for name, value in values.items() if name in names}


def _serialized(rows: Iterable[models.Model]) -> list[dict[str, Any]]:
    """Return the rows for a JSON field, with times to the microsecond, which Django's encoder cuts off."""
    found: list[dict[str, Any]] = serializers.serialize("python", rows)
    for row in found:
        for name, value in row["fields"].items():
            if isinstance(value, datetime):
                row["fields"][name] = value.isoformat()
    return found


def _restore(row: models.Model, before: Mapping[str, Any]) -> None:
    """Give a row that was here before the import its former values."""
    values = {}
    for name, value in before.items():
        field = row._meta.get_field(name)
        assert isinstance(field, models.Field)
        values[field.attname] = field.to_python(value)
        setattr(row, field.attname, values[field.attname])
    row.save()
    # What saving sets, such as the time of the last change.
    type(row)._default_manager.filter(pk=row.pk).update(**values)


# ---- Redirects --------------------------------------------------------------------------------------------------


def redirects_now() -> dict[str, Any]:
    """Return the redirects before an import, to restore those that it deletes or replaces."""
    rows = list(Redirect.objects.order_by("pk"))
    return {"newest": rows[-1].pk if rows else 0, "rows": _serialized(rows)}


def record_redirects(run: ImportRun) -> None:
    """Record and report the redirects that the run created, and keep of those before only what it changed."""
    before = run.redirects_before
    now = {row["pk"]: row for row in _serialized(Redirect.objects.all())}
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


def _restore_redirects(run: ImportRun) -> None:
    """Restore the redirects that the import deleted or replaced, unless there is a new one or a page now."""
    for row in serializers.deserialize("python", run.redirects_before.get("rows", [])):
        before = row.object
        assert isinstance(before, Redirect)
        with redirect_lock():
            now = Redirect.objects.filter(old_path=before.old_path).first()
            is_used = now is not None and now.origin != Redirect.Origin.IMPORTED
            if not is_used and url_registry.broken_reasons([before.old_path]):
                Redirect.objects.filter(old_path=before.old_path).delete()
                row.save()
