"""Find sentences that claim something about studies or numbers and cite nothing."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from richtext.citations import cited_ids

MAX_SENTENCES = 5
_MARK = "\uf8ff"  # stands for a citation while sentences are split
_CLAIM = re.compile(
    r"\b(?:studies|(?:an?|one|the|this|that|another|\w+ed|recent|large|small|new) study"
    r"|research(?:ers)?|evidence|trials?|randomi[sz]ed|meta-analys[ie]s|reviews?|scientists?)\b"
    r"[^.?!]{0,60}\b(?:shows?|showed|shown|finds?|found|suggests?|suggested|reports?|reported|prov(?:es?|ed|en)|confirm\w*"
    r"|indicat\w+|demonstrat\w+|concluded?)\b"
    r"|\b(?:according to|(?:is|are|was|were|been) (?:shown|proven|found) to)\b"
    r"|\d(?:[.,]\d+)?\s?(?:%|per ?cent\b)"
    r"|\b\d+ (?:out of|in) \d+\b|\b\d+(?:\.\d+)?(?:[- ]fold\b| times (?:more|less|as|higher|lower|the)\b)",
    re.IGNORECASE,
)
# A citation may stand after the period of its sentence.
_SENTENCE = re.compile(rf"[^.?!]*(?:[.?!](?!\s|$|{_MARK})[^.?!]*)*(?:[.?!]+{_MARK}*|$)")
_BLOCKS = frozenset({"p", "li", "td"})


def uncited_sentences(root: HtmlElement) -> list[str]:
    """Return the first sentences of a text with a claim and no citation or link in them or right after them."""
    found = []
    for block in root.iter(*_BLOCKS):
        for sentence in _SENTENCE.findall(_text_of(block)):
            words = " ".join(sentence.split())
            if _MARK not in words and _CLAIM.search(words):
                found.append(words if len(words) <= 120 else f"{words[:119]}…")
                if len(found) == MAX_SENTENCES:
                    return found
    return found


def _text_of(block: HtmlElement) -> str:
    return "".join(_pieces(block))


def _pieces(element: HtmlElement) -> Iterator[str]:
    """Yield the text with a mark for each citation and each link to another site, without blocks inside."""
    yield element.text or ""
    for child in element:
        if cited_ids(child) or (child.tag == "a" and (child.get("href") or "").startswith("http")):
            yield _MARK
        if child.tag not in {"ul", "ol", "p", "li"}:
            yield from _pieces(child)
        yield child.tail or ""
