"""Import redirects that plugins stored with a post, or as posts."""

from collections.abc import Callable
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction

from redirects import services
from redirects.models import Redirect
from redirects.normalize import normalize_path, parse_target
from wordpress.reader import Item
from wordpress.report import Kind, Outcome, Report
from wordpress.seo import SeoImporter
from wordpress.source_site import SourceSite


class RedirectHandler:
    """Redirect the old URLs of posts that only redirected their visitors, and of Safe Redirect Manager's rules."""

    labels: ClassVar[dict[str, str]] = {"redirect_rule": "See the redirects in this report."}

    def __init__(self, site: SourceSite) -> None:
        self.site = site
        # The absolute URL to go to, by the old path.
        self._targets: dict[str, str] = {}

    def add(self, item: Item, seo: SeoImporter) -> None:
        """Collect a redirect from the item's URL, or one that the item is."""
        if item.post_type in {"post", "page"} and (target := seo.redirect_of(item)):
            self._targets[f"/{self.site.path_of(item.link)}"] = target
        if item.post_type == "redirect_rule":
            meta = dict(item.meta)
            old, new = meta.get("_redirect_rule_from", "").strip(), meta.get("_redirect_rule_to", "").strip()
            if item.status == "publish" and old and new and not meta.get("_redirect_rule_from_regex", "").strip():
                self._targets[f"/{old.strip('/')}"] = seo.absolute(new)

    def save(self, resolve: Callable[[str], str], report: Report) -> None:
        """Create the redirects whose target is known."""
        for old, url in self._targets.items():
            target = self._target(url, resolve)
            if not target or normalize_path(old) == normalize_path(target):
                reason = f"The redirect to {url} was left out, because there is no page here."
                report.record(Kind.REDIRECT, Outcome.LEFT, source=f"{old}/", reason=reason)
                report.notes.append(f"{old}/: {reason}")
            elif services.final_target(old) != target:
                with transaction.atomic():
                    services.create_redirect(old, target, Redirect.Origin.IMPORTED)

    def _target(self, url: str, resolve: Callable[[str], str]) -> str:
        if self.site.parse_url(url) is not None:
            return resolve(url)
        try:
            return parse_target(url)
        except ValidationError:
            return ""
