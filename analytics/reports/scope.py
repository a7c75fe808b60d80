"""What a report is about: a period, and the documents that its reader may see."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from publishing.document_paths import document_models
from publishing.models import Document

# A longer one would read too many rows of a large site in one request.
PERIODS = (7, 28)
DEFAULT_PERIOD = 28


class Period(NamedTuple):
    """The days from `first` to `last`, and as many before them."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """Return the period of the same length that ends the day before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def q(self) -> Q:
        """Select the rows of these days."""
        return Q(day__gte=self.first, day__lte=self.last)


def last_days(days: int, until: date | None = None) -> Period:
    """Return the `days` up to yesterday, or up to `until`. Today is incomplete, so it would look like a fall."""
    last = until or timezone.localdate() - timedelta(days=1)
    return Period(last - timedelta(days=days - 1), last)


@dataclass(frozen=True)
class Scope:
    """The period, and the primary keys of the documents by the name of their model. None: the whole site."""

    user: User
    period: Period
    documents: dict[str, frozenset[int]] | None = None
    # Results that several tables of one report share.
    shared: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_whole_site(self) -> bool:
        """Return whether the reader sees everything."""
        return self.documents is None

    def includes(self, kind: str, pk: int) -> bool:
        """Return whether the document may be shown."""
        return self.documents is None or pk in self.documents.get(kind, ())

    def rows_of(self, kind: str, field: str) -> Q:
        """Select the rows whose `field` is one of the documents of this kind."""
        return Q() if self.documents is None else Q(**{f"{field}__in": self.documents.get(kind, frozenset())})

    def pages(self, prefix: str = "page__") -> Q:
        """Select the rows of the documents."""
        if self.documents is None:
            return Q()
        found = Q(pk__in=())
        for kind, pks in self.documents.items():
            found |= Q(**{f"{prefix}kind": kind, f"{prefix}document_id__in": pks})
        return found


def documents_of(user: User) -> dict[str, frozenset[int]] | None:
    """Return the documents whose numbers `user` may see: None for all, and empty for none.

    Who may read all drafts, such as a reviewer, does not see numbers for that reason.
    """
    if user.has_perm("analytics.view_pagecount"):
        return None
    found: dict[str, frozenset[int]] = {}
    for model in document_models():
        opts = model._meta
        if model.owner_lookup and user.has_perm(f"{opts.app_label}.add_{opts.model_name}"):
            manager: Any = model._default_manager
            found[str(opts.model_name)] = frozenset(
                manager.filter(**{model.owner_lookup: user.pk}).order_by().values_list("pk", flat=True)
            )
    return found


def may_see_reports(user: User) -> bool:
    """Return whether `user` has the reports in the admin at all. No query."""
    if user.has_perm("analytics.view_pagecount"):
        return True
    models = [model for model in document_models() if model.owner_lookup]
    return any(user.has_perm(f"{model._meta.app_label}.add_{model._meta.model_name}") for model in models)


def paths_of(scope: Scope) -> set[str]:
    """Return the current paths of the documents in the scope."""
    keys = [(kind, pk) for kind, pks in (scope.documents or {}).items() for pk in pks]
    return {document.get_absolute_url() for document in load_documents(keys).values()}


def load_documents(keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Document]:
    """Return documents by the name of their model and primary key, without their texts. One query per model."""
    keys = list(keys)
    found: dict[tuple[str, int], Document] = {}
    for model in document_models():
        kind = str(model._meta.model_name)
        pks = [pk for name, pk in keys if name == kind]
        if pks:
            manager: Any = model._default_manager
            rows = manager.filter(pk__in=pks).only("title", model.path_field)
            found |= {(kind, document.pk): document for document in rows}
    return found
