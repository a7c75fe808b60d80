"""Where the URLs of old media files lead now, for all sizes of an image."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

from django.core.files.storage import default_storage

from blog.models import Post
from images.models import Image, MediaFile
from pages.models import Page
from richtext.references import Reference
from wordpress.media.library import ANIMATION
from wordpress.media.paths import originals
from wordpress.models import ImportedObject

_KINDS = (ImportedObject.Kind.IMAGE, ImportedObject.Kind.FILE)
_FOLDERS = ("wp-content/uploads/", "files/")


def media_url(path: str) -> str:
    """Return the URL here of the file that was at `path` on the old site, or ""."""
    key = _key_of(unquote(path).strip("/"))
    if not key:
        return ""
    wanted = [f"{key}{ANIMATION}", *originals(key)]
    return _first_url({record.key: record for record in _records(key__in=wanted)}, wanted)


def attachment_url(post_id: str) -> str:
    """Return the URL here of the file of an attachment by its WordPress ID, or ""."""
    key = f"#{post_id.lstrip('0')}"
    return _first_url({record.key: record for record in _records(key=key)}, [key])


def pages_with_images(post_ids: Collection[int]) -> dict[int, str]:
    """Return the URLs of public posts and pages that show the images of attachments, by their WordPress IDs."""
    keys = {f"#{post_id}": post_id for post_id in post_ids}
    images = ImportedObject.objects.filter(kind=ImportedObject.Kind.IMAGE, key__in=keys)
    shown: dict[int, str] = {}
    image_of = {keys[record.key]: record.object_id for record in images.order_by("pk")}
    for model in (Page, Post):
        uses = Reference.objects.to_model(Image).from_model(model)
        uses = uses.filter(target_id__in=set(image_of.values())).order_by("-source_id")
        pairs = list(uses.values_list("target_id", "source_id"))
        rows: Any = model.objects.published().filter(pk__in={pk for _, pk in pairs})
        urls = {row.pk: row.get_absolute_url() for row in rows.only(model.path_field)}
        shown |= {image: urls[pk] for image, pk in pairs if image is not None and pk in urls}
    return {post_id: shown[image] for post_id, image in image_of.items() if image in shown}


def missing_urls(images: Collection[int]) -> dict[int, str]:
    """Return the old URLs of those images whose file is still to be found."""
    rows = Image.objects.filter(pk__in=images).exclude(missing_url="")
    return dict(rows.values_list("pk", "missing_url"))


def titles_of_texts_with(images: Collection[int]) -> dict[int, list[str]]:
    """Return the titles of the posts and pages that show images, by the primary keys of the images."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for model in (Page, Post):
        uses = Reference.objects.to_model(Image).from_model(model).filter(target_id__in=images, field="body")
        pairs = list(uses.order_by("source_id").values_list("target_id", "source_id"))
        titles = dict(model.objects.filter(pk__in={pk for _, pk in pairs}).values_list("pk", "title"))
        for image, pk in pairs:
            if image is not None and pk in titles:
                found[image].append(titles[pk])
    return found


def _key_of(path: str) -> str:
    for folder in _FOLDERS:
        _, found, below = f"/{path}".partition(f"/{folder}")
        if found and below:
            if below.startswith("sites/") and below.count("/") > 1:
                below = below.split("/", 2)[2]
            return below
    return ""


def _records(**lookup: object) -> list[ImportedObject]:
    return list(ImportedObject.objects.filter(kind__in=_KINDS, **lookup).order_by("-pk"))


def _first_url(records: dict[str, ImportedObject], keys: list[str]) -> str:
    for key in keys:
        record = records.get(key)
        if record is None:
            continue
        is_file = record.kind == ImportedObject.Kind.FILE
        rows = MediaFile.objects.all() if is_file else Image.objects.with_file()
        if name := rows.filter(pk=record.object_id).values_list("file", flat=True).first():
            return default_storage.url(name)
    return ""
