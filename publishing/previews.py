"""Secret links to drafts: signed, ending after thirty days, useless once withdrawn or published."""

from django.core import signing
from django.urls import reverse

from publishing.models import Document, DocumentQuerySet
from siteinfo.urls import absolute_url

SALT = "publishing.preview"
MAX_AGE = 30 * 24 * 3600


def preview_address(document: Document, url_name: str) -> str:
    """The absolute secret address of `document` under the URL named `url_name`."""
    token = signing.dumps([document.pk, document.preview_key.hex], salt=SALT)
    return absolute_url(reverse(url_name, args=[token]))


def find[D: Document](documents: DocumentQuerySet[D], token: str) -> D | None:
    """The document that `token` leads to, or None: forged, too old, withdrawn, in the trash or gone."""
    try:
        key, secret = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return documents.kept().filter(pk=key, preview_key=secret).first()
