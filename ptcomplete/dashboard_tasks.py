"""Tasks of the dashboard, and those about reviews."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse

from accounts.models import User
from publishing.review_queue import due_reviews


class Task(NamedTuple):
    """Something for the user to do."""

    title: str
    reason: str
    url: str
    action: str  # the text of the link
    icon: str
    tone: str = ""  # "red" for problems, "butter" for what waits for an answer
    cancel_url: str = ""  # where a button posts that cancels it


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun, such as "1 message" or "1,234 messages"."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"


def due_review_tasks(user: User) -> Iterator[Task]:
    """Yield one line about the public texts whose medical review is overdue or soon due."""
    if not user.has_perm("publishing.view_review") or not (due := due_reviews(user)):
        return
    overdue = sum(row.is_overdue for row in due)
    title = f"{counted(len(due), 'text')} to review again"
    reason = f"{overdue} overdue, with a notice for visitors." if overdue else f"“{due[0].document}” is the first."
    yield Task(title, reason, reverse("admin:publishing_review_due"), "Show", "review", "red" if overdue else "butter")
