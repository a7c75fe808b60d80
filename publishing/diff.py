"""Two versions of a text side by side, as a reader of them wants it: equal lines quiet, changed words marked."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from richtext.analysis import plain_text

_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One line on both sides; a missing one is None."""

    old: SafeString | None
    new: SafeString | None
    is_changed: bool


def compare(old: str, new: str) -> list[Row]:
    """The lines of two texts of the site, in pairs."""
    return list(_rows(plain_text(old).split("\n"), plain_text(new).split("\n")))


def compare_lines(old: str, new: str) -> list[Row]:
    """The same for plain texts such as titles."""
    return list(_rows(old.splitlines(), new.splitlines()))


def _rows(old: list[str], new: list[str]) -> Iterator[Row]:
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Row(format_html("{}", line), format_html("{}", line), False) for line in old[a:b])
            continue
        before, after = old[a:b], new[c:d]
        for index in range(max(len(before), len(after))):
            left = before[index] if index < len(before) else None
            right = after[index] if index < len(after) else None
            yield _changed(left, right)


def _changed(left: str | None, right: str | None) -> Row:
    if left is None or right is None:
        return Row(
            None if left is None else format_html("<del>{}</del>", left),
            None if right is None else format_html("<ins>{}</ins>", right),
            True,
        )
    old, new = _WORDS.findall(left), _WORDS.findall(right)
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return Row(
        format_html_join("", "{}", ((_marked("del", old[a:b], kind),) for kind, a, b, _, _ in codes)),
        format_html_join("", "{}", ((_marked("ins", new[c:d], kind),) for kind, _, _, c, d in codes)),
        True,
    )


def _marked(tag: str, words: list[str], kind: str) -> SafeString:
    text = "".join(words)
    if kind == "equal" or not text:
        return format_html("{}", text)
    return format_html("<del>{}</del>" if tag == "del" else "<ins>{}</ins>", text)
