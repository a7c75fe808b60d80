"""The summary of an import's report: how many of each kind, and whether that is everything in the files."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Count

from wordpress.models import ImportRun, ReportRow
from wordpress.report import ITEM_KINDS

EXPLANATIONS = {
    ReportRow.Kind.SHORTCODE: "Codes in square brackets that a plugin replaced, such as [contact-form].",
    ReportRow.Kind.BLOCK: "Parts of a text that a plugin or theme filled in.",
    ReportRow.Kind.REFERENCE: "Typed references, which are now in the library. Numbers such as [1] became citations.",
    ReportRow.Kind.DISCLAIMER: "Disclaimers typed into posts, which show the site’s own instead.",
    ReportRow.Kind.LINK: "Links in your texts that need a look.",
    ReportRow.Kind.ITEM: "What WordPress stores beside posts and pages, such as menu entries and design settings.",
    ReportRow.Kind.REDIRECT: "Old URLs that now lead to a new one.",
    ReportRow.Kind.URL: "Requested after the import, as visitors do, for a sample of the texts.",
}


COLUMNS = ("kind", "title", "old URL or name", "WordPress ID", "what became of it", "why", "here", "undo")


class Line(NamedTuple):
    """One kind of thing: what it is called, how many the files have, and what became of them."""

    kind: str
    label: str
    explanation: str
    in_files: int | None
    reported: int
    outcomes: list[tuple[str, str, int]]


def summarize(run: ImportRun) -> list[Line]:
    """Return a line for each kind that the report has."""
    found: dict[str, list[tuple[str, int]]] = {}
    counts = run.rows.order_by().values_list("kind", "outcome").annotate(Count("pk"))
    for kind, outcome, count in counts:
        found.setdefault(kind, []).append((outcome, count))
    labels = dict(ReportRow.Outcome.choices)
    if checked := run.rows.filter(kind=ReportRow.Kind.URL, outcome=ReportRow.Outcome.OK).first():
        # The one row of the check says how many URLs work.
        works, _, of_how_many = checked.title.partition(" ")
        labels[ReportRow.Outcome.OK] = of_how_many.replace("old URLs ", "")
        found[ReportRow.Kind.URL] = [
            (outcome, int(works) if outcome == ReportRow.Outcome.OK else count)
            for outcome, count in found[ReportRow.Kind.URL]
        ]
    order = list(ReportRow.Outcome.values)
    return [
        Line(
            kind=kind.value,
            label=str(kind.label),
            explanation=EXPLANATIONS.get(kind, ""),
            in_files=run.expected.get(kind.value),
            reported=sum(count for _, count in found.get(kind.value, [])),
            outcomes=[
                (outcome, str(labels.get(outcome, outcome)), count)
                for outcome, count in sorted(found.get(kind.value, []), key=lambda each: order.index(each[0]))
            ],
        )
        for kind in ReportRow.Kind
        if kind.value in found or run.expected.get(kind.value)
    ]


def matches_files(run: ImportRun) -> bool:
    """Return whether the report has a row for every item of the files."""
    counted = dict(run.rows.order_by().filter(kind__in=ITEM_KINDS).values_list("kind").annotate(Count("pk")))
    return all(counted.get(kind.value, 0) == run.expected.get(kind.value, 0) for kind in ITEM_KINDS)


def audit_subject(run: ImportRun) -> str:
    """Return what an import or its undo did, with totals, in one line."""
    if run.task == ImportRun.Task.UNDO:
        removed = run.rows.filter(undone="Removed").count()
        staying = run.rows.filter(undone__startswith="Not removed").count()
        name, totals = "Undo of WordPress import", f"{removed} removed, {staying} not removed"
    else:
        counts = run.rows.order_by().filter(kind__in=ITEM_KINDS).values_list("outcome").annotate(Count("pk"))
        found = dict(counts)
        labels = ReportRow.Outcome.choices
        totals = ", ".join(f"{found[value]} {str(label).lower()}" for value, label in labels if value in found)
        name = "WordPress import"
    ending = "" if run.state == ImportRun.State.DONE else ", stopped before the end"
    return f"{name} {run.pk}: {totals or 'no items'}{ending}"


def lines(run: ImportRun) -> Iterator[str]:
    """Yield the summary as lines for a terminal."""
    for line in summarize(run):
        outcomes = ", ".join(f"{count} {label.lower()}" for _, label, count in line.outcomes) or "not reported"
        total = "" if line.in_files is None else f" of {line.in_files} in the files"
        yield f"{line.label}: {line.reported}{total}: {outcomes}."


def row_values(row: ReportRow) -> list[object]:
    """Return the cells of a row, for downloads."""
    return [
        row.get_kind_display(),
        row.title,
        row.source,
        row.source_id,
        row.get_outcome_display(),
        row.reason,
        row.admin_url,
        row.undone,
    ]
