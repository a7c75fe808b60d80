"""Admin views for uploads, the image picker and videos."""

import logging
from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST

from http_client.client import FetchError
from images import videos
from images.models import Image
from object_storage.errors import StorageUnavailableError
from plaintext.numbers import parse_pk

log = logging.getLogger(__name__)

IMAGES_PER_PAGE = 24
MAX_CHOSEN = 200
MAX_QUERY_LENGTH = 200


def add_uploads(uploads: Iterable[UploadedFile], alt: str = "") -> tuple[list[Image], list[str]]:
    """Add each upload to the library. Return the images, and an error message for each rejected file.

    `alt` is used if there is only one upload.
    """
    uploads = list(uploads)
    images, errors = [], []
    for upload in uploads:
        try:
            images.append(Image.objects.create_from_upload(upload, alt=alt[:300] if len(uploads) == 1 else ""))
        except ValidationError as error:
            errors.append(f"“{upload.name}”: {' '.join(error.messages)}")
        except StorageUnavailableError:
            log.exception("An upload could not be stored")
            errors.append(f"“{upload.name}” was not stored, because the storage is unavailable. Try again in a minute.")
    if not uploads:
        errors.append("Choose a file first.")
    return images, errors


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Add files to the library. Scripts send one at a time and get JSON; forms send all and are redirected."""
    if not request.user.has_perm("images.add_image"):
        raise PermissionDenied
    images, errors = add_uploads(request.FILES.getlist("uploads"), request.POST.get("alt", ""))
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        template = f"admin/images/image/_{'choice' if request.POST.get('place') == 'picker' else 'card'}.html"
        cards = [render_to_string(template, {"image": image}, request) for image in images]
        return JsonResponse({"cards": cards, "problems": errors}, status=400 if errors else 200)
    if images:
        messages.success(request, f"{len(images)} image{pluralize(len(images))} added to the library.")
    for error in errors:
        messages.error(request, error)
    return redirect("admin:images_image_changelist")


def _require_view_permission(request: HttpRequest) -> None:
    if not any(request.user.has_perm(f"images.{action}_image") for action in ("view", "change")):
        raise PermissionDenied


@require_POST
def mark_chosen(request: HttpRequest) -> HttpResponse:
    """Record which images were chosen, so that the picker shows them first next time."""
    _require_view_permission(request)
    pks = [pk for text in request.POST.getlist("id")[:MAX_CHOSEN] if (pk := parse_pk(text))]
    Image.objects.filter(pk__in=pks).update(last_used_at=timezone.now())
    return HttpResponse(status=204)


@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
def pick(request: HttpRequest, admin_context: dict[str, object]) -> HttpResponse:
    """Show the picker, for an iframe: search, choose one or several images, or upload and choose.

    `admin_context` is the context of every admin page.
    """
    _require_view_permission(request)
    can_upload = request.user.has_perm("images.add_image")
    added: list[Image] = []
    errors: list[str] = []
    if request.method == "POST" and can_upload:
        added, errors = add_uploads(request.FILES.getlist("uploads"), request.POST.get("alt", ""))
    query = request.GET.get("q", "")[:MAX_QUERY_LENGTH]
    images = Image.objects.search(query).order_by("-last_used_at", "-pk")
    context = {
        **admin_context,
        "title": "Choose an image",
        "is_popup": True,
        "errors": errors,
        "alt": request.POST.get("alt", "") if errors else "",
        "can_upload": can_upload,
        "page": Paginator(images, IMAGES_PER_PAGE).get_page(request.GET.get("page")),
        "query": query,
        "multiple": "multiple" in request.GET,
        # The author uploaded a single image to use it, so choose it without another click.
        "chosen": added[0] if len(added) == 1 and not errors else None,
    }
    return TemplateResponse(request, "admin/images/image/pick.html", context)


@require_POST
def video_from_url(request: HttpRequest) -> JsonResponse:
    """Create or find the video at a URL. Return its ID, title and thumbnail as JSON, and an error message if any.

    With `image`, that image from the library becomes the thumbnail and no request is sent to the provider.
    """
    if not request.user.has_perm("images.add_video"):
        raise PermissionDenied
    key = videos.parse_url(request.POST.get("url", "")[:2000])
    if key is None:
        error = "This is not the URL of a YouTube or Vimeo video. Copy the URL of the video's page."
        return JsonResponse({"problem": error}, status=400)
    video = videos.get_or_create_video(key, request.POST.get("title", "").strip())
    error, image_pk = "", parse_pk(request.POST.get("image", ""))
    if image_pk and (image := Image.objects.filter(pk=image_pk).first()):
        video.thumbnail = image
        video.save()
    elif video.thumbnail is None:
        try:
            videos.fetch_metadata(video)
        except FetchError:
            error = f"{video.get_provider_display()} did not return a thumbnail for this video."
            error += " The video works without one, or choose an image from your library instead."
    return JsonResponse({"problem": error, **videos.editor_data(video, key.start)})
