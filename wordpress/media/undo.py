"""How an undo removes images and files. Their stored files go with them."""

from collections.abc import Mapping, Sequence
from typing import Any

from images.models import Image, MediaFile
from richtext.references import Reference
from wordpress.media.library import image_fingerprint
from wordpress.models import ImportedObject, row_fingerprint
from wordpress.undo import UndoHandler, register
from wordpress.undo_handlers import EDITED, USED, delete_rows, referenced

type Pairs = Sequence[tuple[ImportedObject, Any]]


def _images_to_keep(pairs: Pairs) -> Mapping[int, str]:
    rows = [row for _, row in pairs]
    references = Reference.objects.to_model(Image).filter(target_id__in=[row.pk for row in rows])
    shown = {pk for pk in references.values_list("target_id", flat=True) if pk is not None}
    used = referenced(rows) | shown
    edited = {row.pk for record, row in pairs if record.fingerprint and record.fingerprint != image_fingerprint(row)}
    return dict.fromkeys(used, USED) | dict.fromkeys(edited, EDITED)


def _files_to_keep(pairs: Pairs) -> Mapping[int, str]:
    paths = {row.file.url.strip("/"): row.pk for _, row in pairs}
    linked = Reference.objects.filter(path__in=paths).values_list("path", flat=True)
    used = {paths[path] for path in linked if path in paths}
    edited = {row.pk for record, row in pairs if record.fingerprint and record.fingerprint != row_fingerprint(row)}
    return dict.fromkeys(used, USED) | dict.fromkeys(edited, EDITED)


register(ImportedObject.Kind.IMAGE, UndoHandler(Image, 85, _images_to_keep, delete_rows))
register(ImportedObject.Kind.FILE, UndoHandler(MediaFile, 86, _files_to_keep, delete_rows))
