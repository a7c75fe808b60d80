"""Numbers of list items as browsers read them (https://html.spec.whatwg.org/multipage/grouping-content.html)."""

import re

from lxml.html import HtmlElement

# Larger numbers are accidents.
MAX_NUMBER = 99_999
# The letters of the attribute `type`, by the names of CSS.
STYLES = {
    "lower-alpha": "a",
    "lower-latin": "a",
    "upper-alpha": "A",
    "upper-latin": "A",
    "lower-roman": "i",
    "upper-roman": "I",
}
_INTEGER = re.compile(r"[ \t\n\r\f]*([+-]?\d{1,6})", re.ASCII)
_LIST_STYLE = re.compile(r"list-style(?:-type)?:[^;]*?\b([a-z]+-[a-z]+)", re.IGNORECASE)
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def parse_number(text: str | None) -> int | None:
    """Return the integer at the start of an attribute, or None if there is none in range."""
    found = _INTEGER.match(text or "")
    number = int(found[1]) if found else None
    return number if number is not None and abs(number) <= MAX_NUMBER else None


def normalize_numbering(element: HtmlElement, style: str) -> None:
    """Keep only valid numbers in `start` and `value`, and the numbering of `style` as `type`."""
    name = {"ol": "start", "li": "value"}.get(element.tag)
    if name and name in element.attrib:
        number = parse_number(element.attrib.pop(name))
        if number is not None and (name, number) != ("start", 1):
            element.set(name, str(number))
    if element.tag == "ol":
        named = _LIST_STYLE.search(style)
        kind = STYLES.get(named[1].lower()) if named else element.get("type")
        element.attrib.pop("type", None)
        if kind in STYLES.values():
            element.set("type", kind)


def numbers(items: HtmlElement) -> list[str]:
    """Return the marker of each item of the list `items`, such as "3." or "c."."""
    number = parse_number(items.get("start"))
    children = list(items.iterchildren("li"))
    step = -1 if "reversed" in items.attrib else 1
    if number is None:
        number = len(children) if step < 0 else 1
    found = []
    for child in children:
        value = parse_number(child.get("value"))
        number = number if value is None else value
        found.append(f"{_written(number, items.get('type') or '1')}.")
        number += step
    return found


def _written(number: int, kind: str) -> str:
    if number > 0 and kind in "aA":
        written = ""
        while number:
            number, position = divmod(number - 1, 26)
            written = chr(ord(kind) + position) + written
        return written
    # Larger Roman numbers are hard to read.
    if 0 < number < 40 and kind in "iI":
        roman = ""
        for value, letters in _ROMAN:
            count, number = divmod(number, value)
            roman += letters * count
        return roman if kind == "i" else roman.upper()
    return str(number)
