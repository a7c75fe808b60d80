"""Sign-ups by page and form, for the reports of the admin."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from analytics.reports import tables
from analytics.reports.scope import Scope, load_documents, paths_of
from analytics.reports.tables import MAX_ROWS, Row, Table
from newsletter.models import ConsentEvent, Sequence

FORMS = dict(Sequence.Form.choices)


class _Source(NamedTuple):
    """Where people signed up. A post or page is the same whatever its path was."""

    kind: str
    document_id: int | None
    path: str
    form: str


def sign_ups(scope: Scope) -> Table:
    """Return how many people signed up on each page with each form, and how many of them confirmed."""
    counts: dict[_Source, tuple[int, int]] = {}
    for kind, pk, path, form, total, confirmed in _counted(scope):
        source = _Source(kind, pk, "" if pk else path, form)
        earlier = counts.get(source, (0, 0))
        counts[source] = (earlier[0] + total, earlier[1] + confirmed)
    ordered = sorted(
        counts.items(), key=lambda item: (-item[1][1], -item[1][0], item[0].path, item[0].document_id or 0)
    )
    columns = ("Page", "Signed up", "Confirmed", "Form")
    return Table("Newsletter sign-ups", columns, _rows(ordered[:MAX_ROWS]), "Nobody signed up in this period.")


def _counted(scope: Scope) -> Any:
    period = scope.period
    asked = ConsentEvent.objects.filter(
        kind=ConsentEvent.Kind.REQUESTED, occurred_at__date__gte=period.first, occurred_at__date__lte=period.last
    )
    confirmed = ConsentEvent.objects.filter(
        kind=ConsentEvent.Kind.CONFIRMED, email_hash=OuterRef("email_hash"), occurred_at__gte=OuterRef("occurred_at")
    )
    if scope.documents is not None:
        wanted = Q(document_id=None, page_path__in=paths_of(scope))
        for kind, pks in scope.documents.items():
            wanted |= Q(document_kind=kind, document_id__in=pks)
        asked = asked.filter(wanted)
    rows = asked.annotate(is_confirmed=Exists(confirmed)).order_by()
    sources = rows.values_list("document_kind", "document_id", "page_path", "form")
    return sources.annotate(total=Count("pk"), confirmed=Count("pk", filter=Q(is_confirmed=True)))


def _rows(counted: Iterable[tuple[_Source, tuple[int, int]]]) -> list[Row]:
    counted = list(counted)
    documents = load_documents((source.kind, source.document_id) for source, _ in counted if source.document_id)
    rows = []
    for source, numbers in counted:
        document = documents.get((source.kind, source.document_id or 0))
        name, url = source.path or "Unknown page", source.path
        if source.document_id:
            name = str(document) if document else "Deleted text"
            url = reverse("admin:analytics_document", args=[source.kind, source.document_id]) if document else ""
        rows.append(Row(name, url, (*numbers, FORMS.get(source.form, source.form))))
    return rows


def register() -> None:
    """Add the table to the reports."""
    for report in ("results", "document"):
        tables.register(report, "sign-ups", sign_ups, is_by_document=True)
