"""Turn the typed references of imported texts into citations. An undo removes the references that nothing cites."""

from collections.abc import Mapping, Sequence
from typing import Any

from blog.models import Post
from evidence.library import is_as_typed
from evidence.models import Source
from evidence.typed_lists import convert_typed_references, may_have_typed_list
from pages.models import Page
from richtext.references import Reference
from richtext.sanitizer import sanitize
from wordpress import undo
from wordpress.item_content import display_title
from wordpress.models import ImportedObject
from wordpress.reader import Item
from wordpress.report import Kind, Outcome, Report
from wordpress.undo_handlers import EDITED, USED, delete_rows, referenced


def convert_references(document: Post | Page, item: Item, site: str, report: Report) -> bool:
    """Put citations into an unsaved document, and add its references to the library. Return whether it had any.

    Call it in the transaction that saves the document.
    """
    if not may_have_typed_list(document.body):
        return False
    newest = Source.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    result = convert_typed_references(sanitize(document.body))
    if not result.sources:
        return False
    document.body = result.body
    title = display_title(item)
    for source in result.sources:
        is_new = source.pk > newest
        if is_new:
            ImportedObject.objects.update_or_create(
                site=site,
                kind=ImportedObject.Kind.REFERENCE,
                key=str(source.pk),
                defaults={"object_id": source.pk, "run": report.run, "is_new": True},
            )
        report.record(
            Kind.REFERENCE,
            Outcome.CREATED if is_new else Outcome.UNCHANGED,
            source=source.typed or source.label,
            title=title,
            source_id=item.post_id,
            target=source,
            reason=result.message,
        )
    return True


def _reasons_to_keep(pairs: Sequence[tuple[ImportedObject, Any]]) -> Mapping[int, str]:
    rows = [row for _, row in pairs]
    pks = [row.pk for row in rows]
    cited = Reference.objects.to_model(Source).filter(target_id__in=pks).values_list("target_id", flat=True)
    used = dict.fromkeys({pk for pk in cited if pk is not None} | referenced(rows), USED)
    return used | {row.pk: EDITED for row in rows if not is_as_typed(row)}


undo.register(ImportedObject.Kind.REFERENCE, undo.UndoHandler(Source, 45, _reasons_to_keep, delete_rows))
