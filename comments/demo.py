"""Comments of the demo site, by invented people."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from blog.models import Post
from comments.bodies import html_from_text
from comments.models import Comment, CommentSettings, Discussion

DEMO = Path(__file__).parent / "demo.toml"
# The first comment on a post is written this long after the post, and the others follow.
FIRST_AFTER = timedelta(hours=6)


@transaction.atomic
def create_demo_comments() -> int:
    """Turn comments on and create the demo comments, unless an owner decided about comments. Return how many."""
    if CommentSettings.objects.exists():
        return 0
    CommentSettings.objects.create(pk=CommentSettings.singleton_instance_id, is_enabled=True)
    created: dict[str, Comment] = {}
    for row in tomllib.loads(DEMO.read_text(encoding="utf-8"))["comment"]:
        if post := Post.objects.published().select_related("author").filter(slug=row["post"]).first():
            created[row["id"]] = _create(row, post, created)
    return len(created)


def _create(row: dict[str, Any], post: Post, created: dict[str, Comment]) -> Comment:
    now = timezone.now()
    posted_at = (post.published_at or now) + FIRST_AFTER + timedelta(hours=row["hours"])
    status = Comment.Status(row.get("status", Comment.Status.APPROVED))
    return Comment.objects.create(
        discussion=Discussion.objects.get_or_create_of(post),
        parent=created.get(row.get("answers", "")),
        author=post.author if row.get("by_author") else None,
        name=row.get("name", post.author.name),
        email=row.get("email", ""),
        website=row.get("website", ""),
        body=html_from_text(row["text"]),
        status=status,
        posted_at=min(posted_at, now),
        moderated_at=None if status == Comment.Status.PENDING else min(posted_at, now),
        next_attempt_at=None,
    )
