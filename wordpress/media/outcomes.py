"""What became of each media file of an import."""

from dataclasses import dataclass

from wordpress.media.library import Entry
from wordpress.report import Outcome


@dataclass(slots=True)
class MediaOutcome:
    """A media file of the old site, by its URL there, and what became of it."""

    url: str
    outcome: Outcome
    is_image: bool
    note: str = ""
    entry: Entry | None = None

    @property
    def used_in(self) -> list[str]:
        """Return the titles of the texts that use the file."""
        return list(self.entry.used_in) if self.entry else []
