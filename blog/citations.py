"""Which references and exercises a text shows, those in its snippets included."""

from collections.abc import Iterator

from lxml.html import HtmlElement

from blog.models import Snippet
from plaintext.numbers import parse_pk
from publishing.models import Document
from richtext.citations import cited_ids
from richtext.problems import render_one
from richtext.sanitizer import parse

_PLACE = "structured data"
_SNIPPET = 'data-embed="snippet"'
_EXERCISE = 'data-embed="exercise"'


def ids_of_citations(document: Document) -> list[int]:
    """Return the ids of the references that the text cites, in order. One query if it has snippets."""
    body = document.body
    if "data-cite=" not in body and _SNIPPET not in body:
        return []
    return render_one(document, _PLACE, lambda: [pk for each in _elements(body) for pk in cited_ids(each)], list[int]())


def ids_of_exercises(document: Document) -> list[int]:
    """Return the distinct ids of the exercises that the text embeds, in order. One query if it has snippets."""
    body = document.body
    if _EXERCISE not in body and _SNIPPET not in body:
        return []
    ids = render_one(
        document, _PLACE, lambda: [_embedded_id(each, "exercise") for each in _elements(body)], list[int]()
    )
    return list(dict.fromkeys(pk for pk in ids if pk))


def _elements(body: str) -> Iterator[HtmlElement]:
    """Yield what may be a citation or an embed, that of snippets in their places."""
    elements = list(parse(body).iter("sup", "div"))
    pks = {pk for element in elements if (pk := _embedded_id(element, "snippet"))}
    snippets = dict(Snippet.objects.filter(pk__in=pks).values_list("pk", "body")) if pks else {}
    for element in elements:
        yield element
        if text := snippets.get(_embedded_id(element, "snippet")):
            yield from parse(text).iter("sup", "div")


def _embedded_id(element: HtmlElement, kind: str) -> int:
    return (parse_pk(element.get("data-id")) or 0) if element.get("data-embed") == kind else 0
