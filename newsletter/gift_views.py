"""The pages behind the link in the email with a gift. Opening them changes nothing, so link scanners do no harm."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from blog.gifts import Gift
from blog.home_programs import program_of
from blog.models import GiftKind, Post
from exercises.sheets.pdf import PAPERS
from exercises.sheets.responses import pdf_response
from newsletter.models import SubscriberEmail
from newsletter.tokens import TokenPurpose
from newsletter.views import token_page


def _find(token: str) -> tuple[Post, Gift] | None:
    """Return the post and the gift of a valid token; None if the link has expired or the gift is gone."""
    verified = TokenPurpose.GIFT.verify(token)
    if verified is None:
        return None
    emails = SubscriberEmail.objects.filter(message_uuid=verified[0], kind=SubscriberEmail.Kind.GIFT)
    email = emails.select_related("gift_post__gift_file").first()
    if email is None or email.gift_post is None:
        return None
    found = email.gift
    return (email.gift_post, found) if found else None


@token_page
def gift(request: HttpRequest, token: str) -> HttpResponse:
    """Show what there is to download."""
    found = _find(token)
    if found is None:
        return _expired(request)
    post, promised = found
    papers = PAPERS if promised.kind == GiftKind.SHEET else ()
    return render(request, "newsletter/gift.html", {"post": post, "gift": promised, "token": token, "papers": papers})


@require_safe
@never_cache
def gift_sheet(request: HttpRequest, token: str, paper: str) -> HttpResponse:
    """Serve the exercises of the post as a PDF file."""
    found = _find(token)
    program = program_of(found[0]) if found and found[1].kind == GiftKind.SHEET else None
    if program is None or paper not in PAPERS:
        return _expired(request)
    return _private(pdf_response(request, program, paper))


@require_safe
@never_cache
def gift_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """Serve the file of the library."""
    found = _find(token)
    file = found[0].gift_file if found and found[1].kind == GiftKind.FILE else None
    if file is None:
        return _expired(request)
    content = file.file.open("rb")
    return _private(FileResponse(content, as_attachment=True, filename=file.name, content_type=file.content_type))


def _expired(request: HttpRequest) -> HttpResponse:
    """Show the same page for a forged or expired token, and for a gift that is gone."""
    return _private(render(request, "newsletter/gift_expired.html", status=404))


def _private[R: HttpResponseBase](response: R) -> R:
    """Return a response that is not indexed, and whose links do not pass on the token."""
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
