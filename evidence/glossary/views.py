"""The public glossary."""

from collections.abc import Iterable
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from evidence.glossary.models import Term
from plaintext.folding import fold
from siteinfo.seo import Breadcrumb, PageMeta
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """List all terms under their first letters."""
    terms = sorted(Term.objects.all(), key=lambda term: (fold(term.name), term.pk))
    initials = [(initial, list(group)) for initial, group in groupby(terms, key=_initial)]
    meta = PageMeta(
        title="Glossary",
        description="The clinical words on this site in plain language: what each means, in a sentence or two.",
        path=reverse("evidence:glossary"),
        schema_type="CollectionPage",
        ancestors=(Breadcrumb("Home", reverse("home")),),
        is_indexed=bool(terms),
        nodes=tuple(_nodes(terms)),
    )
    return render(request, "evidence/glossary.html", {"initials": initials, "total": len(terms), "meta": meta})


def _initial(term: Term) -> str:
    first = fold(term.name)[:1].upper()
    return first if first.isalpha() else "#"


def _nodes(terms: Iterable[Term]) -> Iterable[Node]:
    """Return the glossary and its terms as structured data, in the order of the page."""
    set_id = absolute_url(f"{reverse('evidence:glossary')}#glossary")
    nodes = [
        node(
            "DefinedTerm",
            id=absolute_url(term.get_absolute_url()),
            name=term.name,
            alternateName=term.forms[1:],
            description=term.meaning,
            inDefinedTermSet={"@id": set_id},
        )
        for term in terms
    ]
    if nodes:
        url = absolute_url(reverse("evidence:glossary"))
        parts = [{"@id": each["@id"]} for each in nodes]
        yield node("DefinedTermSet", id=set_id, name="Glossary", url=url, hasDefinedTerm=parts)
    yield from nodes
