"""What an import did, in words: the counts add up to the items of the file."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

OUTCOMES = ("created", "updated", "unchanged", "kept as edited here", "skipped", "failed")


@dataclass
class Report:
    """Counts of posts and pages by outcome, items of other kinds, and everything the author should know.

    `old_links` are addresses of the old site that nothing here answers, each with the texts that link to it.
    """

    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: {"post": Counter(), "page": Counter()})
    not_yet: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    shortcodes: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    blocks: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    old_links: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pictures: int = 0
    texts_with_pictures: int = 0

    @property
    def items(self) -> int:
        """How many items of the files it accounts for."""
        return sum(counts.total() for counts in self.outcomes.values()) + self.not_yet.total()

    @property
    def failed(self) -> int:
        """How many texts could not be imported."""
        return sum(counts["failed"] for counts in self.outcomes.values())

    def lines(self) -> Iterator[str]:
        """The report, a line at a time."""
        for kind, found in self.outcomes.items():
            counts = ", ".join(f"{found[name]} {name}" for name in OUTCOMES if found[name])
            yield f"{kind.title()}s: {counts or 'none in this file'}."
        if self.not_yet:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.not_yet.items()))
            yield f"Not yet imported: {kinds}."
        if self.pictures:
            yield (
                f"Pictures left out: {self.pictures} in {self.texts_with_pictures} texts."
                " Their captions are kept; upload the pictures and place them again."
            )
        for what, names in (("Shortcode", self.shortcodes), ("Block", self.blocks)):
            for name, titles in sorted(names.items()):
                yield f"{what} “{name}” has no counterpart here; its text is kept. In {_some(titles)}."
        files = [url for url in self.old_links if "." in url.rpartition("/")[2]]
        if files:
            titles = [title for url in files for title in self.old_links[url]]
            yield f"Files of the old site that are linked to and have not moved: {len(files)}. In {_some(titles)}."
        for url, titles in sorted((url, self.old_links[url]) for url in self.old_links.keys() - set(files)):
            yield f"Nothing here answers the link to {url}, so it is left as it was. In {_some(titles)}."
        yield from self.notes


def _some(titles: list[str]) -> str:
    different = list(dict.fromkeys(titles))
    more = f" and {len(different) - 3} more" if len(different) > 3 else ""
    return ", ".join(f"“{title}”" for title in different[:3]) + more
