"""The report that an import prints."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

OUTCOMES = ("created", "updated", "unchanged", "kept with your edits", "skipped", "failed")


@dataclass
class Report:
    """Counts of posts and pages by outcome, counts of unsupported items, and notes for the author.

    `unresolved_links` maps URLs of the source site that have no match here to the titles that link to them.
    """

    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: {"post": Counter(), "page": Counter()})
    unsupported: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    shortcodes: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    blocks: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unresolved_links: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    images: int = 0
    documents_with_images: int = 0

    def add(self, other: "Report") -> None:
        """Add the counts and notes of `other`."""
        for kind, counts in other.outcomes.items():
            self.outcomes[kind].update(counts)
        self.unsupported.update(other.unsupported)
        self.notes.extend(other.notes)
        for name in ("shortcodes", "blocks", "unresolved_links"):
            for key, titles in getattr(other, name).items():
                getattr(self, name)[key].extend(titles)
        self.images += other.images
        self.documents_with_images += other.documents_with_images

    @property
    def items(self) -> int:
        """Return the number of items in the report."""
        return sum(counts.total() for counts in self.outcomes.values()) + self.unsupported.total()

    @property
    def failed(self) -> int:
        """Return the number of posts and pages that could not be imported."""
        return sum(counts["failed"] for counts in self.outcomes.values())

    def lines(self) -> Iterator[str]:
        """Yield the lines of the report."""
        for kind, found in self.outcomes.items():
            counts = ", ".join(f"{found[name]} {name}" for name in OUTCOMES if found[name])
            yield f"{kind.title()}s: {counts or 'none in this file'}."
        if self.unsupported:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.unsupported.items()))
            yield f"Not supported yet: {kinds}."
        if self.images:
            yield (
                f"Images not imported: {self.images} in {self.documents_with_images} posts and pages."
                " Their captions were kept. Upload the images and insert them again."
            )
        for what, names in (("Shortcode", self.shortcodes), ("Block", self.blocks)):
            for name, titles in sorted(names.items()):
                yield f"{what} “{name}” is not supported. Its text was kept. Used in {_list_titles(titles)}."
        files = [url for url in self.unresolved_links if "." in url.rpartition("/")[2]]
        if files:
            titles = [title for url in files for title in self.unresolved_links[url]]
            summary = f"Links to files on the WordPress site that were not imported: {len(files)}."
            yield f"{summary} Used in {_list_titles(titles)}."
        for url, titles in sorted(
            (url, self.unresolved_links[url]) for url in self.unresolved_links.keys() - set(files)
        ):
            yield f"No page here matches the link to {url}. It was left unchanged. Used in {_list_titles(titles)}."
        yield from self.notes


def _list_titles(titles: list[str]) -> str:
    different = list(dict.fromkeys(titles))
    more = f" and {len(different) - 3} more" if len(different) > 3 else ""
    return ", ".join(f"“{title}”" for title in different[:3]) + more
