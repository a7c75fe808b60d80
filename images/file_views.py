"""Views that list and add the files that visitors download, for the editor."""

import logging

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from images.files import store_file
from images.models import MediaFile
from object_storage.errors import StorageUnavailableError

log = logging.getLogger(__name__)

# As for images. Larger recordings belong on a site for videos or podcasts.
MAX_UPLOAD_BYTES = 30 * 1024**2


@require_safe
def list_as_json(request: HttpRequest) -> JsonResponse:
    """Return the files of the library, newest first, for the editor."""
    if not any(request.user.has_perm(f"images.{action}_mediafile") for action in ("view", "change")):
        raise PermissionDenied
    return JsonResponse([_entry(file) for file in MediaFile.objects.all()], safe=False)


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Add the posted file to the library, and return it for the editor, or why it was refused."""
    if not request.user.has_perm("images.add_mediafile"):
        raise PermissionDenied
    try:
        file, _ = store_upload(request.FILES.get("upload"), request.POST.get("title", ""))
    except ValidationError as error:
        return JsonResponse({"problem": " ".join(error.messages)}, status=400)
    return JsonResponse(_entry(file))


def store_upload(upload: UploadedFile | None, title: str) -> tuple[MediaFile, bool]:
    """Return the library's file for an upload, and whether it is new. Raise ValidationError if it is refused."""
    if upload is None:
        raise ValidationError("Choose a file first.")
    if (upload.size or 0) > MAX_UPLOAD_BYTES:
        raise ValidationError(f"“{upload.name}” is larger than {MAX_UPLOAD_BYTES // 1024**2} MB. Choose a smaller one.")
    try:
        return store_file(upload, upload.name or "file", title=title.strip())
    except StorageUnavailableError as error:
        log.exception("A file could not be stored")
        message = f"“{upload.name}” was not stored, because the storage is unavailable. Try again in a minute."
        raise ValidationError(message) from error


def _entry(file: MediaFile) -> dict[str, object]:
    return {"kind": "file", "id": file.pk, "name": str(file), "detail": file.description}
