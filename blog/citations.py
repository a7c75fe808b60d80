"""Which references a text cites, those in its snippets included."""

from collections.abc import Iterator

from blog.models import Snippet
from plaintext.numbers import parse_pk
from richtext.citations import cited_ids, find_citations
from richtext.sanitizer import parse

_SNIPPET = 'data-embed="snippet"'


def ids_of_citations(body: str) -> list[int]:
    """Return the ids of the references that `body` cites, in order. One query if it has snippets."""
    if "data-cite=" not in body and _SNIPPET not in body:
        return []
    root = parse(body)
    pks = {
        pk for div in root.iter("div") if div.get("data-embed") == "snippet" and (pk := parse_pk(div.get("data-id")))
    }
    snippets = dict(Snippet.objects.filter(pk__in=pks).values_list("pk", "body")) if pks else {}

    def find() -> Iterator[int]:
        for element in root.iter("sup", "div"):
            yield from cited_ids(element)
            if element.get("data-embed") == "snippet":
                for _, ids in find_citations(parse(snippets.get(parse_pk(element.get("data-id")) or 0) or "<p></p>")):
                    yield from ids

    return list(find())
