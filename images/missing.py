"""Images whose file is still to be found: what is shown in their places until then."""

import io
from functools import cache
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from PIL import Image as Pillow
from PIL import ImageDraw

from images.uploads import unprocessed

WIDTH, HEIGHT = 960, 640
NO_FILE = "Image missing"


class Placeholder(NamedTuple):
    """The file that all missing images share: a drawing of an empty frame, for lists and the editor."""

    name: str
    content: ContentFile


def placeholder_name() -> str:
    """Return the name of the placeholder, and store it if needed."""
    placeholder = _placeholder()
    if not default_storage.exists(placeholder.name):
        placeholder.content.seek(0)
        return default_storage.save(placeholder.name, placeholder.content)
    return placeholder.name


def missing_html(alt: str) -> SafeString:
    """Return what a page shows in the place of a missing image."""
    return format_html(
        '<div class="missing-image"><svg class="icon" aria-hidden="true"><use href="{}#image"></use></svg>'
        "<span><b>{}</b>{}{}</span></div>",
        static("site/img/sprite.svg"),
        NO_FILE,
        ": " if alt else "",
        alt,
    )


def missing_text(alt: str) -> SafeString:
    """Return what feeds and emails show in the place of a missing image."""
    return format_html("<p><em>[{}{}{}]</em></p>", NO_FILE, ": " if alt else "", alt)


@cache
def _placeholder() -> Placeholder:
    drawing = Pillow.new("RGB", (WIDTH, HEIGHT), "#e8e6e1")
    pen = ImageDraw.Draw(drawing)
    pen.rectangle((300, 180, 660, 460), outline="#8a857b", width=12)
    pen.polygon([(340, 430), (450, 290), (520, 370), (560, 330), (620, 430)], fill="#b9b4a9")
    pen.ellipse((540, 220, 590, 270), fill="#b9b4a9")
    pen.line((270, 490, 690, 150), fill="#8a857b", width=12)
    output = io.BytesIO()
    drawing.save(output, "PNG", optimize=True)
    file = unprocessed(output.getvalue(), "missing-image.png")
    return Placeholder(f"images/{file.name}", file)
