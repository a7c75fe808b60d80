"""Who sees which documents: readers the public ones, writers theirs too, and a friend the one of a secret link."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from publishing import previews
from publishing.models import Document, DocumentQuerySet


def seen_by[D: Document](request: HttpRequest, documents: DocumentQuerySet[D]) -> DocumentQuerySet[D]:
    """Those that may be shown to whoever asks: the public ones, and drafts to those who may change them."""
    opts = documents.model._meta
    may_preview = request.COOKIES and request.user.has_perm(f"{opts.app_label}.change_{opts.model_name}")
    return documents.kept() if may_preview else documents.published()


def kept_private(response: HttpResponse) -> HttpResponse:
    """`response` so that nobody stores or lists it."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def secretly[D: Document](
    documents: DocumentQuerySet[D], token: str, show: Callable[[D], HttpResponse]
) -> HttpResponse:
    """The draft that the secret link with `token` leads to; once it is public, the link leads to its address."""
    document = previews.find(documents, token)
    if document is None:
        raise Http404
    if document.is_published:
        return HttpResponsePermanentRedirect(document.get_absolute_url())
    response = kept_private(show(document))
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response
