"""What an import did, in words: the counts add up to the items of the file."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

OUTCOMES = ("created", "updated", "unchanged", "kept as edited here", "skipped", "failed")


@dataclass
class Report:
    """Counts of posts by outcome, items of other kinds, and everything the author should know."""

    outcomes: Counter[str] = field(default_factory=Counter)
    not_yet: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    shortcodes: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    blocks: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pictures: int = 0
    posts_with_pictures: int = 0

    @property
    def items(self) -> int:
        """How many items of the files it accounts for."""
        return self.outcomes.total() + self.not_yet.total()

    def lines(self) -> Iterator[str]:
        """The report, a line at a time."""
        counts = ", ".join(f"{self.outcomes[name]} {name}" for name in OUTCOMES if self.outcomes[name])
        yield f"Posts: {counts or 'none in this file'}."
        if self.not_yet:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.not_yet.items()))
            yield f"Not yet imported: {kinds}."
        if self.pictures:
            yield (
                f"Pictures left out: {self.pictures} in {self.posts_with_pictures} posts."
                " Their captions are kept; upload the pictures and place them again."
            )
        for what, found in (("Shortcode", self.shortcodes), ("Block", self.blocks)):
            for name, titles in sorted(found.items()):
                shown = ", ".join(f"“{title}”" for title in titles[:3])
                more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
                yield f"{what} “{name}” has no counterpart here; its text is kept. In {shown}{more}."
        yield from self.notes
