"""How pictures of the library appear in a text."""

from collections.abc import Collection

from django.utils.html import format_html

from images.models import Image
from images.renditions import picture
from prose import embeds
from prose.embeds import Embed, Target
from siteinfo.addresses import absolute_url

SIZES = "(min-width: 46rem) 43.5rem, 92vw"


def resolve(wanted: Collection[Embed], target: Target) -> dict[Embed, str]:
    """Markup of each picture that still exists, in one query."""
    found = Image.objects.in_bulk({embed.id for embed in wanted})
    return {embed: _markup(found[embed.id], embed, target) for embed in wanted if embed.id in found}


def _markup(image: Image, embed: Embed, target: Target) -> str:
    alt = image.alt if embed.alt is None else embed.alt
    if target is Target.PAGE:
        return picture(image, sizes=SIZES, alt=alt)
    if target is Target.FEED:
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}">',
            absolute_url(image.file.whole1200_jpg if image.has_renditions else image.file.url),
            image.width,
            image.height,
            alt,
        )
    override = "" if embed.alt is None else format_html(' alt="{}"', embed.alt)
    return format_html('<img data-image="{}" src="{}"{}>', image.pk, image.file.url, override)


def register() -> None:
    """Let prose fill the kind "image" from the library."""
    embeds.register("image", resolve)
