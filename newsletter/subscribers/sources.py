"""Where someone signed up: the form, and the page with it."""

from typing import Any

from django.http import HttpRequest

from blog.models import Post
from newsletter.subscribers.consent_log import request_metadata
from plaintext.characters import is_plain_line
from publishing.document_paths import documents_at

MAX_PATH_LENGTH = 300


def page_of_form(request: HttpRequest) -> str:
    """Return the path of the page that sent the form, or "" if the browser does not say."""
    path: str = request_metadata(request)["page_path"]
    return path


def is_path(text: str) -> bool:
    """Return whether `text` may be the path of a page."""
    return text.startswith("/") and len(text) <= MAX_PATH_LENGTH and is_plain_line(text)


def source_fields(path: str, post: Post | None) -> dict[str, Any]:
    """Return the fields of ConsentEvent for the page with the form: its path, and the post or page it belongs to.

    `post` is the post that the form names. Without one, the path decides. The number of queries is the same for every
    path.
    """
    found = documents_at([path.strip("/")])
    document = post or next((each for each in found if each.is_published), None)
    if document is None:
        return {"page_path": path}
    return {
        "page_path": path or document.get_absolute_url(),
        "document_kind": str(document._meta.model_name),
        "document_id": document.pk,
    }
