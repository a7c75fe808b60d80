"""Import the menus of a source site, and put them where their author wants them.

An export does not say where the theme showed a menu, so each is stored as an `ImportedMenu` until the author chooses.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypedDict

from django.core.exceptions import ValidationError
from django.db import transaction

from layout.block_types import MENUS, Area
from layout.default_layout import BlockNode
from layout.models import Block
from layout.services import add_block, replace_links
from wordpress.models import ImportedMenu, ImportedObject, row_fingerprint
from wordpress.reader import Item
from wordpress.report import Kind, Outcome, Report
from wordpress.seo import SeoImporter
from wordpress.source_site import SourceSite

MAX_TITLE_LENGTH = 80
MAX_DEPTH = 10


class Entry(TypedDict):
    """An entry of a menu. Without a URL it is only a heading."""

    title: str
    url: str
    children: "list[Entry]"


class MenuHandler:
    """Collect the entries of every menu and store the menus as trees."""

    labels: ClassVar[dict[str, str]] = {"nav_menu_item": "See the menus in this report."}

    def __init__(self, site: SourceSite) -> None:
        self.site = site
        self._names: dict[str, str] = {}
        # By menu and ID. Merged exports contain entries twice.
        self._entries: defaultdict[str, dict[int, tuple[Item, str]]] = defaultdict(dict)

    def add(self, item: Item, seo: SeoImporter) -> None:
        """Collect an entry with the old URL it links to."""
        if item.post_type not in self.labels:
            return
        for ref in item.terms:
            if ref.taxonomy == "nav_menu" and item.status in {"publish", ""}:
                self._names.setdefault(ref.slug, ref.name)
                self._entries[ref.slug].setdefault(item.post_id, (item, _old_url(item, seo)))

    def save(self, resolve: Callable[[str], str], report: Report) -> None:
        """Store each menu. A menu placed before stays as it is."""
        for slug, entries in self._entries.items():
            missing: list[str] = []
            tree = self._tree(entries, resolve, missing)
            values: dict[str, Any] = {"name": self._names[slug][:200], "entries": tree}
            menu, is_new = ImportedMenu.objects.get_or_create(site=self.site.name, slug=slug[:200], defaults=values)
            if not is_new and (menu.name, menu.entries) != (values["name"], tree):
                menu.name, menu.entries = values["name"], tree
                menu.save()
            self._record(menu, is_new, report)
            for url in missing:
                reason = f"The menu “{menu.name}” led there, and there is no page here."
                report.record(Kind.LINK, Outcome.LEFT, source=url, title=menu.name, reason=reason)
                report.notes.append(f"{url}: {reason}")

    def _record(self, menu: ImportedMenu, is_new: bool, report: Report) -> None:
        """Record the menu for the report, and for an undo if it is new."""
        reason = f"Choose its place under “{ImportedMenu._meta.verbose_name_plural}”. An export does not contain it."
        outcome = Outcome.CREATED if is_new else Outcome.UNCHANGED
        report.record(Kind.MENU, outcome, title=menu.name, source=menu.slug, reason=reason, target=menu)
        report.notes.append(f"The menu “{menu.name}” was read. {reason}")
        if is_new:
            values = {"object_id": menu.pk, "run": report.run, "is_new": True, "fingerprint": row_fingerprint(menu)}
            kind = ImportedObject.Kind.MENU
            ImportedObject.objects.update_or_create(site=self.site.name, kind=kind, key=menu.slug, defaults=values)

    def _tree(
        self, entries: dict[int, tuple[Item, str]], resolve: Callable[[str], str], missing: list[str]
    ) -> list[Entry]:
        children: defaultdict[int, list[int]] = defaultdict(list)
        for number, (item, _) in sorted(entries.items(), key=lambda each: (each[1][0].menu_order, each[0])):
            parent = _meta_number(item, "_menu_item_menu_item_parent")
            children[parent if parent in entries and parent != number else 0].append(number)

        def build(numbers: list[int], depth: int) -> Iterator[Entry]:
            for number in numbers:
                item, old_url = entries[number]
                below = list(build(children[number], depth + 1)) if depth < MAX_DEPTH else []
                url = self._new_url(old_url, resolve)
                if old_url and not url:
                    missing.append(old_url)
                if url or below:
                    yield Entry(title=item.title, url=url, children=below)

        return list(build(children[0], 1))

    def _new_url(self, old_url: str, resolve: Callable[[str], str]) -> str:
        if self.site.parse_url(old_url) is not None:
            return resolve(old_url)
        return old_url if old_url.startswith(("https://", "http://", "mailto:", "tel:")) else ""


def place_menu(menu: ImportedMenu, area: str) -> list[str]:
    """Put the menu into `area` and return the titles of entries that could not be placed.

    The links of a menu area are replaced; elsewhere the menu is added below a heading with its name.
    """
    skipped: list[str] = []
    with transaction.atomic():
        if area in MENUS:
            replace_links(area, list(_nodes(menu.entries, area, skipped)))
        else:
            heading = Block(area=area, block_type="heading", title=menu.name[:MAX_TITLE_LENGTH])
            add_block(heading)
            for block in _links(_flat(menu.entries), area, skipped):
                block.parent = heading
                add_block(block)
    return skipped


def _nodes(entries: list[Entry], area: str, skipped: list[str]) -> Iterator[BlockNode]:
    for entry in entries:
        if not entry["children"] or area == Area.TOP_BAR:
            yield from (BlockNode(block, []) for block in _links(_flat([entry]), area, skipped))
            continue
        # A heading opens a list and is no link, so the page it led to comes first in its list.
        below = list(_links(_flat([entry]), area, skipped))
        if below:
            title = entry["title"] or below[0].name
            yield BlockNode(Block(area=area, block_type="heading", title=title[:MAX_TITLE_LENGTH]), below)


def _flat(entries: list[Entry]) -> Iterator[Entry]:
    """Yield the entries with a URL, each before those below it."""
    for entry in entries:
        if entry["url"]:
            yield entry
        yield from _flat(entry["children"])


def _links(entries: Iterator[Entry], area: str, skipped: list[str]) -> Iterator[Block]:
    for entry in entries:
        block = Block(area=area, block_type="link", title=entry["title"][:MAX_TITLE_LENGTH])
        try:
            block.set_link(entry["url"])
        except ValidationError:
            skipped.append(entry["title"] or entry["url"])
            continue
        if not block.title and not block.target:
            block.title = entry["url"].strip("/").rpartition("/")[2][:MAX_TITLE_LENGTH] or entry["url"]
        yield block


def _meta_number(item: Item, name: str) -> int:
    text = dict(item.meta).get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _old_url(item: Item, seo: SeoImporter) -> str:
    """Return the URL on the source site that the entry led to, or "" for one without a link."""
    meta: dict[str, Any] = dict(item.meta)
    kind, number = meta.get("_menu_item_type"), _meta_number(item, "_menu_item_object_id")
    if kind == "post_type":
        return seo.at(f"?page_id={number}" if meta.get("_menu_item_object") == "page" else f"?p={number}")
    if kind == "taxonomy" and meta.get("_menu_item_object") == "category":
        return seo.at(f"?cat={number}")
    if kind == "taxonomy":
        terms = (term for term in seo.export.terms if term.wp_id == str(number) and term.taxonomy == "post_tag")
        return next((seo.at(f"?tag={term.slug}") for term in terms), "")
    url = str(meta.get("_menu_item_url", "")).strip()
    return "" if url in {"", "#"} or url.startswith("#") else seo.absolute(url)
