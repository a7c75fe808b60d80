"""Test that texts are plain American English and that names follow docs/glossary.md."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.utils.formats import date_format

ROOT: Path = settings.BASE_DIR
FOLDERS = sorted(
    path.name
    for path in ROOT.iterdir()
    if path.is_dir() and path.name[0] != "." and path.name not in {"data", "node_modules"}
)
# Sample texts for visitors, generated files, and files that list the phrases on purpose.
EXCLUDED = (
    "blog/demo/",
    "pages/starters/",
    "static/site/fonts/",
    "images/fonts/",
    "exercises/sheets/fonts/",
    "tests/richtext/clipboard/",
    "tests/test_wording.py",
    "docs/glossary.md",
    "docs/quality.md",
)
_LEFT = r"(?<![\w-])"
_RIGHT = r"(?![\w-])"
PHRASES = {
    "translated or old-fashioned": (
        r"whoever|whomever|whom|somebody|meanwhile|anew|afresh|heed(?:s|ed|ing)?|for ever|lest|thereof|wherein|henceforth",
        r"by (?:itself|themselves)|of (?:its|their|one's) own|this is no|is to be|are to be|nothing but",
        r"(?:is|are|was|were|be) told|told of|told apart",
        r"(?:lies|lie|lay) (?:in|at|below|above|beside|here|there|where|within)",
        r"(?:stands?|stood) (?:in|at|on|beside|below|above|before|round|around|here|there|against|under|where|over|first|between)",
        r"leads? (?:there|here|nowhere|somewhere|back)|(?:is|are|was|were|be) led (?:to|there)|lead on",
        r"no second time|as it came|in one go|(?:it|emails?|mails?|messages?) (?:comes?|came) back|do (?:it|so) without",
        r"scratch places?|(?:in|out of) step|(?:the|at) present (?:data|database|uploads)|\w+ (?:indexes|rows|lines) fewer",
        r"(?:page|path|URL|link)s? of this site|images? of the library|always answers?|answers? [2345]\d\d",
    ),
    "personification": (r"hears?|heard|knows|tells",),
    "private vocabulary": (
        r"(?:writing|the|this|a) desk|decoys?|(?:this|that|the|every|each|owning|own|other|lower|upper|no|of a) rooms?",
        r"kept pages?|working cop(?:y|ies)|the house|the frame|likeness|census|e-mails?",
    ),
    "British spelling": (
        r"(?:un)?tick(?:s|ed)?",
        r"(?:colour|favour|behaviour|honour|neighbour|centre|licence|whilst|amongst)\w*",
        r"(?:customis|organis|recognis|normalis|initialis|serialis|optimis|summaris|categoris|minimis|authoris|prioritis"
        r"|capitalis|synchronis|tokenis)(?:e|es|ed|er|ing|ation)",
    ),
}
PHRASE = re.compile(
    f"; how (?:many|often|long)|{_LEFT}(?:{'|'.join('|'.join(each) for each in PHRASES.values())}){_RIGHT}".replace(
        " ", r"\s+"
    ),
    re.IGNORECASE,
)
# Words that docs/glossary.md replaces, in names that the project defines.
WORDS = frozenset(
    re.findall(
        r"\w+",
        "admit alike census decoy decoys desk facts graph holders kept lacks letter likeness mailing neighbor neighbors"
        " neighbour neighbours outline photo photos picture pictures readiness refusal refusals renew room rooms scene"
        " shield somebody stamp stamps subset surroundings tally tallies trial trials trouble whoever",
    )
)


class Finding(NamedTuple):
    """A place that should be reworded."""

    file: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words}"


def files(folder: str, *suffixes: str) -> Iterator[Path]:
    """Yield the files of `folder`, or those beside it in the root if it is empty."""
    found = (ROOT / folder).rglob("*") if folder else ROOT.glob("*")
    for path in sorted(found):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in suffixes and path.is_file() and not name.startswith(EXCLUDED) and "/migrations/" not in name:
            yield path


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and texts that people read: strings and comments of Python, everything in other files."""
    source = path.read_text()
    if path.suffix != ".py":
        yield 1, source
        return
    # Consecutive comment lines are one text, since a phrase may continue on the next line.
    blocks: list[tuple[int, list[str]]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, words = token.start[0], token.string.removeprefix("#").strip()
            if blocks and blocks[-1][0] + len(blocks[-1][1]) == line:
                blocks[-1][1].append(words)
            else:
                blocks.append((line, [words]))
    yield from ((line, "\n".join(block)) for line, block in blocks)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def phrases(folder: str) -> list[Finding]:
    """Return the phrases in `folder` that should be reworded."""
    return [
        Finding(
            path.relative_to(ROOT).as_posix(), line + text.count("\n", 0, match.start()), " ".join(match[0].split())
        )
        for path in files(folder, ".py", ".html", ".txt", ".md", ".js", ".css", ".toml", ".example")
        for line, text in texts(path)
        for match in PHRASE.finditer(text)
    ]


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and names that the Python file `path` defines."""
    yield 1, path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr


def retired_names(folder: str) -> list[Finding]:
    """Return the names defined in `folder` with a word that the glossary replaces."""
    return [
        Finding(path.relative_to(ROOT).as_posix(), line, name)
        for path in files(folder, ".py")
        for line, name in names(path)
        if WORDS & {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    ]


@pytest.mark.parametrize("folder", ["", *FOLDERS])
def test_texts_are_plain_english(folder: str) -> None:
    assert [str(finding) for finding in phrases(folder)] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_follow_the_glossary(folder: str) -> None:
    assert [str(finding) for finding in retired_names(folder)] == []


def test_times_have_one_format() -> None:
    evening = datetime(2026, 11, 30, 21, 14)
    assert date_format(evening, "DATETIME_FORMAT") == "Nov. 30, 2026, 9:14 PM"
    assert date_format(evening, "SHORT_DATETIME_FORMAT") == "11/30/2026 9:14 PM"
    assert date_format(evening, "TIME_FORMAT") == "9:14 PM"


@pytest.mark.parametrize("folder", FOLDERS)
def test_texts_use_the_one_time_format(folder: str) -> None:
    other = re.compile(r"""\bH:i|g:i(?::s)? a\b|, P["']|(?:date:|now |date_format\([^"']*)["']P["']""")
    assert [
        str(path.relative_to(ROOT))
        for path in files(folder, ".py", ".html", ".txt")
        if folder != "tests" and other.search(path.read_text())
    ] == []
