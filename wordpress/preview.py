"""Show what an import would bring, without writing anything."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blog.models import Post
from pages.models import Page
from wordpress.answers import may_be_content
from wordpress.authors import author_key, public_name
from wordpress.item_content import display_title, fill_document
from wordpress.known_items import KnownItems
from wordpress.media.importer import MediaOptions, count_files
from wordpress.reader import Author, Export, Item
from wordpress.report import ITEM_ERRORS, Report, list_titles
from wordpress.source_site import SourceSite
from wordpress.split_exports import share_declarations
from wordpress.stored_blocks import StoredBlocks

MAX_TITLES = 20
MAX_PROBLEMS = 200
# What WordPress calls the items, as in its menus.
TYPE_LABELS = {
    "post": "Posts",
    "page": "Pages",
    "attachment": "Media library",
    "nav_menu_item": "Menu entries",
    "wp_block": "Reusable blocks",
    "tablepress_table": "Tables",
    "feedback": "Replies to forms (private, not imported)",
    "product": "Shop products",
    "": "Items without a type",
}
STATUS_LABELS = {
    "publish": "published",
    "future": "scheduled",
    "draft": "draft",
    "pending": "waiting for review",
    "private": "private",
    "trash": "in the trash",
    "inherit": "",
}
KNOWN_LABELS = {
    "new": "new",
    "changed": "changed in WordPress since the last import",
    "unchanged": "already here",
    "deleted": "deleted here",
}
COMMENT_LABELS = {"1": "approved", "0": "waiting for approval", "spam": "spam", "trash": "in the trash"}


@dataclass
class Preview:
    """What was found in the files."""

    items: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    posts_by_author: Counter[str] = field(default_factory=Counter)
    comments: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    # How many texts each type has that plugins and themes added.
    custom_types: Counter[str] = field(default_factory=Counter)
    protected: int = 0
    known: Counter[str] = field(default_factory=Counter)
    # How many of the files that the exports list are in the places to import them from.
    media: dict[str, int] = field(default_factory=dict)
    report: Report = field(default_factory=Report)

    def add(self, item: Item, site: SourceSite, stored: StoredBlocks) -> None:
        """Count an item, and find out what its text would lose."""
        self.items[item.post_type][item.status] += 1
        for comment in item.comments:
            self.comments[comment.approved] += 1
        if item.post_type not in {"post", "page"}:
            is_text = item.status in STATUS_LABELS and item.status not in {"trash", "inherit"} and item.body.strip()
            self.custom_types[item.post_type] += bool(is_text) and may_be_content(item.post_type)
            return
        self.posts_by_author[item.creator] += 1
        self.protected += bool(item.password)
        if item.published_at and item.status in {"publish", "future"}:
            self.first = min(self.first or item.published_at, item.published_at)
            self.last = max(self.last or item.published_at, item.published_at)
        if item.status == "trash":
            return
        try:
            fill_document(Post() if item.post_type == "post" else Page(), item, site, self.report, stored)
        except ITEM_ERRORS as error:
            self.report.notes.append(f"“{display_title(item)}” could not be read: {error}")


def build_preview(
    exports: Sequence[Export],
    progress: Callable[[int, int], None] = lambda done, total: None,
    media_options: MediaOptions | None = None,
) -> dict[str, Any]:
    """Return what the files contain and what would need attention, as values for a JSON field. Nothing is saved."""
    preview = Preview()
    exports = share_declarations(exports)
    if media_options and media_options.sources:
        preview.media = count_files([(SourceSite(export), export) for export in exports], media_options)
    total = sum(count for export in exports for kind, count in export.counts.items() if kind != "comment")
    done = 0
    for export in exports:
        site = SourceSite(export)
        known, stored = KnownItems(site, export), StoredBlocks(export)
        for item in export.items():
            preview.add(item, site, stored)
            if item.post_type in {"post", "page"}:
                known.add(item)
            done += 1
            if done % 20 == 0:
                progress(done, total)
        preview.known.update(known.counts)
    return _values(preview, exports)


def _values(preview: Preview, exports: Sequence[Export]) -> dict[str, Any]:
    report = preview.report
    terms = {(term.taxonomy, term.slug) for export in exports for term in export.terms}
    authors: dict[str, Author] = {author.login: author for export in exports for author in export.authors}
    for login in preview.posts_by_author:
        authors.setdefault(login, Author(login))
    return {
        "sites": [
            {"title": export.title, "url": export.base_blog_url or export.site_url} for export in _one_per_site(exports)
        ],
        "types": [
            {
                "type": kind,
                "label": TYPE_LABELS.get(kind, kind),
                "count": statuses.total(),
                "statuses": [[STATUS_LABELS.get(name, name), count] for name, count in statuses.most_common()],
            }
            for kind, statuses in sorted(preview.items.items(), key=lambda each: _rank(each[0]))
        ],
        "authors": [
            {"key": author_key(login), "name": public_name(author), "posts": preview.posts_by_author[login]}
            for login, author in authors.items()
            if preview.posts_by_author[login]
        ],
        "categories": sum(taxonomy == "category" for taxonomy, _ in terms),
        "tags": sum(taxonomy == "post_tag" for taxonomy, _ in terms),
        "comments": [[COMMENT_LABELS.get(name, "other"), count] for name, count in preview.comments.most_common()],
        "custom_types": [[kind, count] for kind, count in preview.custom_types.items() if count],
        "local_times": sum(export.local_times for export in exports),
        "offsets": list(dict.fromkeys(name for export in exports for name in export.offsets.names())),
        "known": {name: preview.known[name] for name in KNOWN_LABELS if preview.known[name]},
        "media": preview.media,
        "first": preview.first and preview.first.isoformat(),
        "last": preview.last and preview.last.isoformat(),
        "protected": preview.protected,
        "shortcodes": _names(report.shortcodes),
        "blocks": _names(report.blocks),
        "problems": [*(warning for export in exports for warning in export.warnings), *report.notes][:MAX_PROBLEMS],
        "more_problems": max(len(report.notes) - MAX_PROBLEMS, 0),
    }


def _one_per_site(exports: Sequence[Export]) -> list[Export]:
    return list({SourceSite(export).name: export for export in exports}.values())


def _rank(kind: str) -> tuple[int, str]:
    order = ["post", "page", "attachment", "nav_menu_item"]
    return (order.index(kind) if kind in order else len(order), kind)


def _names(found: dict[str, list[str]]) -> list[dict[str, Any]]:
    rows = []
    for name, titles in sorted(found.items()):
        different = list(dict.fromkeys(titles))
        rows.append({"name": name, "count": len(different), "titles": different[:MAX_TITLES]})
    return rows


def preview_lines(preview: Mapping[str, Any]) -> Iterator[str]:
    """Yield the preview for a terminal."""
    for site in preview["sites"]:
        yield f"{site['title'] or site['url']} ({site['url']})"
    for kind in preview["types"]:
        statuses = ", ".join(f"{count} {name}" for name, count in kind["statuses"] if name)
        yield f"{kind['label']}: {kind['count']}" + (f" ({statuses})." if statuses else ".")
    yield "Posts and pages: " + _counted(preview["known"].items(), KNOWN_LABELS)
    yield "Comments: " + _counted(preview["comments"], {})
    yield f"Categories: {preview['categories']}. Tags: {preview['tags']}."
    for kind, count in preview["custom_types"]:
        yield f"{count} texts of the type “{kind}” would not be imported. To import them, add --as {kind}=post."
    if preview["first"]:
        yield f"Published from {preview['first'][:10]} to {preview['last'][:10]}."
    if preview["protected"]:
        yield f"Texts with a password, which would become drafts: {preview['protected']}."
    if preview["media"]:
        yield f"Images and files: {preview['media']['found']} of {preview['media']['listed']} were found."
    for what, found in (("Shortcode", preview["shortcodes"]), ("Block", preview["blocks"])):
        for each in found:
            used = list_titles(each["titles"])
            yield f"{what} “{each['name']}” is not supported. Its text would be kept. Used in {used}."
    yield from preview["problems"]
    if preview["more_problems"]:
        yield f"And {preview['more_problems']} more notes."


def _counted(counts: Iterable[tuple[str, int]], labels: Mapping[str, str]) -> str:
    return ", ".join(f"{count} {labels.get(name, name)}" for name, count in counts) + "." if counts else "none."
