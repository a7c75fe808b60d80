"""Show what an import would bring, without writing anything."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blog.models import Post
from pages.models import Page
from wordpress.authors import author_key, public_name
from wordpress.item_content import display_title, fill_document
from wordpress.reader import Author, Export, Item
from wordpress.report import ITEM_ERRORS, Report
from wordpress.source_site import SourceSite

MAX_TITLES = 20
MAX_PROBLEMS = 200
# What WordPress calls the items, as in its menus.
TYPE_LABELS = {
    "post": "Posts",
    "page": "Pages",
    "attachment": "Media library",
    "nav_menu_item": "Menu entries",
    "wp_block": "Reusable blocks",
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
COMMENT_LABELS = {"1": "approved", "0": "waiting for approval", "spam": "spam", "trash": "in the trash"}


@dataclass
class Preview:
    """What was found in the files."""

    items: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    posts_by_author: Counter[str] = field(default_factory=Counter)
    comments: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    without_gmt: int = 0
    protected: int = 0
    report: Report = field(default_factory=Report)

    def add(self, item: Item, site: SourceSite) -> None:
        """Count an item, and find out what its text would lose."""
        self.items[item.post_type][item.status] += 1
        for comment in item.comments:
            self.comments[comment.approved] += 1
        if item.post_type not in {"post", "page"}:
            return
        self.posts_by_author[item.creator] += 1
        self.protected += bool(item.password)
        if item.published_at and item.status in {"publish", "future"}:
            self.first = min(self.first or item.published_at, item.published_at)
            self.last = max(self.last or item.published_at, item.published_at)
        if item.status == "trash":
            return
        try:
            fill_document(Post() if item.post_type == "post" else Page(), item, site, self.report)
        except ITEM_ERRORS as error:
            self.report.notes.append(f"“{display_title(item)}” could not be read: {error}")


def build_preview(
    exports: Sequence[Export], progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Return what the files contain and what would need attention, as values for a JSON field."""
    preview = Preview()
    total = sum(count for export in exports for kind, count in export.counts.items() if kind != "comment")
    done = 0
    for export in exports:
        site = SourceSite(export)
        for item in export.items():
            preview.add(item, site)
            done += 1
            if done % 20 == 0:
                progress(done, total)
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
