"""Add references to the library without duplicates, and merge those that turn out to be the same."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Q

from evidence.citations.reading import UnreadableError, read_references
from evidence.citations.record import Record
from evidence.models import RECORD_FIELDS, Source


def add_references(text: str) -> list[Source]:
    """Return the library's references for what was pasted, in order; create those that are new.

    Raise UnreadableError if the text is no reference. References with an identifier are looked up by the worker.
    """
    return [add_record(record) for record in read_references(text)]


def add_record(record: Record) -> Source:
    """Return the library's reference for `record`, created if there is none with its DOI, PMID or text."""
    # Another process may create it between the query and the insert, which the constraints reject.
    for _ in range(3):
        if found := find(record):
            return _completed(found, record)
        source = Source()
        source.fill(record, replace=True)
        source.lookup = Source.Lookup.WAITING if source.pmid or source.doi else Source.Lookup.NONE
        try:
            with transaction.atomic():
                source.save()
        except IntegrityError:
            continue
        return source
    raise IntegrityError("A reference with these identifiers is created and deleted again and again.")


def find(record: Record) -> Source | None:
    """Return the library's reference with the DOI, the PMID or the text of `record`."""
    same = Q(pk__in=[])
    if record.doi:
        same |= Q(doi__iexact=record.doi)
    if record.pmid:
        same |= Q(pmid=record.pmid)
    if not record.doi and not record.pmid:
        same |= Q(typed=record.typed) if record.typed else Q(title=record.title, year=record.year, volume=record.volume)
    found = list(Source.objects.current().filter(same).order_by("pk"))
    if len(found) > 1 and record.doi and record.pmid:
        return merge(found[0], found[1:])
    return found[0] if found else None


def is_as_typed(source: Source) -> bool:
    """Return whether nobody has changed a reference since it was read from a text. A look-up only adds to it."""
    try:
        records = read_references(source.typed)
    except UnreadableError:
        return False
    original = Source()
    original.fill(records[0], replace=True)
    names = {"authors", *RECORD_FIELDS} - {"has_more_authors"}
    if original.has_more_authors:
        # A look-up completes the list.
        names.remove("authors")
    is_same = all(getattr(source, name) == value for name in names if (value := getattr(original, name)))
    return is_same and not source.evidence_level and not source.summary


def _completed(source: Source, record: Record) -> Source:
    """Add what `record` has and the saved `source` lacks."""
    before = source.record
    source.fill(record)
    if source.record != before or (record.typed and not source.typed):
        try:
            with transaction.atomic():
                source.save()
        except IntegrityError:
            source.refresh_from_db()
    return source


@transaction.atomic
def merge(target: Source, duplicates: Iterable[Source]) -> Source:
    """Merge `duplicates` into `target`, which gets what it lacks, and texts that cite them cite it.

    Rows are locked in the order of their keys, so that two merges cannot wait for each other.
    """
    keys = {target.pk, *(duplicate.pk for duplicate in duplicates)}
    rows = {row.pk: row for row in Source.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    target = rows.pop(target.pk)
    if target.merged_into_id:
        return target.merged_into or target
    for duplicate in rows.values():
        if duplicate.merged_into_id:
            continue
        record, level, summary = duplicate.record, duplicate.evidence_level, duplicate.summary
        duplicate.doi = duplicate.pmid = ""
        duplicate.merged_into = target
        duplicate.lookup = Source.Lookup.NONE
        duplicate.save()
        duplicate.duplicates.update(merged_into=target)
        target.fill(record)
        target.evidence_level = target.evidence_level or level
        target.summary = target.summary or summary
    target.save()
    return target


def resolve(pks: Iterable[int]) -> dict[int, Source]:
    """Return the references with these keys; for a merged one, the one that replaced it. At most two queries."""
    sources = Source.objects.in_bulk(set(pks))
    replacements = {source.merged_into_id for source in sources.values() if source.merged_into_id}
    merged = Source.objects.in_bulk(replacements) if replacements else {}
    return {pk: merged.get(source.merged_into_id or 0, source) for pk, source in sources.items()}


def find_other(source: Source, record: Record) -> Source | None:
    """Return another reference that has the DOI or the PMID of `record`."""
    same = Q(pk__in=[])
    if record.doi:
        same |= Q(doi__iexact=record.doi)
    if record.pmid:
        same |= Q(pmid=record.pmid)
    return Source.objects.current().filter(same).exclude(pk=source.pk).order_by("pk").first()
