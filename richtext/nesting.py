"""Limit how deeply the tags of a long text are nested, before it is parsed.

The algorithm that browsers and html5ever use takes time proportional to the number of tags times their depth, and
libxml2 stops reading below its depth limit. Neither matters for what people write, but 100,000 nested quotes would
occupy a process for minutes.
"""

import re
from collections.abc import Iterator

# Deeper than any text that people or editors write; the sanitizer unwraps elements long before.
MAX_NESTING = 120
# Comparing each attribute of a tag with the others takes quadratic time, too.
_MAX_ATTRIBUTES = 100
# Texts with less of both are parsed as they are, because even their worst case is fast.
_FEW_TAGS, _FEW_CHARACTERS = 2000, 50_000
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<raw>script|style)(?=[\s/>]).*?(?:</(?P=raw)[^>]*+>?|\Z)"
    r"|<(?P<start>[a-z][^\s/>]*+)(?P<attributes>(?:\s*+=\s*+\"[^\"]*+\"?|\s*+=\s*+'[^']*+'?|[^>=]|=)*+)>?"
    r"|</(?P<end>[a-z][^\s/>]*+)[^>]*+>?"
    r"|<[!?/][^>]*+>?",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s/>=\"'<]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>\"']++)))?")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_CELLS = frozenset({"td", "th"})
_ROWS = _CELLS | {"tr"}
_TERMS = frozenset({"dt", "dd"})
# A start tag ends the open elements that its entry names, because their end tags are optional.
_ENDED_BY = {
    "li": frozenset({"li"}),
    "p": frozenset({"p"}),
    "td": _CELLS,
    "th": _CELLS,
    "tr": _ROWS,
    "dt": _TERMS,
    "dd": _TERMS,
    "option": frozenset({"option"}),
} | dict.fromkeys(("tbody", "thead", "tfoot"), _ROWS | {"tbody", "thead", "tfoot"})


def limit_nesting(markup: str) -> str:
    """Return `markup` without start tags below MAX_NESTING, in linear time. Text and the order of tags stay.

    A short text is returned unchanged. In others every element is closed where its parent ends, so that a
    parser cannot find a deeper nesting than the limit.
    """
    is_short = len(markup) < _FEW_CHARACTERS and markup.count("<") < _FEW_TAGS
    return markup if is_short else "".join(_pieces(markup))


def _pieces(markup: str) -> Iterator[str]:
    position = 0
    open_tags: list[str] = []
    for token in _TOKEN.finditer(markup):
        yield _escape(markup[position : token.start()])
        position = token.end()
        if name := (token["start"] or "").lower():
            yield from _start(name, token["attributes"], open_tags)
        elif (name := (token["end"] or "").lower()) and name in open_tags:
            yield from _close_to(name, open_tags)
    yield _escape(markup[position:])
    yield from (f"</{name}>" for name in reversed(open_tags))


def _start(name: str, attributes: str, open_tags: list[str]) -> Iterator[str]:
    while open_tags and open_tags[-1] in _ENDED_BY.get(name, ()):
        yield f"</{open_tags.pop()}>"
    if name in _VOID:
        yield f"<{name}{_attributes(attributes)}>"
    elif len(open_tags) < MAX_NESTING:
        open_tags.append(name)
        yield f"<{name}{_attributes(attributes)}>"
    else:
        # Words on both sides of the tag stay apart.
        yield " "


def _close_to(name: str, open_tags: list[str]) -> Iterator[str]:
    """Close open elements up to and including the innermost one named `name`."""
    while (closed := open_tags.pop()) != name:
        yield f"</{closed}>"
    yield f"</{name}>"


def _attributes(text: str) -> str:
    found = [match for match, _ in zip(_ATTRIBUTE.finditer(text), range(_MAX_ATTRIBUTES), strict=False)]
    return "".join(
        ' {}="{}"'.format(match[1], (match[2] or match[3] or match[4] or "").replace('"', "&quot;")) for match in found
    )


def _escape(text: str) -> str:
    """Return text between tags without anything that a parser could take for a tag."""
    return text.replace("<", "&lt;")
