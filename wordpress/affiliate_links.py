"""Import the links of affiliate link plugins, such as ThirstyAffiliates. Their old URLs keep working."""

from collections import Counter
from collections.abc import Callable
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from affiliates import shop_urls
from affiliates.models import Link, Program
from affiliates.models.programs import find_program
from plaintext.slugs import slugify
from redirects import services
from redirects.models import Redirect
from redirects.normalize import normalize_path, parse_target
from richtext.embeds import RenderTarget
from wordpress.item_content import display_title
from wordpress.models import ImportedObject, ImportRun, row_fingerprint
from wordpress.reader import Item
from wordpress.report import OUTCOMES, Kind, Outcome, Report
from wordpress.seo import SeoImporter
from wordpress.source_site import SourceSite

# Where ThirstyAffiliates, Easy Affiliate Links, Simple URLs, Lasso and others store the URL of the shop.
_URL_FIELDS = (
    *("_ta_destination_url", "eafl_url", "_surl_redirect", "_lasso_final_url", "lasso_custom_url", "affiliate_link"),
    *(
        "_affiliate_url",
        "_pretty_link_url",
        "prli_url",
        "_linkcentral_destination_url",
        "destination_url",
        "target_url",
    ),
)


_NO_URL = (
    "the export does not contain its URL. Export the links in the plugin as CSV, and import that file under Redirects."
)


class AffiliateLinkHandler:
    """Create an affiliate link for each item, in the program of its shop, and redirect its old URL."""

    labels: ClassVar[dict[str, str]] = dict.fromkeys(
        (
            *("thirstylink", "pretty-link", "easy_affiliate_link", "surl", "lasso-urls", "affiliate_url"),
            *("affiliate-links", "linkcentral_link"),
        ),
        "See the links in this report.",
    )

    def __init__(self, site: SourceSite) -> None:
        self.site = site
        self._items: dict[str, Item] = {}

    def add(self, item: Item, seo: SeoImporter) -> None:
        """Collect the links that were public."""
        if item.post_type in self.labels:
            self._items[f"{item.post_type}:{item.post_id}:{item.guid}"[:700]] = item

    def save(self, resolve: Callable[[str], str], report: Report) -> None:
        """Create the links that are new, each in its own transaction."""
        counts = Counter[str]()
        rows = ImportedObject.objects.filter(site=self.site.name, kind=ImportedObject.Kind.LINK)
        imported = set(rows.values_list("key", flat=True))
        for key, item in self._items.items():
            if key in imported:
                counts[Outcome.UNCHANGED] += 1
                continue
            with transaction.atomic():
                link, note = self._import(item, key, report.run)
            outcome = Outcome.CREATED if link else Outcome.SKIPPED
            counts[outcome] += 1
            report.record(
                Kind.LINK,
                outcome,
                title=display_title(item),
                source=item.link,
                reason=note,
                source_id=item.post_id,
                target=link,
            )
            if note:
                report.notes.append(f"The affiliate link “{display_title(item)}” {note}")
        if counts:
            summary = ", ".join(f"{count} {OUTCOMES[outcome]}" for outcome, count in counts.items())
            report.notes.append(f"Affiliate links: {summary}.")

    def _import(self, item: Item, key: str, run: ImportRun | None) -> tuple[Link | None, str]:
        """Create the link and its redirect. Return the link, or None and why it was skipped."""
        url = destination(item)
        if item.status != "publish":
            return None, f"was skipped: it has the WordPress status “{item.status}”."
        if not url:
            return None, f"was skipped: {_NO_URL}"
        old_path = self._old_path(item)
        try:
            link, program = _create_link(item, url)
        except ValidationError as error:
            return None, self._redirect_only(old_path, url, " ".join(error.messages))
        self._record(ImportedObject.Kind.LINK, key, link, run)
        if program:
            self._record(ImportedObject.Kind.PROGRAM, program.name, program, run)
        if old_path and normalize_path(old_path) != normalize_path(link.get_absolute_url()):
            services.create_redirect(old_path, link.url_for(RenderTarget.PAGE), Redirect.Origin.IMPORTED)
        return link, ""

    def _record(self, kind: ImportedObject.Kind, key: str, row: Model, run: ImportRun | None) -> None:
        values = {"object_id": row.pk, "run": run, "is_new": True, "fingerprint": row_fingerprint(row)}
        ImportedObject.objects.update_or_create(site=self.site.name, kind=kind, key=key[:700], defaults=values)

    def _old_path(self, item: Item) -> str:
        path = self.site.path_of(item.link)
        return f"/{path}" if path else ""

    def _redirect_only(self, old_path: str, url: str, reason: str) -> str:
        try:
            target = parse_target(url)
        except ValidationError:
            return f"was skipped: {reason}"
        if not old_path:
            return f"was skipped: {reason}"
        if services.final_target(old_path) != target:
            services.create_redirect(old_path, target, Redirect.Origin.IMPORTED)
        return f"became a redirect from {old_path}/: {reason}"


def destination(item: Item) -> str:
    """Return the URL of the shop that the item leads to, or ""."""
    meta = dict(item.meta)
    found = next((meta[name].strip() for name in _URL_FIELDS if meta.get(name, "").strip()), "")
    return found.replace("&amp;", "&")


def _create_link(item: Item, url: str) -> tuple[Link, Program | None]:
    """Return a new link, and the program that was created for its shop if none covered it.

    Raises ValidationError for an invalid URL.
    """
    host = shop_urls.parse_shop_url(url).netloc
    programs = list(Program.objects.all())
    program = None
    if find_program(programs, host) is None and not shop_urls.is_amazon(host):
        domain = host.removeprefix("www.")
        program = Program.objects.create(name=_free_program_name(domain, programs), hosts=domain)
    slug = slugify(item.slug or item.title, 80, ascii_only=True)
    is_taken = Link.objects.filter(slug=slug).exists()
    link = Link(name=display_title(item)[:120], slug="" if is_taken else slug, destination=url)
    link.clean()
    tag = shop_urls.get_tag(url, link.program.tag_parameter)
    if tag and not link.program.tag:
        link.program.tag = tag[:100]
        link.program.save()
    link.save()
    if program:
        program.refresh_from_db()
    return link, program


def _free_program_name(domain: str, programs: list[Program]) -> str:
    names = {program.name for program in programs}
    name = domain[:80]
    return name if name not in names else f"{name[:70]} ({len(names)})"
