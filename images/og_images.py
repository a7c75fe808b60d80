"""Images that the site draws for pages and lists, on request: share images, covers, and the images of the share kit.

The URL holds the words and colors, signed, so that nobody can make the site render other texts. An image is drawn when
it is first requested, and stored.
"""

import hashlib
from datetime import timedelta
from io import BytesIO
from itertools import islice

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from PIL import Image

from images import drawings
from images.drawings import Drawing, draw
from siteinfo.models import Appearance
from siteinfo.seo import ShareImage
from siteinfo.urls import absolute_url

# Increase this when the design changes, so that all images get new URLs.
DESIGN_VERSION = 3
FOLDER = "share"
# Drawn again on request.
MAX_AGE = timedelta(days=30)
BATCH = 500


def og_image(title: str, site_name: str, appearance: Appearance, kind: str = drawings.SHARE) -> ShareImage:
    """Return the Open Graph image of a page with this title, or another image with its words."""
    drawing = _in_the_look_of(appearance, Drawing(kind, title, site_name))
    return ShareImage(absolute_url(_url(drawing)), *drawing.size, alt=title)


def cover_html(title: str, category: str, appearance: Appearance, *, is_first: bool = False) -> SafeString:
    """Return the `<img>` of the cover of a post without an image. It has no words: the title is beside it."""
    drawing = _in_the_look_of(appearance, Drawing(drawings.COVER, title, category=category))
    loading = SafeString('fetchpriority="high"' if is_first else 'loading="lazy" decoding="async"')
    html = '<img src="{}" width="{}" height="{}" alt="" class="image" {}>'
    return format_html(html, _url(drawing), *drawing.size, loading)


def stored_og_image(token: str) -> str:
    """Return the name of the stored image for `token`, drawn now if it is missing.

    Raises BadSignature for a token that this site did not sign.
    """
    drawing = Drawing(*_signer().unsign_object(token))
    name = f"{FOLDER}/{hashlib.sha256(token.encode()).hexdigest()[:32]}.png"
    if not default_storage.exists(name):
        file = BytesIO()
        draw(drawing).quantize(128, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        # If two requests draw it at once, the second file gets another name and is never requested.
        name = default_storage.save(name, ContentFile(file.getvalue()))
    return name


def delete_old() -> int:
    """Delete a batch of images drawn a month ago, such as those of titles that changed. Return how many."""
    # Both storages of the project have this method.
    names = default_storage.names_before(FOLDER, timezone.now() - MAX_AGE)  # type: ignore[attr-defined]
    old = list(islice(names, BATCH))
    for path in old:
        default_storage.delete(path)
    return len(old)


def _in_the_look_of(appearance: Appearance, drawing: Drawing) -> Drawing:
    return drawing._replace(
        main=appearance.main_color, accent=appearance.accent_color, has_mark=appearance.has_drawings
    )


def _url(drawing: Drawing) -> str:
    return reverse("og_image", args=[_signer().sign_object(list(drawing), compress=True)])


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"images.og_images.{DESIGN_VERSION}")
