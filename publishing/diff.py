"""Compare two versions of a text side by side, with changed words marked."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from richtext.analysis import plain_text
from richtext.problems import read_or

_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A line on both sides; None where one side has no such line."""

    old: SafeString | None
    new: SafeString | None
    is_changed: bool


def compare_html(old: str, new: str) -> list[DiffRow]:
    """Return the lines of two rich texts, paired for comparison."""
    return list(_rows(_lines(old), _lines(new)))


def _lines(body: str) -> list[str]:
    """Return the lines of a rich text as visitors see them, or its HTML if that raises an error."""
    return read_or(body.splitlines(), lambda: plain_text(body).split("\n"))


def compare_lines(old: str, new: str) -> list[DiffRow]:
    """Return the lines of two plain texts, such as titles, paired for comparison."""
    return list(_rows(old.splitlines(), new.splitlines()))


def _rows(old: list[str], new: list[str]) -> Iterator[DiffRow]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for operation, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if operation == "equal":
            for line in old[old_start:old_end]:
                yield DiffRow(format_html("{}", line), format_html("{}", line), is_changed=False)
            continue
        before, after = old[old_start:old_end], new[new_start:new_end]
        for index in range(max(len(before), len(after))):
            left = before[index] if index < len(before) else None
            right = after[index] if index < len(after) else None
            yield _changed_row(left, right)


def _changed_row(left: str | None, right: str | None) -> DiffRow:
    if left is None or right is None:
        return DiffRow(
            None if left is None else format_html("<del>{}</del>", left),
            None if right is None else format_html("<ins>{}</ins>", right),
            is_changed=True,
        )
    old, new = _WORDS.findall(left), _WORDS.findall(right)
    opcodes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return DiffRow(
        format_html_join("", "{}", ((_mark("del", old[a:b], operation),) for operation, a, b, _, _ in opcodes)),
        format_html_join("", "{}", ((_mark("ins", new[c:d], operation),) for operation, _, _, c, d in opcodes)),
        is_changed=True,
    )


def _mark(tag: str, words: list[str], operation: str) -> SafeString:
    text = "".join(words)
    if operation == "equal" or not text:
        return format_html("{}", text)
    return format_html("<del>{}</del>" if tag == "del" else "<ins>{}</ins>", text)
