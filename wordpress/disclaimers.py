"""Replace disclaimers typed into imported posts with the one of the site, which takes over their wording."""

from collections import Counter
from collections.abc import Callable
from typing import ClassVar

from django.db import transaction

from blog.models import Post
from evidence.disclaimers.models import Disclaimer
from evidence.disclaimers.starters import GENERAL
from evidence.disclaimers.typed import may_have_typed, remove_typed
from richtext.sanitizer import sanitize
from wordpress.item_content import display_title
from wordpress.models import ImportedObject, ImportRun, ReportRow, row_fingerprint
from wordpress.reader import Item
from wordpress.report import Kind, Outcome, Report
from wordpress.seo import SeoImporter
from wordpress.source_site import SourceSite
from wordpress.undo import values_before


def replace_typed_disclaimers(post: Post, item: Item, report: Report) -> None:
    """Remove disclaimers about health from the text of `post`, and report their words."""
    if not may_have_typed(post.body):
        return
    body, removed = remove_typed(sanitize(post.body))
    if not removed or not body:
        return
    post.body = body
    for text in removed:
        report.record(
            Kind.DISCLAIMER,
            Outcome.CONVERTED,
            source=text,
            title=display_title(item),
            reason="The post shows the site’s disclaimer instead.",
            source_id=item.post_id,
            target=post,
        )


class DisclaimerHandler:
    """Give the default disclaimer the wording that most imported posts had, unless the owner has changed it."""

    labels: ClassVar[dict[str, str]] = {}

    def __init__(self, site: SourceSite) -> None:
        self.site = site

    def add(self, item: Item, seo: SeoImporter) -> None:
        """Collect nothing: the report of the run has the words that were removed."""

    def save(self, resolve: Callable[[str], str], report: Report) -> None:
        """Change the wording, in a transaction."""
        wording, count = _most_common(report.run)
        if not wording:
            return
        with transaction.atomic():
            default = Disclaimer.objects.select_for_update().filter(is_default=True, text=GENERAL).first()
            if default is None:
                return
            before = values_before(default)
            default.text = wording
            default.save()
            ImportedObject.objects.update_or_create(
                site=self.site.name,
                kind=ImportedObject.Kind.DISCLAIMER,
                key="",
                defaults={
                    "object_id": default.pk,
                    "run": report.run,
                    "before": before,
                    "fingerprint": row_fingerprint(default),
                },
            )
        posts = "1 post" if count == 1 else f"{count} posts"
        report.record(
            Kind.DISCLAIMER,
            Outcome.UPDATED,
            source=wording,
            title=str(default),
            reason=f"The site’s disclaimer has the wording of {posts} now. Change it in one place for all posts.",
            target=default,
        )


def _most_common(run: ImportRun | None) -> tuple[str, int]:
    """Return the wording of most disclaimers that `run` removed, and their number."""
    rows = ReportRow.objects.filter(run=run, kind=Kind.DISCLAIMER, outcome=Outcome.CONVERTED)
    counts = Counter(rows.order_by("pk").values_list("source", flat=True) if run else ())
    return next(iter(counts.most_common(1)), ("", 0))
