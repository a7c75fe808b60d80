"""What an author should look at after an import."""

from typing import NamedTuple

from django.db.models import Count
from django.template.defaultfilters import pluralize
from django.urls import reverse

from wordpress.models import ImportedMenu, ImportRun, ReportRow
from wordpress.report import Kind, Outcome


class Step(NamedTuple):
    """One thing to look at: why, and the link to it."""

    text: str
    label: str
    url: str


def next_steps(run: ImportRun) -> list[Step]:
    """Return what needs a look after an import that has ended, the most important first."""
    rows = run.rows.order_by().values_list("kind", "outcome").annotate(Count("pk"))
    counts = {(kind, outcome): count for kind, outcome, count in rows}
    steps = [_failed(counts), _conflicts(counts), _missing_images(run), _unnamed_authors(run), _menus(), _links(counts)]
    found = [step for step in steps if step is not None]
    if counts.get((Kind.POST, Outcome.CREATED)):
        drafts = bool(run.options.get("as_drafts"))
        text = "Everything is a draft until you publish it." if drafts else "Open a few long posts and compare them."
        found.append(Step(text, "See your posts", reverse("admin:blog_post_changelist")))
    return found


def _failed(counts: dict[tuple[str, str], int]) -> Step | None:
    failed = sum(count for (_, outcome), count in counts.items() if outcome == Outcome.FAILED)
    text = f"{failed} thing{pluralize(failed)} could not be imported."
    return Step(text, "See why", _filtered(outcome=Outcome.FAILED)) if failed else None


def _conflicts(counts: dict[tuple[str, str], int]) -> Step | None:
    count = sum(count for (_, outcome), count in counts.items() if outcome == Outcome.CONFLICT)
    text = f"{count} text{pluralize(count)} changed in WordPress and here. Yours {pluralize(count, 'was,were')} kept."
    return Step(text, "Choose the version", _filtered(outcome=Outcome.CONFLICT)) if count else None


def _missing_images(run: ImportRun) -> Step | None:
    missing = run.rows.filter(kind=Kind.IMAGE, outcome=Outcome.MISSING).exclude(title="")
    count = missing.order_by().values("source").distinct().count()
    text = (
        f"{count} image{pluralize(count)} of your texts {pluralize(count, 'was,were')} not found. Import the same file"
        f" again with a ZIP of your uploads folder to fill {pluralize(count, 'its place,their places')}."
    )
    return Step(text, "See which", _filtered(kind=Kind.IMAGE, outcome=Outcome.MISSING)) if count else None


def _unnamed_authors(run: ImportRun) -> Step | None:
    rows = run.rows.filter(kind=Kind.AUTHOR, outcome=Outcome.CREATED, title__startswith="Guest author")
    if not (count := rows.count()):
        return None
    text = f"The file has no name for {count} author{pluralize(count)}."
    return Step(text, "Name them", f"{reverse('admin:accounts_author_changelist')}?q=Guest+author")


def _menus() -> Step | None:
    count = ImportedMenu.objects.count()
    text = f"The file has {count} menu{pluralize(count)}, but not where {pluralize(count, 'it was,they were')}."
    return Step(text, "Place them", reverse("admin:wordpress_importedmenu_changelist")) if count else None


def _links(counts: dict[tuple[str, str], int]) -> Step | None:
    count = counts.get((Kind.LINK, Outcome.LEFT), 0)
    text = f"{count} link{pluralize(count)} to the old site lead{pluralize(count, 's,')} to no page here."
    return Step(text, "See which", _filtered(kind=Kind.LINK, outcome=Outcome.LEFT)) if count else None


def _filtered(kind: ReportRow.Kind | str = "", outcome: ReportRow.Outcome | str = "") -> str:
    """Return the link that filters the list below the summary."""
    return f"?kind={kind}&outcome={outcome}#rows" if kind else f"?outcome={outcome}#rows"
