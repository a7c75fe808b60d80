"""Reviews for tests."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Author
from publishing.models import Review
from tests.factories import make_author


def make_reviewer(**overrides: object) -> Author:
    """Create the profile of a reviewer without an account."""
    return make_author(**{"name": "Rowan Lee", "credentials": "PT, OCS", "slug": "rowan-lee"} | overrides)


def make_review(document: Any, reviewer: Author | None = None, *, days_ago: int = 10, **overrides: Any) -> Review:
    """Create an approval under a reviewer's name, by default ten days old and due in 24 months."""
    reviewed_on: date = timezone.localdate() - timedelta(days=days_ago)
    values = {"outcome": "approved", "reviewed_on": reviewed_on, "due_on": reviewed_on + timedelta(days=730)}
    review = Review(document=document, reviewer=reviewer or make_reviewer(), **values | overrides)
    review.save()
    return review
