"""Report what became of the media of a site."""

from collections import Counter

from django.db import models, transaction

from images.models import Image, MediaFile
from wordpress.media.importer import MediaImporter
from wordpress.media.library import IMAGE, Entry
from wordpress.media.outcomes import MediaOutcome
from wordpress.reader import Item
from wordpress.report import Kind, Outcome, Report

_BATCH_SIZE = 200
_NOT_FOUND = "The file was not found."
_UNUSED = "The file was not found, and no text uses it."
_NAMES = {
    Outcome.CREATED: "imported",
    Outcome.UPDATED: "filled in",
    Outcome.UNCHANGED: "unchanged",
    Outcome.MISSING: "not found",
    Outcome.SKIPPED: "skipped",
    Outcome.FAILED: "failed",
}


def attachment_report(media: MediaImporter, item: Item) -> tuple[Outcome, str, models.Model | None]:
    """Return the outcome of an attachment, the reason, and its row here."""
    attachment = media.catalog.by_id.get(item.post_id)
    outcome = media.outcomes.get(attachment.key) if attachment else None
    if outcome is None:
        return Outcome.SKIPPED, "The export does not name its file.", None
    reason = _NOT_FOUND if outcome.outcome == Outcome.MISSING and not outcome.note else outcome.note
    return outcome.outcome, reason, _target(outcome.entry)


def report_media(media: MediaImporter, report: Report) -> None:
    """Report each file in each text that uses it, and count the files."""
    outcomes = list(media.outcomes.values())
    if not outcomes:
        return
    counts = Counter(outcome.outcome for outcome in outcomes)
    shown = ", ".join(f"{counts[kind]} {name}" for kind, name in _NAMES.items() if counts[kind])
    report.notes.append(f"Images and files: {shown}.")
    if counts[Outcome.MISSING] and not media.options.has_files:
        report.notes.append(
            "Texts show a placeholder for each missing image. To fill them, import the same files again with your"
            " uploads folder (--media), or from the old site (--fetch-media)."
        )
    rows = report.child()
    for outcome in outcomes:
        _record(outcome, rows)
        if outcome.note or (outcome.outcome == Outcome.MISSING and outcome.used_in):
            report.notes.append(_line(outcome))
        if len(rows.entries) > _BATCH_SIZE:
            _save(rows)
    _save(rows)


def _save(rows: Report) -> None:
    with transaction.atomic():
        rows.save()


def _record(outcome: MediaOutcome, rows: Report) -> None:
    is_image = outcome.entry.kind == IMAGE if outcome.entry else outcome.is_image
    kind = Kind.IMAGE if is_image else Kind.FILE
    reason = outcome.note
    if outcome.outcome == Outcome.MISSING:
        reason = outcome.note or (_NOT_FOUND if outcome.used_in else _UNUSED)
    for title in outcome.used_in or [""]:
        rows.record(
            kind, outcome.outcome, source=outcome.url, title=title, reason=reason, target=_target(outcome.entry)
        )


def _target(entry: Entry | None) -> models.Model | None:
    if entry is None or not entry.url:
        return None
    return Image(pk=entry.object_id) if entry.kind == IMAGE else MediaFile(pk=entry.object_id)


def _line(outcome: MediaOutcome) -> str:
    titles = outcome.used_in
    named = ", ".join(f"“{title}”" for title in titles[:3])
    more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
    used = f" Used in {named}{more}." if titles else ""
    note = f" ({outcome.note.rstrip('.')})" if outcome.note else ""
    return f"{outcome.url}: {_NAMES[outcome.outcome]}{note}.{used}"
