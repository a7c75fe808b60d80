"""The report of an import as a file."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html_join

from plaintext.csv_export import write_csv
from wordpress.models import ImportRun
from wordpress.report_summary import COLUMNS, matches_files, row_values, summarize

CHUNK = 500


def as_csv(run: ImportRun) -> StreamingHttpResponse:
    """Return all rows as a CSV file."""
    rows = (row_values(row) for row in run.rows.iterator(chunk_size=CHUNK))
    return _download(write_csv(COLUMNS, rows), run, "csv", "text/csv; charset=utf-8")


def as_html(run: ImportRun) -> StreamingHttpResponse:
    """Return all rows as a page that needs no other file."""
    return _download(_pieces(run), run, "html", "text/html; charset=utf-8")


def _pieces(run: ImportRun) -> Iterator[str]:
    context = {"run": run, "summary": summarize(run), "matches_files": matches_files(run), "columns": COLUMNS}
    before, after = render_to_string("wordpress/report.html", context).split("<!-- rows -->")
    yield before
    for row in run.rows.iterator(chunk_size=CHUNK):
        cells = format_html_join("", "<td>{}</td>", ((value,) for value in row_values(row)))
        yield f"<tr>{cells}</tr>\n"
    yield after


def _download(pieces: Iterator[str], run: ImportRun, ending: str, content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="import-report-{run.pk}.{ending}"'
    return response
