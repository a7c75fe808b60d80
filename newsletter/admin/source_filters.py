"""Filter the list of subscribers by where they signed up."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest

from analytics.reports.scope import load_documents
from newsletter.models import ConsentEvent, Sequence, Subscriber
from plaintext.numbers import parse_pk

# The texts with the most sign-ups. Others are found through the reports.
MAX_TEXTS = 30


def _requests() -> QuerySet[ConsentEvent]:
    return ConsentEvent.objects.filter(kind=ConsentEvent.Kind.REQUESTED)


def _of_subscriber(**source: Any) -> Exists:
    return Exists(_requests().filter(subscriber=OuterRef("pk"), **source))


class FormFilter(admin.SimpleListFilter):
    """By the sign-up form that was used."""

    title = "sign-up form"
    parameter_name = "form"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the site's forms."""
        return [(str(value), str(label)) for value, label in Sequence.Form.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        """Return those who used the form."""
        return queryset.filter(_of_subscriber(form=self.value())) if self.value() else queryset


class TextFilter(admin.SimpleListFilter):
    """By the post or page with the form."""

    title = "post or page"
    parameter_name = "signed_up_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the texts with the most sign-ups. Two queries, and one for each kind of text."""
        found = _requests().filter(document_id__isnull=False).order_by().values_list("document_kind", "document_id")
        keys = [key[:2] for key in found.annotate(total=Count("pk")).order_by("-total", "document_id")[:MAX_TEXTS]]
        documents = load_documents(keys)
        return [(f"{kind}-{pk}", str(documents[kind, pk])) for kind, pk in keys if (kind, pk) in documents]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        """Return those who used a form in the text, whether it is among the lookups or not."""
        kind, _, pk = (self.value() or "").partition("-")
        if not kind:
            return queryset
        return queryset.filter(_of_subscriber(document_kind=kind, document_id=parse_pk(pk) or 0))
