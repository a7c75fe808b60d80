"""Read and write redirects as CSV, including files from the WordPress plugins Redirection and Yoast SEO."""

import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.core.exceptions import ValidationError

from plaintext.characters import strip_control_characters, strip_invisible_characters
from plaintext.csv_export import unescape_formula, write_csv
from plaintext.csv_reader import CsvFile
from redirects.models import Redirect
from redirects.normalize import parse_old_path, parse_target
from redirects.services import RedirectLoop, flatten_chains
from redirects.url_registry import broken_reasons, has_sources

MAX_ROWS = 10_000
# Accepted column names, most reliable first: in files from Redirection, "type" is not the status code.
_COLUMN_ALIASES = {
    "old": ("old", "old address", "source", "source url", "origin", "from", "old url"),
    "new": ("new", "new address", "target", "target url", "destination", "to", "new url"),
    "code": ("kind", "code", "http code", "type", "status code"),
    "note": ("note", "title"),
    "regex": ("regex", "format"),
    "status": ("status",),
}
_STATUS_CODES = {"": 301, "301": 301, "308": 301, "302": 302, "303": 302, "307": 302, "410": 410}


class SkippedLine(NamedTuple):
    """A line that is not imported: its number, its old path as written, and why."""

    line: int
    old: str
    reason: str


class ParsedFile(NamedTuple):
    """The content of a file: the redirects it would create, each with its line number, and the skipped lines."""

    accepted: list[tuple[int, Redirect]]
    skipped: list[SkippedLine]

    @property
    def rows(self) -> list[Redirect]:
        """Return the redirects without their line numbers."""
        return [row for _, row in self.accepted]


def parse_csv(text: str) -> ParsedFile:
    """Parse CSV, with column names or as old, new, code.

    Problems on single lines are reported in `skipped`. Raises ValidationError if the text is not such a table.
    """
    accepted: dict[str, tuple[int, Redirect]] = {}
    skipped: list[SkippedLine] = []
    for line, cells in _lines(CsvFile(io.BytesIO(text.lstrip("\r\n").encode()))):
        old = cells.get("old", "")
        try:
            row = _parse_line(cells)
        except ValidationError as error:
            skipped.append(SkippedLine(line, old, " ".join(error.messages)))
            continue
        if row.old_path in accepted:
            reason = f"Line {accepted[row.old_path][0]} already redirects this URL."
            skipped.append(SkippedLine(line, old, reason))
        else:
            accepted[row.old_path] = (line, row)
    return _without_pages_and_loops(accepted, skipped)


def export_redirects(rows: Iterable[Redirect]) -> Iterator[str]:
    """Yield `rows` as CSV lines, the column names first."""
    return write_csv(("old", "new", "code", "note", "hits", "last hit", "origin"), map(_export_cells, rows))


def _export_cells(row: Redirect) -> tuple[str | int, ...]:
    last_hit = row.last_hit_at.isoformat(timespec="seconds") if row.last_hit_at else ""
    return row.old_path, row.target, row.status_code, row.note, row.hits, last_hit, row.origin


def build_redirect(old: str, new: str, status_code: int, note: str) -> Redirect:
    """Return an unsaved imported redirect. Raises ValidationError. Yoast SEO omits the leading slash."""
    has_prefix = old.startswith(("/", "http://", "https://"))
    row = Redirect(
        old_path=parse_old_path(old if has_prefix else f"/{old}"),
        note=strip_control_characters(" ".join(note.split())),
        origin=Redirect.Origin.IMPORTED,
    )
    if status_code != Redirect.StatusCode.GONE:
        is_relative = new and not new.startswith("/") and ":" not in new
        new = parse_target(f"/{new}" if is_relative else new)
    row.set_target(new, status_code)
    if reason := target_error(row):
        raise ValidationError(reason)
    return row


def target_error(row: Redirect) -> str:
    """Return why the target does not fit the old path, or ""."""
    if row.target_path == row.old_path:
        return "Both URLs are the same. Case and a trailing slash are ignored."
    if row.is_pattern and row.target_path.endswith("/*") and row.target_path.startswith(row.old_path[:-1]):
        return "The new URL is below the old one, which would create a redirect loop."
    if row.target.endswith("*") and not row.is_pattern:
        return "The new URL ends in *, so the old URL must end in * too."
    return ""


def _lines(file: CsvFile) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the cells by column name of each line with content."""
    columns: dict[str, int] = {}
    for line, cells in file:
        if not columns:
            columns = _columns(cells)
            if not _is_url(cells[columns["old"]]):
                continue
        if line > MAX_ROWS + 1:
            raise ValidationError(f"This file has more than {MAX_ROWS} lines. Split it into smaller files.")
        yield line, {name: cells[index] for name, index in columns.items() if index < len(cells)}


def _is_url(cell: str) -> bool:
    return cell.startswith(("/", "http"))


def _columns(header: list[str]) -> dict[str, int]:
    """Return the index of each column. Raises ValidationError without a column of old URLs."""
    if _is_url(header[0]):
        return {"old": 0, "new": 1, "code": 2}
    names = [strip_invisible_characters(cell).lower().replace("_", " ") for cell in header]
    columns: dict[str, int] = {}
    for column, aliases in _COLUMN_ALIASES.items():
        alias = next((alias for alias in aliases if alias in names), None)
        if alias:
            columns[column] = names.index(alias)
    if "old" not in columns:
        raise ValidationError("The first line must name the columns: old, new and code.")
    return columns


def _parse_line(cells: dict[str, str]) -> Redirect:
    if cells.get("regex", "").lower() in {"1", "true", "yes", "regex"}:
        raise ValidationError("Regular expressions are not supported. Use * at the end of a path instead.")
    if cells.get("status", "").lower() == "disabled":
        raise ValidationError("This redirect is disabled.")
    status_code = _STATUS_CODES.get(cells.get("code", ""))
    if status_code is None:
        raise ValidationError("The code must be 301, 302 or 410.")
    old, new = cells.get("old", ""), cells.get("new", "")
    if status_code != Redirect.StatusCode.GONE and not new:
        raise ValidationError("The new URL is missing.")
    return build_redirect(old, new, status_code, unescape_formula(cells.get("note", ""))[:200])


def _without_pages_and_loops(accepted: dict[str, tuple[int, Redirect]], skipped: list[SkippedLine]) -> ParsedFile:
    """Skip old paths that have a page and redirects that form a loop; flatten the chains of the others."""
    exact = [old for old in accepted if not old.endswith("/*")]
    paths = {old: old.partition("?")[0] for old in exact}
    broken = broken_reasons(paths.values()) if has_sources() else dict.fromkeys(paths.values(), "")
    for old in exact:
        if paths[old] not in broken:
            line, row = accepted.pop(old)
            skipped.append(SkippedLine(line, row.old_path, "This URL has a page, so the redirect would never be used."))
    for row in flatten_chains([row for _, row in accepted.values()]):
        line, _ = accepted.pop(row.old_path)
        skipped.append(SkippedLine(line, row.old_path, str(RedirectLoop(row))))
    return ParsedFile(sorted(accepted.values(), key=lambda pair: pair[0]), sorted(skipped))
