"""Report what became of an item of an export."""

from django.db import models

from wordpress.item_content import display_title
from wordpress.reader import Item
from wordpress.report import Kind, Outcome, Report


def record_item(
    report: Report,
    item: Item,
    key: str,
    kind: str,
    outcome: Outcome,
    *,
    number: int,
    target: models.Model | None = None,
    reason: str = "",
) -> None:
    """Report an item of the file `number`, with the notes in `report`, which is only about it, as the reason."""
    title = display_title(item)
    if item.post_type in report.outcomes:
        report.outcomes[item.post_type][outcome] += 1
    for part, names in ((Kind.SHORTCODE, report.shortcodes), (Kind.BLOCK, report.blocks)):
        for name in names:
            report.record(part, Outcome.REMOVED, source=name, title=title, source_id=item.post_id, target=target)
    report.record(
        kind,
        outcome,
        source=item.link or item.guid,
        title=title,
        reason=reason or report.reason_for(title),
        source_id=item.post_id,
        target=target,
        key=f"{number}:{key}",
    )
