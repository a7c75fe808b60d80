"""What an import reports: rows in the database about everything in the files, and the lines on a terminal."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models
from lxml.etree import LxmlError

from wordpress.models import ImportRun, ReportRow

Kind = ReportRow.Kind
Outcome = ReportRow.Outcome
# The kinds of rows that are items of the file. Their counts add up to the items of the file.
ITEM_KINDS = (Kind.POST, Kind.PAGE, Kind.ATTACHMENT, Kind.ITEM)
OUTCOMES = {
    "created": "created",
    "updated": "updated",
    "unchanged": "unchanged",
    "conflict": "kept with your edits",
    "withdrawn": "moved to the trash",
    "skipped": "skipped",
    "failed": "failed",
}
BATCH_SIZE = 200
# What the content of one item may cause. Errors of disks and the network concern all items.
ITEM_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DatabaseError,
    LookupError,
    LxmlError,
    RecursionError,
    TypeError,
    ValidationError,
    ValueError,
)


@dataclass
class Entry:
    """A row of the report that was not saved yet. `target` may get its primary key until then."""

    kind: str
    outcome: str
    source: str = ""
    title: str = ""
    reason: str = ""
    source_id: str = ""
    target: models.Model | None = None
    key: str = ""

    def row(self, run: ImportRun) -> ReportRow:
        """Return the row to save."""
        key = self.key or f"{self.source_id}\n{self.source}\n{self.title}"
        return ReportRow(
            run=run,
            kind=self.kind,
            key=hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest(),
            source_id=self.source_id[:100],
            title=self.title[:255],
            source=self.source[:2000],
            outcome=self.outcome,
            reason=self.reason,
            object_type=self.target._meta.label_lower if self.target else "",
            object_id=self.target.pk if self.target else None,
        )


@dataclass
class Report:
    """What happened to the items of the files, and notes for the author.

    Each batch of work has a child of the report: fill in `child()`, call its `save()` in the transaction of the
    batch, and `add()` it after the commit. So the rows are there if and only if the batch is.

    `unresolved_links` maps URLs of the source site that have no match here to the titles that link to them.
    """

    run: ImportRun | None = None
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: {"post": Counter(), "page": Counter()})
    comments: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    shortcodes: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    blocks: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unresolved_links: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    entries: list[Entry] = field(default_factory=list)

    def child(self) -> "Report":
        """Return an empty report of the same run."""
        return Report(run=self.run)

    def record(
        self,
        kind: str,
        outcome: str,
        *,
        source: str = "",
        title: str = "",
        reason: str = "",
        source_id: object = "",
        target: models.Model | None = None,
        key: str = "",
    ) -> None:
        """Report what became of something: a `ReportRow.Kind` and a `ReportRow.Outcome`.

        `source` is its old URL or its name, `title` that of the post it is in, `target` the row here, `reason` a
        sentence for the author. Nothing may name a commenter or contain an email address. A run has one row for each
        kind and `key`; without a key, for each kind, `source_id`, `source` and `title`.
        """
        self.entries.append(Entry(kind, outcome, source, title, reason, str(source_id or ""), target, key))

    def save(self) -> None:
        """Write the rows. Call it in the transaction of the changes that they describe.

        If a run goes on after an interruption, what it finds unchanged keeps the row that says it was imported.
        """
        entries, self.entries = self.entries, []
        if self.run is None:
            return
        rows = {(row.kind, row.key): row for row in (entry.row(self.run) for entry in entries)}
        repeated = [row for row in rows.values() if row.outcome == Outcome.UNCHANGED]
        ReportRow.objects.bulk_create(repeated, batch_size=BATCH_SIZE, ignore_conflicts=True)
        ReportRow.objects.bulk_create(
            [row for row in rows.values() if row.outcome != Outcome.UNCHANGED],
            batch_size=BATCH_SIZE,
            update_conflicts=True,
            unique_fields=["run", "kind", "key"],
            update_fields=["source_id", "title", "source", "outcome", "reason", "object_type", "object_id"],
        )

    def add(self, other: "Report") -> None:
        """Add the counts, notes and unsaved rows of `other`."""
        for kind, counts in other.outcomes.items():
            self.outcomes[kind].update(counts)
        self.comments.update(other.comments)
        self.unsupported.update(other.unsupported)
        self.notes.extend(other.notes)
        for name in ("shortcodes", "blocks", "unresolved_links"):
            for key, titles in getattr(other, name).items():
                getattr(self, name)[key].extend(titles)
        self.entries.extend(other.entries)

    @property
    def items(self) -> int:
        """Return the number of items in the report."""
        return sum(counts.total() for counts in self.outcomes.values()) + self.unsupported.total()

    @property
    def failed(self) -> int:
        """Return the number of posts and pages that could not be imported."""
        return sum(counts["failed"] for counts in self.outcomes.values())

    def count_of(self, outcome: str) -> int:
        """Return the number of posts and pages with this outcome."""
        return sum(counts[outcome] for counts in self.outcomes.values())

    def reason_for(self, title: str) -> str:
        """Return the notes of a report about a single item, without its title."""
        start = f"“{title}”"
        notes = (note.removeprefix(f"{start}: ") for note in self.notes)
        return " ".join(_capitalized(note.removeprefix(f"{start} ")) for note in notes)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the report."""
        for kind, found in [*self.outcomes.items(), *([("comment", self.comments)] if self.comments else [])]:
            counts = ", ".join(f"{found[name]} {text}" for name, text in OUTCOMES.items() if found[name])
            yield f"{kind.title()}s: {counts or 'none in this file'}."
        if self.unsupported:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.unsupported.items()))
            yield f"Not supported yet: {kinds}."
        for what, names in (("Shortcode", self.shortcodes), ("Block", self.blocks)):
            for name, titles in sorted(names.items()):
                yield f"{what} “{name}” is not supported. Its text was kept. Used in {list_titles(titles)}."
        files = [url for url in self.unresolved_links if "." in url.rpartition("/")[2]]
        if files:
            titles = [title for url in files for title in self.unresolved_links[url]]
            summary = f"Links to files on the WordPress site that were not imported: {len(files)}."
            yield f"{summary} Used in {list_titles(titles)}."
        for url, titles in sorted(
            (url, self.unresolved_links[url]) for url in self.unresolved_links.keys() - set(files)
        ):
            yield f"No page here matches the link to {url}. It was left unchanged. Used in {list_titles(titles)}."
        yield from self.notes


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def list_titles(titles: list[str]) -> str:
    """Return up to three titles for a sentence, and how many more there are."""
    different = list(dict.fromkeys(titles))
    more = f" and {len(different) - 3} more" if len(different) > 3 else ""
    return ", ".join(f"“{title}”" for title in different[:3]) + more
