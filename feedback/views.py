"""Where readers answer "Was this helpful?" and suggest a correction. Drafts have no such pages."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render

from blog.models import Post
from feedback.forms import CorrectionForm, FeedbackForm, MissingForm
from feedback.models import HelpfulCount
from public_forms.decorators import public_form
from public_forms.ratelimit import hit
from public_forms.same_origin import is_same_origin

# More than anybody reads in a day, and too few to matter if it is a robot.
MOST_ANSWERS_A_DAY = 60


@public_form
def helpful(request: HttpRequest, slug: str) -> HttpResponse:
    """Count an answer, one for each reader, post and day; the others are thanked as well.

    The form carries no token, because it stands in every post, and posts are kept by caches.
    """
    post = _public(slug)
    answer = request.POST.get("answer")
    if request.method != "POST" or answer not in {"yes", "no"}:
        return render(request, "feedback/helpful.html", {"article": post})
    if not is_same_origin(request):
        return render(request, "feedback/helpful.html", {"article": post, "is_refused": True}, status=403)
    with transaction.atomic():
        is_first = hit(request, f"answer {post.pk}", limit=1)
        if is_first and hit(request, "answers", limit=MOST_ANSWERS_A_DAY):
            HelpfulCount.objects.add(post, answer == "yes")
    return _see_other("feedback:thanks" if answer == "yes" else "feedback:missing", post)


@public_form
def missing(request: HttpRequest, slug: str) -> HttpResponse:
    """Thanks for an answer, and the question what was missing."""
    return _form_page(request, _public(slug), MissingForm(request), "feedback/missing.html")


@public_form
def suggest(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for a correction; `?passage=` fills in the words it is about."""
    return _form_page(request, _public(slug), CorrectionForm(request), "feedback/suggest.html")


@public_form
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """What everybody sees in the end."""
    return render(request, "feedback/thanks.html", {"article": _public(slug)})


def _public(slug: str) -> Post:
    return get_object_or_404(Post.objects.published().defer("body", "headings"), slug=slug)


def _form_page(request: HttpRequest, post: Post, form: FeedbackForm, template: str) -> HttpResponse:
    if request.method == "POST":
        # The limit is counted and the row written together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.keep(post)
                return _see_other("feedback:thanks", post)
    return render(request, template, {"article": post, "form": form}, status=form.status)


def _see_other(name: str, post: Post) -> HttpResponseRedirect:
    response = redirect(name, post.slug)
    response.status_code = 303
    return response
