"""Set the SEO fields of imported documents from what SEO plugins stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.formats import date_format

from blog.models import Post
from pages.models import Page
from redirects.normalize import normalize_path, parse_target
from siteinfo.seo import truncate
from wordpress.archive_reader import plain_line
from wordpress.authors import public_name
from wordpress.item_content import display_title, slug_for
from wordpress.reader import Export, Item
from wordpress.report import Report
from wordpress.seo_plugins import SeoMeta, read_seo_meta
from wordpress.seo_variables import expand_variables
from wordpress.source_site import SourceSite

MAX_TITLE = 70
MAX_DESCRIPTION = 170
MAX_CANONICAL = 200
_validate_url = URLValidator(schemes=["http", "https"])
# Code that plugins and themes put into a page. It is shown to the author and never run.
_SCRIPT_FIELDS = frozenset(
    {"_genesis_scripts", "_inpost_head_script", "_wpcode_header_scripts", "_wpcode_body_scripts"}
    | {"_wpcode_footer_scripts", "hefo_before", "hefo_after", "_header_scripts", "_footer_scripts", "custom_js"}
    | {"_post_head_code", "_post_footer_code", "header_scripts", "footer_scripts", "_elementor_custom_js"}
)
MAX_SCRIPT_SHOWN = 300


@dataclass(frozen=True)
class SeoImporter:
    """Read and apply the SEO settings of the items of one export."""

    export: Export
    site: SourceSite

    def apply(self, document: Post | Page, item: Item, report: Report) -> None:
        """Set the SEO fields of `document`, and report what has no place here.

        A document that only redirected its visitors becomes a draft: see wordpress.source_redirects.
        """
        meta = dict(item.meta)
        seo = read_seo_meta(meta)
        if seo == SeoMeta() and meta.keys().isdisjoint(_SCRIPT_FIELDS):
            document.seo_title = document.seo_description = document.canonical_url = ""
            document.hides_from_search = False
            return
        title = f"“{display_title(item)}”"
        values = self._values(item, seo)
        document.seo_title = self._title(seo.title, values, meta, title, report)
        description = seo.description or seo.social_description
        document.seo_description = _description(expand(description, values, meta), item, title, report)
        document.hides_from_search = seo.is_noindex
        document.canonical_url = self._canonical(seo.canonical, item, title, report)
        if document.status == Post.Status.PUBLISHED and self.redirect_of(item):
            document.status = Post.Status.DRAFT
            words = "redirected its visitors, so it was imported as a draft and its old URL still redirects."
            report.notes.append(f"{title} {words}")
        report.notes.extend(f"{title} {note}" for note in _notes(seo, values, meta))

    def redirect_of(self, item: Item) -> str:
        """Return the absolute URL that visitors of the item were sent to, or "" if it had a page."""
        target = read_seo_meta(dict(item.meta)).redirect
        path = self.site.path_of(item.link)
        if not (target and path) or item.status != "publish":
            return ""
        url = self.absolute(target)
        parsed = self.site.parse_url(url)
        if parsed is not None:
            return "" if normalize_path(parsed[0]) == normalize_path(path) and not parsed[1] else url
        try:
            return parse_target(url)
        except ValidationError:
            return ""

    def primary_category_slug(self, item: Item) -> str:
        """Return the WordPress slug of the item's primary category, or "" if it has none or is not in it."""
        wp_id = read_seo_meta(dict(item.meta)).primary_category_id
        slugs = {ref.slug for ref in item.terms if ref.taxonomy == "category"}
        terms = (term for term in self.export.terms if wp_id and term.taxonomy == "category" and term.wp_id == wp_id)
        return next((term.slug for term in terms if term.slug in slugs), "")

    def at(self, path: str) -> str:
        """Return the absolute URL of `path` below the home page of the source site."""
        return f"{(self.export.base_blog_url or self.export.site_url).rstrip('/')}/{path}"

    def absolute(self, url: str) -> str:
        """Return `url`, which may be a path of the source site, as an absolute URL."""
        try:
            return urljoin(self.export.base_blog_url or self.export.site_url, url.strip())
        except ValueError:
            return ""

    def _values(self, item: Item, seo: SeoMeta) -> dict[str, str]:
        categories = {ref.slug: ref.name for ref in item.terms if ref.taxonomy == "category"}
        names = {author.login: author for author in self.export.authors}
        today = timezone.localdate()
        author = names.get(item.creator)
        return {
            "title": item.title,
            "site": self.export.title,
            "site_description": self.export.description,
            "excerpt": plain_line(item.excerpt),
            "category": categories.get(self.primary_category_slug(item)) or next(iter(categories.values()), ""),
            "tags": ", ".join(ref.name for ref in item.terms if ref.taxonomy == "post_tag"),
            "author": public_name(author) if author else "",
            "date": date_format(timezone.localtime(item.published_at), "F j, Y") if item.published_at else "",
            "modified": date_format(timezone.localtime(item.modified_at), "F j, Y") if item.modified_at else "",
            "year": f"{today:%Y}",
            "month": f"{today:%B}",
            "day": f"{today.day}",
            "today": date_format(today, "F j, Y"),
            "keyword": seo.focus_keyword,
            "id": str(item.post_id),
        }

    def _title(
        self, pattern: str, values: Mapping[str, str], meta: Mapping[str, str], title: str, report: Report
    ) -> str:
        """Return the SEO title, or "" for the plugin's default, which is what this site shows anyway."""
        text = expand(pattern, values, meta)
        own, site = (values["title"], values["site"])
        defaults = {own, *(f"{own} {mark} {site}" for mark in "-–—|·•:»")}
        if not text or text in {" ".join(each.split()) for each in defaults}:
            return ""
        if len(text) > MAX_TITLE and site and text.endswith(site):
            text = text.removesuffix(site).rstrip(" -–—|·•:»")
        if len(text) > MAX_TITLE:
            report.notes.append(
                f"{title} has an SEO title longer than {MAX_TITLE} characters, which was cut: “{text}”."
            )
        return truncate(text, MAX_TITLE)

    def _canonical(self, canonical: str, item: Item, title: str, report: Report) -> str:
        """Return the canonical URL. One on the source site is replaced later: see wordpress.canonical_urls."""
        url = self.absolute(canonical) if canonical else ""
        if not url or self._is_own(url, item):
            return ""
        try:
            _validate_url(url)
        except ValidationError:
            url = ""
        if not url or len(url) > MAX_CANONICAL:
            report.notes.append(f"{title} has an invalid canonical URL, which was left out: {canonical[:300]}")
            return ""
        if self.site.parse_url(url) is None:
            report.notes.append(f"{title} gives search engines another URL as the original, which was kept: {url}")
        return url

    def _is_own(self, url: str, item: Item) -> bool:
        parsed, own = self.site.parse_url(url), self.site.path_of(item.link)
        if parsed is None:
            return False
        path, query, _ = parsed
        if query:
            ids = {query.get("p"), query.get("page_id")} - {None}
            return not path and ids == {str(item.post_id)}
        if own:
            return normalize_path(path) == normalize_path(own)
        return bool(path) and normalize_path(path).rpartition("/")[2] == normalize_path(slug_for(item)).strip("/")


def expand(pattern: str, values: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """Return the text of a title or description as visitors of the source site saw it."""
    public = {name: plain_line(value) for name, value in fields.items() if not value.startswith(("a:", "O:"))}
    return plain_line(expand_variables(pattern, values, public)) if pattern else ""


def _description(text: str, item: Item, title: str, report: Report) -> str:
    if not text or text == plain_line(item.excerpt):
        return ""
    if len(text) > MAX_DESCRIPTION:
        words = f"has an SEO description longer than {MAX_DESCRIPTION} characters, which was cut: “{text}”."
        report.notes.append(f"{title} {words}")
    return truncate(text, MAX_DESCRIPTION)


def _notes(seo: SeoMeta, values: Mapping[str, str], fields: Mapping[str, str]) -> Iterable[str]:
    """Yield what the plugins stored and this site has no field for."""
    if seo.is_nofollow:
        yield "asked search engines not to follow its links. This site has no such setting."
    if (text := expand(seo.social_title, values, fields)) and text != expand(seo.title, values, fields):
        yield f"had its own title for social networks: “{text}”. They show the title of the post here."
    text = expand(seo.social_description, values, fields)
    if text and seo.description and text != expand(seo.description, values, fields):
        yield f"had its own description for social networks: “{text}”. They show the SEO description here."
    if seo.focus_keyword:
        yield f"had the focus keyword “{plain_line(seo.focus_keyword)}”."
    if seo.is_cornerstone:
        yield "was marked as cornerstone content. You can feature it or link to it from a menu."
    for name in fields.keys() & _SCRIPT_FIELDS:
        if code := fields[name].strip():
            shown = code if len(code) <= MAX_SCRIPT_SHOWN else f"{code[:MAX_SCRIPT_SHOWN]}…"
            yield f"had code in its header or footer, which was not imported: {shown}"
