"""Load invented reviewers, their reviews and a public change log for the demo's posts."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.models import Author, Qualification
from blog.models import Post
from publishing.models import Review, ReviewSettings

FILE = Path(__file__).parent / "reviews.toml"


def load_reviews() -> None:
    """Create what is missing. Posts that were reviewed or announced a change are left as they are."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    reviewers = {row["slug"]: _load_reviewer(row) for row in data["reviewer"]}
    posts = {post.slug: post for post in Post.objects.filter(reviews=None, changes=None)}
    for row in data["review"]:
        if post := posts.get(row["post"]):
            _create_review(post, reviewers[row["reviewer"]], row)
    for row in data["change"]:
        if post := posts.get(row["post"]):
            _create_change(post, row)


def _load_reviewer(row: dict[str, Any]) -> Author:
    if author := Author.objects.filter(slug=row["slug"]).first():
        return author
    names = ("slug", "name", "credentials", "job_title", "short_bio", "competing_interests")
    # Behind the author of the site.
    fields = {name: row[name] for name in names} | {"expertise": "\n".join(row["expertise"]), "position": 10}
    author = Author.objects.create(**fields)
    Qualification.objects.bulk_create(Qualification(author=author, **each) for each in row["qualifications"])
    return author


def _create_review(post: Post, reviewer: Author, row: dict[str, Any]) -> None:
    today = timezone.localdate()
    reviewed_on = today - timedelta(days=row["days"])
    due_on = today - timedelta(days=row["due"]) if "due" in row else ReviewSettings.load().default_due_on(reviewed_on)
    Review.objects.create(
        document=post,
        outcome=Review.Outcome.APPROVED,
        reviewer=reviewer,
        version=post.version,
        reviewed_on=reviewed_on,
        due_on=due_on,
        pemat=row["pemat"],
    )


def _create_change(post: Post, row: dict[str, Any]) -> None:
    changed_on = timezone.localdate() - timedelta(days=row["days"])
    is_correction = row.get("is_correction", False)
    post.changes.create(text=row["text"], changed_on=changed_on, is_correction=is_correction)
    post.updated_on = max(changed_on, post.updated_on or changed_on)
    post.save(update_fields=["updated_on"])
