"""Which public texts are due for a medical review, and who reviewed which."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Author, User
from publishing.document_paths import document_models
from publishing.models import Document, Review

# Reviews that are due within this time are listed, so that they can be planned.
PLANNED_AHEAD = timedelta(days=30)
LARGE_FIELDS = ("headings", "body")


class DueReview(NamedTuple):
    """A public text with a review that is due, or will be soon."""

    document: Any
    reviewed_on: date
    due_on: date

    @property
    def is_overdue(self) -> bool:
        """Whether visitors see the notice."""
        return self.due_on < timezone.localdate()

    @property
    def is_changed(self) -> bool:
        """Whether the text changed in substance after its review."""
        return self.document.updated_on is not None and self.document.updated_on > self.reviewed_on


def _with_review(model: type[Document]) -> Any:
    """Return the public rows of `model` with the dates of their current medical review."""
    content_type = ContentType.objects.get_for_model(model)
    reviews = Review.objects.medical().filter(content_type=content_type, object_id=OuterRef("pk"))
    return model.public_rows().annotate(
        reviewed_on=Subquery(reviews.values("reviewed_on")[:1]), due_on=Subquery(reviews.values("due_on")[:1])
    )


def reviewed_rows(model: type[Document]) -> Any:
    """Return the public rows of `model` that were reviewed, with `reviewed_on` and `due_on`."""
    content_type = ContentType.objects.get_for_model(model)
    reviewed = Review.objects.medical().filter(content_type=content_type).order_by().values("object_id")
    # Their keys, because the dates of every row would have to be looked up.
    return _with_review(model).filter(pk__in=reviewed)


def due_reviews(user: User) -> list[DueReview]:
    """Return the texts that `user` may open and that are due, most urgent first. One query for each kind of text."""
    horizon = timezone.localdate() + PLANNED_AHEAD
    found = []
    for model in document_models():
        rows = reviewed_rows(model).filter(Q(due_on__lte=horizon) | Q(updated_on__gt=F("reviewed_on")))
        for row in rows.readable_by(user).defer(*LARGE_FIELDS):
            found.append(DueReview(row, row.reviewed_on, row.due_on))
    return sorted(found, key=lambda due: (due.due_on, due.document.title))


def unreviewed(user: User, model: type[Document]) -> Any:
    """Return the public rows of `model` that `user` may open and that no one has reviewed, newest first."""
    return _with_review(model).filter(reviewed_on=None).readable_by(user).newest_first().defer(*LARGE_FIELDS)


def public_reviewers() -> QuerySet[Author]:
    """Return the people who reviewed a public text."""
    reviewed = Q(pk__in=[])
    for model in document_models():
        reviews = Review.objects.medical().filter(
            content_type=ContentType.objects.get_for_model(model),
            object_id__in=model.public_rows().order_by().values("pk"),
        )
        reviewed |= Q(pk__in=reviews.order_by().values("reviewer"))
    return Author.objects.filter(reviewed)


class ReviewedText(NamedTuple):
    """A public text with the day on which someone reviewed it."""

    document: Any
    reviewed_on: date


def texts_reviewed_by(author: Author) -> list[ReviewedText]:
    """Return the public texts that `author` reviewed, the latest review first. One query for each kind of text."""
    return sorted(_texts_reviewed_by(author), key=lambda text: (text.reviewed_on, text.document.title), reverse=True)


def _texts_reviewed_by(author: Author) -> Iterator[ReviewedText]:
    for model in document_models():
        content_type = ContentType.objects.get_for_model(model)
        reviews = Review.objects.medical().filter(content_type=content_type, reviewer=author)
        days: dict[int, date] = {}
        for pk, day in reviews.values_list("object_id", "reviewed_on"):
            days.setdefault(pk, day)
        for document in model.public_rows().filter(pk__in=days).defer(*LARGE_FIELDS):
            yield ReviewedText(document, days[document.pk])
