"""What the library's page and the picker ask for beside Django's own admin pages: uploads and choosing."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST

from images import videos
from images.models import Image

PICTURES_PER_PAGE = 24


def add_all(uploads: Iterable[UploadedFile], alt: str = "") -> tuple[list[Image], list[str]]:
    """Put each upload into the library: the pictures made, and a sentence for each that was refused.

    `alt` is the alternative text of a picture that comes alone.
    """
    uploads = list(uploads)
    added, refused = [], []
    for upload in uploads:
        try:
            added.append(Image.objects.add_upload(upload, alt=alt[:300] if len(uploads) == 1 else ""))
        except ValidationError as error:
            refused.append(f"“{upload.name}”: {' '.join(error.messages)}")
    return added, refused or ([] if uploads else ["Choose a file first."])


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Files for the library. A script sends one at a time and gets JSON; a form sends all and is led back."""
    if not request.user.has_perm("images.add_image"):
        raise PermissionDenied
    added, refused = add_all(request.FILES.getlist("uploads"), request.POST.get("alt", ""))
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        template = f"admin/images/image/_{'choice' if request.POST.get('place') == 'picker' else 'card'}.html"
        cards = [render_to_string(template, {"image": image}, request) for image in added]
        return JsonResponse({"cards": cards, "problems": refused}, status=400 if refused else 200)
    if added:
        count = "1 picture is" if len(added) == 1 else f"{len(added)} pictures are"
        messages.success(request, f"{count} in the library now.")
    for sentence in refused:
        messages.error(request, sentence)
    return redirect("admin:images_image_changelist")


@require_POST
def chosen(request: HttpRequest) -> HttpResponse:
    """Remember which pictures were chosen, so that the picker shows them first next time."""
    numbers = [number for number in request.POST.getlist("id")[:200] if number.isdecimal() and len(number) < 19]
    Image.objects.filter(pk__in=numbers).update(recent_at=timezone.now())
    return HttpResponse(status=204)


@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
def pick(request: HttpRequest, frame: dict[str, object]) -> HttpResponse:
    """The picker's page, shown in a frame: search, choose one or several, or upload and choose.

    `frame` is the context of every admin page.
    """
    may_upload = request.user.has_perm("images.add_image")
    added: list[Image] = []
    refused: list[str] = []
    if request.method == "POST" and may_upload:
        added, refused = add_all(request.FILES.getlist("uploads"), request.POST.get("alt", ""))
    words = request.GET.get("q", "")[:200]
    pictures = Image.objects.matching(words).order_by("-recent_at", "-pk")
    context = {
        **frame,
        "title": "Choose a picture",
        "is_popup": True,
        "refused": refused,
        "alt": request.POST.get("alt", "") if refused else "",
        "may_upload": may_upload,
        "page": Paginator(pictures, PICTURES_PER_PAGE).get_page(request.GET.get("page")),
        "words": words,
        "multiple": "multiple" in request.GET,
        # One upload is what the author wanted: it is chosen without another click.
        "chosen": added[0] if len(added) == 1 and not refused else None,
    }
    return TemplateResponse(request, "admin/images/image/pick.html", context)


@require_POST
def video_from_address(request: HttpRequest) -> JsonResponse:
    """Make or find the video at an address. JSON: its id, title and thumbnail, and a problem in a sentence if any.

    With `image`, that picture of the library is shown for it and nobody else is asked.
    """
    if not request.user.has_perm("images.add_video"):
        raise PermissionDenied
    key = videos.recognize(request.POST.get("address", "")[:2000])
    if key is None:
        words = "This is not the address of a YouTube or Vimeo video. Copy it from the video's page."
        return JsonResponse({"problem": words}, status=400)
    video = videos.find_or_make(key, request.POST.get("title", "").strip())
    problem, number = "", request.POST.get("image", "")
    if number.isdecimal() and (image := Image.objects.filter(pk=number).first()):
        video.thumbnail = image
        video.save()
    elif video.thumbnail is None:
        try:
            videos.describe(video)
        except videos.Unreachable:
            problem = f"{video.get_provider_display()} did not answer with a picture of this video."
            problem += " It works without one; you may choose a picture from your library instead."
    return JsonResponse({"problem": problem, **videos.facts(video)})
