"""Links without a page once an import is undone, in texts that remain."""

from blog.internal_links import broken_reasons
from richtext.references import Reference, ReferenceQuerySet
from wordpress.models import ImportRun
from wordpress.report import Kind, Outcome, Report

REASON = "The undo removed the page that this leads to. Link to another page, or remove the link."
BATCH_SIZE = 200


def dead_paths() -> list[str]:
    """Return the paths without a page here that texts and menus link to, also those of drafts."""
    paths = _links().order_by().values_list("path", flat=True).distinct()
    return sorted(broken_reasons(path for path in paths if path is not None))


def report_dead_links(run: ImportRun, known: list[str]) -> None:
    """Report the links without a page here, except those to the `known` paths."""
    paths = sorted(set(dead_paths()) - set(known))
    report = Report(run=run)
    for start in range(0, len(paths), BATCH_SIZE):
        links = _links().filter(path__in=paths[start : start + BATCH_SIZE])
        sources = {source.reference_key: source for source in links.sources()}
        for link in links.order_by("path", "source_type", "source_id"):
            if source := sources.get((link.source_type_id, link.source_id)):
                owner = source.reference_owner
                report.record(
                    Kind.LINK,
                    Outcome.MISSING,
                    source=f"/{link.path}/",
                    title=str(owner),
                    reason=REASON,
                    source_id=f"{link.source_type_id}-{link.source_id}",
                    target=owner,
                )
        report.save()


def _links() -> ReferenceQuerySet:
    return Reference.objects.from_content().filter(path__isnull=False)
