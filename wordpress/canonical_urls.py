"""Replace canonical URLs on the source site with those of the same pages here."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone

from blog.models import Post
from pages.models import Page
from siteinfo.urls import absolute_url
from wordpress.models import ImportedObject, fingerprint
from wordpress.reader import Item
from wordpress.report import Kind, Outcome, Report
from wordpress.seo import SeoImporter
from wordpress.source_site import SourceSite

_MODELS: dict[str, Any] = {ImportedObject.Kind.POST: Post, ImportedObject.Kind.PAGE: Page}


class CanonicalUrlHandler:
    """Rewrite the canonical URLs of documents that were imported and not edited since."""

    labels: ClassVar[dict[str, str]] = {}

    def __init__(self, site: SourceSite) -> None:
        self.site = site

    def add(self, item: Item, seo: SeoImporter) -> None:
        """Do nothing: the documents are found by their canonical URLs."""

    def save(self, resolve: Callable[[str], str], report: Report) -> None:
        """Rewrite them, each in its own transaction, also those that an interrupted run left."""
        for kind, model in _MODELS.items() if self.site.host else ():
            records = ImportedObject.objects.filter(site=self.site.name, kind=kind)
            documents = model.objects.filter(self.site.mentioned_in("canonical_url"))
            for pk in list(documents.filter(pk__in=records.values("object_id")).values_list("pk", flat=True)):
                with transaction.atomic():
                    self._rewrite(model.objects.select_for_update().get(pk=pk), kind, resolve, report)

    def _rewrite(self, document: Any, kind: str, resolve: Callable[[str], str], report: Report) -> None:
        record = ImportedObject.objects.filter(site=self.site.name, kind=kind, object_id=document.pk).first()
        old = document.canonical_url
        if record is None or self.site.parse_url(old) is None or record.fingerprint != fingerprint(document):
            return
        path = resolve(old)
        if not path:
            reason = f"It named {old} as its original, which is not here. This was left out."
            report.record(Kind.SEO, Outcome.REMOVED, title=str(document), source=old, reason=reason, target=document)
            report.notes.append(f"“{document}”: {reason}")
        url = "" if not path or path == document.get_absolute_url() else absolute_url(path)
        if url == old:
            return
        document.canonical_url, document.modified_at = url, timezone.now()
        document.save(update_fields=["canonical_url", "modified_at"])
        record.fingerprint = fingerprint(document)
        record.save(update_fields=["fingerprint"])
