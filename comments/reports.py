"""What the weekly email says about comments."""

from analytics import weekly
from analytics.reports.scope import Scope
from analytics.weekly import Item, Section
from comments.models import Comment
from siteinfo.urls import admin_url


def pending(scope: Scope) -> Section | None:
    """Return how many comments wait for a decision."""
    if not scope.user.has_perm("comments.change_comment"):
        return None
    count = Comment.objects.pending().count()
    text = f"{count} comment{' waits' if count == 1 else 's wait'} for your decision"
    return Section("Comments", [Item(text, admin_url(Comment, query={"status": "pending"}))] if count else [])


def register() -> None:
    """Add the comments to the weekly email."""
    weekly.register(pending, order=35)
