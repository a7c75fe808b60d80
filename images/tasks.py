"""Create renditions in the worker."""

import errno
import logging

from django.db import DatabaseError

from images import renditions
from images.models import Image, remove_unused_file
from images.rendition_formats import FAILED, FORMATS_HASH
from object_storage.errors import StorageUnavailableError

log = logging.getLogger(__name__)

# A full disk or too many open files say nothing about the image. Any other error would stop all images after it.
_NOT_THE_IMAGE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EROFS})
_OTHER_ERRORS = (ConnectionError, TimeoutError, DatabaseError, StorageUnavailableError)


def create_renditions(image: Image) -> None:
    """Create the missing renditions of `image` and mark it as rendered. Safe to run twice or in parallel."""
    renditions.create_files(image)
    # Only if neither the file nor the focal point has changed since.
    unchanged = Image.objects.filter(pk=image.pk, file=image.file.name, focal_point=image.focal_point)
    if unchanged.update(formats_hash=FORMATS_HASH):
        image.formats_hash = FORMATS_HASH
    else:
        remove_unused_file(image.file.name)


def create_missing_renditions(limit: int = 20) -> int:
    """Create the renditions of up to `limit` images that need them. Return the number of images done.

    A file that cannot be rendered is marked, so that it is not retried until the file or the rules change.
    """
    count = 0
    for image in Image.objects.needing_renditions().order_by("pk")[:limit]:
        try:
            create_renditions(image)
            count += 1
        except Exception as error:
            # Pillow and its decoders raise many kinds of errors for damaged files.
            if isinstance(error, _OTHER_ERRORS) or getattr(error, "errno", None) in _NOT_THE_IMAGE:
                raise
            log.exception("Image %s could not be rendered", image.pk)
            Image.objects.filter(pk=image.pk, file=image.file.name).update(formats_hash=FAILED)
    return count
