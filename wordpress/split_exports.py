"""Exports that are split into several files: what one file declares is known to the others, in any order."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import chain

from wordpress.reader import Author, Export, Term
from wordpress.source_site import SourceSite


def share_declarations(exports: Iterable[Export]) -> list[Export]:
    """Return the exports, of which those of one site have the authors and terms of all of them."""
    exports = list(exports)
    sites = defaultdict[str, list[Export]](list)
    for export in exports:
        sites[SourceSite(export).name].append(export)
    return [_shared(export, sites[SourceSite(export).name]) for export in exports]


def _shared(export: Export, of_site: Sequence[Export]) -> Export:
    if len(of_site) == 1:
        return export
    siblings = tuple(other for other in of_site if other is not export)
    exports = (export, *siblings)
    return replace(
        export,
        siblings=siblings,
        authors=_best(
            chain.from_iterable(each.authors for each in exports), lambda author: author.login, _known_author
        ),
        terms=_best(
            chain.from_iterable(each.terms for each in exports), lambda term: (term.taxonomy, term.slug), _known_term
        ),
    )


def _best[T](rows: Iterable[T], key: Callable[[T], Hashable], known: Callable[[T], int]) -> tuple[T, ...]:
    """Return the row of each key of which the most is known, the first of equals."""
    best: dict[Hashable, T] = {}
    for row in rows:
        other = best.get(key(row))
        if other is None or known(row) > known(other):
            best[key(row)] = row
    return tuple(best.values())


def _known_author(author: Author) -> int:
    return sum(map(bool, (author.wp_id, author.email, author.display_name, author.first_name, author.last_name)))


def _known_term(term: Term) -> int:
    return sum(map(bool, (term.wp_id, term.parent_slug, term.description)))
