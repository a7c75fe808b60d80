"""How texts are made and reviewed on this site, in numbers from the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Author
from blog.models import Post
from evidence.counts import cited_in_public, count_by_level
from publishing.document_paths import document_models
from publishing.models import Change, Origin, ReviewSettings
from publishing.review_queue import public_reviewers, reviewed_rows

PERIOD = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class EditorialProcess:
    """The figures that the page of the editorial policy shows."""

    posts: int
    reviewed_posts: int
    reviewed_texts: int
    overdue_texts: int
    median_review_age: int | None  # days
    settings: ReviewSettings
    reviewers: list[Author]
    cited_works: int
    works_by_level: list[tuple[str, int]]
    retracted_works: int
    updates: int
    corrections: int
    ai_assisted: int
    ai_drafted: int


def editorial_process() -> EditorialProcess:
    """Return the figures as they are now. The number of queries is constant."""
    today = timezone.localdate()
    reviews = {model: list(reviewed_rows(model).values_list("reviewed_on", "due_on")) for model in document_models()}
    dates = [row for rows in reviews.values() for row in rows]
    sources = cited_in_public()
    changes = _recent_changes(today - PERIOD)
    origins = _count_origins()
    return EditorialProcess(
        posts=Post.objects.published().count(),
        reviewed_posts=len(reviews[Post]),
        reviewed_texts=len(dates),
        overdue_texts=sum(due_on < today for _, due_on in dates),
        median_review_age=_median_age((reviewed_on for reviewed_on, _ in dates), today),
        settings=ReviewSettings.load(),
        reviewers=list(public_reviewers()),
        cited_works=len(sources),
        works_by_level=count_by_level(sources),
        retracted_works=sum(bool(source.retraction) for source in sources),
        updates=changes["updates"],
        corrections=changes["corrections"],
        ai_assisted=origins[Origin.ASSISTED],
        ai_drafted=origins[Origin.DRAFTED],
    )


def _median_age(days: Iterable[date], today: date) -> int | None:
    ages = [(today - day).days for day in days]
    return round(median(ages)) if ages else None


def _recent_changes(since: date) -> dict[str, int]:
    """Count the announced changes of public texts since then."""
    is_public = Q(pk__in=[])
    for model in document_models():
        content_type = ContentType.objects.get_for_model(model)
        is_public |= Q(content_type=content_type, object_id__in=model.public_rows().order_by().values("pk"))
    counts: dict[str, int] = Change.objects.filter(is_public, changed_on__gt=since).aggregate(
        updates=Count("pk", filter=Q(is_correction=False)), corrections=Count("pk", filter=Q(is_correction=True))
    )
    return counts


def _count_origins() -> dict[str, int]:
    counts: dict[str, int] = dict.fromkeys(Origin.values, 0)
    for model in document_models():
        rows: Any = model.public_rows().order_by().values_list("origin").annotate(Count("pk"))
        for origin, count in rows:
            counts[origin] += count
    return counts
