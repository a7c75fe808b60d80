"""MathML, written as text with superscripts and subscripts. The schema has no formulas."""

import re
from collections.abc import Callable

from lxml import html
from lxml.html import HtmlElement

_TAG = re.compile(
    r"<(/?)(math|mrow|mi|mn|mo|mtext|ms|mspace|mstyle|semantics|msup|msub|msubsup|mfrac|msqrt|mroot)(?=[\s/>])",
    re.IGNORECASE,
)
# Holds a second version of the formula, such as TeX, that browsers do not show.
_ANNOTATION = re.compile(r"<(/?)annotation(?:-xml)?(?=[\s/>])", re.IGNORECASE)
_CLASS = "formula-"


def mark_formulas(markup: str) -> str:
    """Replace the tags of MathML with spans. The sanitizer drops MathML outside <math> together with its text."""
    if "<m" not in markup and "<M" not in markup:
        return markup
    markup = _TAG.sub(lambda tag: "</span" if tag[1] else f'<span class="{_CLASS}{tag[2].lower()}"', markup)
    return _ANNOTATION.sub(r"<\1template", markup)


def write_out_formulas(root: HtmlElement) -> None:
    """Change marked formulas so that their text has the same meaning: x², x₁, 1/2, √x."""
    # Innermost first, since a fraction may hold others.
    for element in reversed(list(root.iter("span"))):
        if writer := _WRITERS.get((element.get("class") or "").removeprefix(_CLASS)):
            writer(element)


def _script(*tags: str) -> Callable[[HtmlElement], None]:
    """Return a writer that gives the elements after the base these tags."""

    def write(element: HtmlElement) -> None:
        for child, tag in zip(list(element)[1:], tags, strict=False):
            wrapper = html.Element(tag)
            child.addprevious(wrapper)
            wrapper.append(child)

    return write


def _fraction(element: HtmlElement) -> None:
    if len(element) == 2:
        _parenthesize(element[0])
        _parenthesize(element[1])
        # Damaged markup may have words between the two.
        element[0].tail = (element[0].tail or "").strip() + "/"


def _square_root(element: HtmlElement) -> None:
    _parenthesize(element)
    element.text = "√" + (element.text or "")


def _root(element: HtmlElement) -> None:
    if len(element) == 2:
        base, index = element
        sup = html.Element("sup")
        sup.append(index)
        element.insert(0, sup)
        _parenthesize(base)
        sup.tail = "√"


def _parenthesize(element: HtmlElement) -> None:
    """Put parentheses around `element` if it has more than one part."""
    if len(element) > 1:
        element.text = "(" + (element.text or "").lstrip()
        element[-1].tail = (element[-1].tail or "").rstrip() + ")"


_WRITERS = {
    "msup": _script("sup"),
    "msub": _script("sub"),
    "msubsup": _script("sub", "sup"),
    "mfrac": _fraction,
    "msqrt": _square_root,
    "mroot": _root,
}
