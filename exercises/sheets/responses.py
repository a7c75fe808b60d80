"""Answer requests for a home program."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from exercises.sheets import pdf
from exercises.sheets.program import HomeProgram, SheetError
from public_forms.client_counts import counts_today
from siteinfo.seo import PageMeta

# New files that one network may have made in a day. Stored ones cost nothing.
MAX_MADE = 100


def page_response(
    request: HttpRequest, program: HomeProgram, meta: PageMeta, files: dict[str, str], back: str
) -> HttpResponse:
    """Show the program as a page to print, with links to its files: the URLs of `files` by their labels."""
    context = {"program": program, "meta": meta, "files": files, "back": back}
    return render(request, "exercises/sheet.html", context)


def pdf_response(request: HttpRequest, program: HomeProgram, paper: str) -> HttpResponse:
    """Serve the program as a PDF file, or say why it cannot be made."""
    _, is_stored = pdf.stored_name(program, paper)
    if not is_stored and not counts_today(request, "sheet", limit=MAX_MADE):
        return _problem(request, "You made many sheets today. Print the page instead, or come back tomorrow.", 429)
    try:
        content = pdf.sheet_pdf(program, paper)
    except SheetError as error:
        return _problem(request, str(error), 409)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="home-program.pdf"'
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, max-age=300"
    return response


def _problem(request: HttpRequest, message: str, status: int) -> HttpResponse:
    response = render(request, "exercises/sheet_problem.html", {"message": message}, status=status)
    response["Cache-Control"] = "no-store"
    return response
