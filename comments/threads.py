"""Arrange the comments of a document in threads."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from comments.models import Comment, Discussion

# Answers further down are shown at this depth, with the name of the person they answer.
MAX_DEPTH = 3
# A page shows this many comments, complete threads of them, before the rest, which one click opens.
SHOWN_AT_ONCE = 50


class Entry(NamedTuple):
    """A comment in its place. `answered` is the comment that it answers, if that is not right above it."""

    comment: Comment
    depth: int
    answered: Comment | None


@dataclass(frozen=True)
class Threads:
    """The comments that visitors see, in the order of the page."""

    first: list[Entry]
    rest: list[Entry]

    @property
    def count(self) -> int:
        """The number of comments."""
        return len(self.first) + len(self.rest)

    @property
    def comments(self) -> list[Comment]:
        """The comments in the order of the page."""
        return [entry.comment for entry in (*self.first, *self.rest)]


def load_threads(discussion: Discussion) -> Threads:
    """Return the approved comments of `discussion`, oldest thread first, with one query."""
    if discussion.pk is None:
        return Threads([], [])
    rows = discussion.comments.approved().select_related("author").order_by("posted_at", "pk")
    entries = list(_arrange(list(rows)))
    end = len(entries)
    if end > SHOWN_AT_ONCE:
        starts = (index for index, entry in enumerate(entries) if entry.depth == 0 and index >= SHOWN_AT_ONCE)
        end = next(starts, end)
    return Threads(entries[:end], entries[end:])


def _arrange(comments: list[Comment]) -> Iterator[Entry]:
    """Yield each comment before its answers. An answer to a comment that is not shown starts a thread."""
    by_pk = {comment.pk: comment for comment in comments}
    answers: defaultdict[int | None, list[Comment]] = defaultdict(list)
    for comment in comments:
        answers[comment.parent_id if comment.parent_id in by_pk else None].append(comment)
    waiting = [(comment, 0) for comment in reversed(answers[None])]
    previous: Comment | None = None
    while waiting:
        comment, depth = waiting.pop()
        parent = by_pk.get(comment.parent_id) if comment.parent_id else None
        yield Entry(comment, min(depth, MAX_DEPTH), parent if parent is not previous else None)
        previous = comment
        waiting += [(answer, depth + 1) for answer in reversed(answers[comment.pk])]
