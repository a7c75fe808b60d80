"""Redirects as CSV: what this site writes, and what the WordPress plugins Redirection and Yoast SEO write."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.core.exceptions import ValidationError

from redirects.models import Redirect
from redirects.normalize import new_address, old_address
from redirects.services import CircleError, flatten
from redirects.url_registry import are_known, why_dead

MOST_ROWS = 10_000
# The names under which columns are known, the surest first: in Redirection's own files "type" is no code.
_COLUMNS = {
    "old": ("old", "old address", "source", "source url", "origin", "from", "old url"),
    "new": ("new", "new address", "target", "target url", "destination", "to", "new url"),
    "kind": ("kind", "code", "http code", "type", "status code"),
    "note": ("note", "title"),
    "regex": ("regex", "format"),
    "status": ("status",),
}
_KINDS = {"": 301, "301": 301, "308": 301, "302": 302, "303": 302, "307": 302, "410": 410}


class Refused(NamedTuple):
    """A line that is left out: its number, its old address as it stands there, and why."""

    line: int
    old: str
    reason: str


class Table(NamedTuple):
    """What a file holds: the redirects that would be made, each with its line, and what would be left out."""

    taken: list[tuple[int, Redirect]]
    refused: list[Refused]

    @property
    def rows(self) -> list[Redirect]:
        """The redirects alone."""
        return [row for _, row in self.taken]


def decoded(data: bytes) -> str:
    """The text of a file; ValidationError when it is not UTF-8 (with or without its mark)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError("This file is not in UTF-8. Save it as “CSV UTF-8” and try again.") from error
    if "\x00" in text:
        raise ValidationError("This is no CSV file. Save the table as “CSV UTF-8” and try again.")
    return text


def read(text: str) -> Table:
    """The redirects in a CSV text, separated by commas, semicolons or tabs, with a header or as old, new, kind.

    ValidationError when it is no such table at all. What is wrong with single lines is said line by line.
    """
    first = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    taken: dict[str, tuple[int, Redirect]] = {}
    refused: list[Refused] = []
    for line, cells in _lines(reader):
        old = cells.get("old", "")
        try:
            row = _row(cells)
        except ValidationError as error:
            refused.append(Refused(line, old, " ".join(error.messages)))
            continue
        if row.old_path in taken:
            refused.append(Refused(line, old, f"Line {taken[row.old_path][0]} has this address already."))
        else:
            taken[row.old_path] = (line, row)
    return _checked(taken, refused)


def write(rows: Iterable[Redirect]) -> str:
    """`rows` as CSV. No cell can be taken for a formula: addresses begin with / or https, notes get a mark."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["old", "new", "kind", "note", "hits", "last hit", "made"])
    for row in rows:
        last = row.last_hit_at.isoformat(timespec="seconds") if row.last_hit_at else ""
        note = f"'{row.note}" if row.note[:1] in set("=+-@\t\r") else row.note
        writer.writerow([row.old_path, row.target, row.kind, note, row.hits, last, row.origin])
    return out.getvalue()


def _lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """The cells of each line by our names for them, with its number."""
    places: dict[str, int] = {}
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if not places:
                places = _places(cells)
                if not cells[places["old"]].startswith(("/", "http")):
                    continue
            if reader.line_num > MOST_ROWS + 1:  # type: ignore[attr-defined]
                raise ValidationError(f"This file has more than {MOST_ROWS} lines. Split it in two.")
            found = {name: cells[at] for name, at in places.items() if at < len(cells)}
            yield reader.line_num, found  # type: ignore[attr-defined]
    except csv.Error as error:
        raise ValidationError("This is no CSV file: a cell in it never ends.") from error


def _places(header: list[str]) -> dict[str, int]:
    """Where each column is; ValidationError when there is no column of old addresses."""
    names = [cell.lower().replace("_", " ") for cell in header]
    if header[0].startswith(("/", "http")):
        return {"old": 0, "new": 1, "kind": 2}
    found = {
        name: names.index(known[0])
        for name, aliases in _COLUMNS.items()
        if (known := [alias for alias in aliases if alias in names])
    }
    if "old" not in found:
        raise ValidationError("The first line must name the columns: old, new and kind.")
    return found


def _row(cells: dict[str, str]) -> Redirect:
    """The redirect of a line; ValidationError with the reason why it is none."""
    if cells.get("regex", "").lower() in {"1", "true", "yes", "regex"}:
        raise ValidationError("This is a regular expression. Here only a * at the end stands for more.")
    if cells.get("status", "").lower() == "disabled":
        raise ValidationError("It was switched off.")
    kind = _KINDS.get(cells.get("kind", ""))
    if kind is None:
        raise ValidationError("The kind is none of 301, 302 and 410.")
    old, new = cells.get("old", ""), cells.get("new", "")
    if kind != Redirect.Kind.GONE and not new:
        raise ValidationError("The new address is missing.")
    return made(old, new, kind, cells.get("note", "")[:200])


def made(old: str, new: str, kind: int, note: str) -> Redirect:
    """The imported redirect of these texts, unsaved. Yoast leaves out the first slash."""
    whole = ("/", "http://", "https://")
    row = Redirect(
        old_path=old_address(old if old.startswith(whole) else f"/{old}"),
        note="".join(sign for sign in note if sign.isprintable()),
        origin=Redirect.Origin.IMPORTED,
    )
    if kind != Redirect.Kind.GONE:
        is_bare = new and not new.startswith("/") and ":" not in new
        new = new_address(f"/{new}" if is_bare else new)
    row.lead_to(new, kind)
    if reason := why_not(row):
        raise ValidationError(reason)
    return row


def why_not(row: Redirect) -> str:
    """What is wrong with a redirect by itself, in a sentence; "" if nothing is."""
    if row.target_path == row.old_path:
        return "Both addresses are the same. Capitals and a last slash make no difference."
    if row.is_pattern and row.target_path.endswith("/*") and row.target_path.startswith(row.old_path[:-1]):
        return "The new address lies below the old one, which would lead readers in a circle."
    if row.target.endswith("*") and not row.is_pattern:
        return "The new address ends with *, so the old one must too."
    return ""


def _checked(taken: dict[str, tuple[int, Redirect]], refused: list[Refused]) -> Table:
    """Without what has a page, and without circles; the others lead straight to their ends."""
    single = [old for old in taken if not old.endswith("/*")]
    dead = why_dead(single) if are_known() else dict.fromkeys(single, "")
    for old in single:
        if old not in dead:
            line, row = taken.pop(old)
            refused.append(Refused(line, row.old_path, "There is a page at this address, so nobody would be led away."))
    for row in flatten([row for _, row in taken.values()]):
        line, _ = taken.pop(row.old_path)
        refused.append(Refused(line, row.old_path, str(CircleError(row))))
    return Table(sorted(taken.values(), key=lambda pair: pair[0]), sorted(refused))
