"""Which documents a request may see, and signed preview links to drafts."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

from accounts.models import User
from publishing.models import Document, DocumentQuerySet
from siteinfo.urls import absolute_url

SALT = "publishing.preview"
PREVIEW_MAX_AGE = 30 * 24 * 3600  # seconds


def visible_to[D: Document](request: HttpRequest, documents: DocumentQuerySet[D]) -> DocumentQuerySet[D]:
    """Return the published rows, and the drafts that the user may open in the admin."""
    if not request.COOKIES or not request.user.is_authenticated:
        return documents.published()
    return linkable_by(request.user, documents)


def linkable_by[D: Document](user: User | AnonymousUser, documents: DocumentQuerySet[D]) -> DocumentQuerySet[D]:
    """Return the documents that `user` may link to: the published ones, and the drafts they may open in the admin."""
    return documents.published() | documents.readable_by(user).not_trashed()


def set_private_headers(response: HttpResponse) -> HttpResponse:
    """Return `response`, marked so that neither caches nor search engines store it."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def preview_url(document: Document, url_name: str) -> str:
    """Return the absolute preview link to `document` under the URL named `url_name`.

    The link is signed, and ends after PREVIEW_MAX_AGE, when it is revoked or when the document is published.
    """
    token = signing.dumps([document.pk, document.preview_key.hex], salt=SALT)
    return absolute_url(reverse(url_name, args=[token]))


def find_by_token[D: Document](documents: DocumentQuerySet[D], token: str) -> D | None:
    """Return the document of a preview link, or None if it is forged, expired or revoked, or its document trashed."""
    try:
        key, secret = signing.loads(token, salt=SALT, max_age=PREVIEW_MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return documents.not_trashed().filter(pk=key, preview_key=secret).first()


def preview_response[D: Document](
    documents: DocumentQuerySet[D], token: str, show: Callable[[D], HttpResponse]
) -> HttpResponse:
    """Return `show(draft)` for the preview link with `token`, or a redirect once the draft is public.

    Raises Http404 for an invalid token.
    """
    document = find_by_token(documents, token)
    if document is None:
        raise Http404
    if document.is_published:
        return HttpResponsePermanentRedirect(document.get_absolute_url())
    response = set_private_headers(show(document))
    response["Referrer-Policy"] = "no-referrer"  # the URL is the key
    return response
