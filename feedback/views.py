"""The pages of "Was this helpful?" and suggested corrections, for published posts only."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render

from blog.models import Post
from feedback.forms import CorrectionForm, FeedbackForm, MissingForm
from feedback.models import HelpfulCount
from public_forms.decorators import public_form
from public_forms.ratelimit import hit
from public_forms.same_origin import is_same_origin

# More than a person reads in a day, and few enough not to matter if a bot answers.
DAILY_ANSWER_LIMIT = 60


@public_form
def helpful(request: HttpRequest, slug: str) -> HttpResponse:
    """Count an answer, at most one per network, post and day. Further answers are thanked but not counted.

    The form has no token, because it is part of every post, and posts are cached.
    """
    post = _published_post_or_404(slug)
    answer = request.POST.get("answer")
    if request.method != "POST" or answer not in {"yes", "no"}:
        return render(request, "feedback/helpful.html", {"article": post})
    if not is_same_origin(request):
        return render(request, "feedback/helpful.html", {"article": post, "is_rejected": True}, status=403)
    with transaction.atomic():
        is_first = hit(request, f"answer {post.pk}", limit=1)
        if is_first and hit(request, "answers", limit=DAILY_ANSWER_LIMIT):
            HelpfulCount.objects.add(post, answer == "yes")
    return _see_other("feedback:thanks" if answer == "yes" else "feedback:missing", post)


@public_form
def missing(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what was missing, after a “No”."""
    return _form_page(request, _published_post_or_404(slug), MissingForm(request), "feedback/missing.html")


@public_form
def suggest(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the correction form; `?passage=` fills in the passage."""
    return _form_page(request, _published_post_or_404(slug), CorrectionForm(request), "feedback/suggest.html")


@public_form
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Thank the visitor."""
    return render(request, "feedback/thanks.html", {"article": _published_post_or_404(slug)})


def _published_post_or_404(slug: str) -> Post:
    return get_object_or_404(Post.objects.published().defer("body", "headings"), slug=slug)


def _form_page(request: HttpRequest, post: Post, form: FeedbackForm, template: str) -> HttpResponse:
    if request.method == "POST":
        # Count toward the limit and store the suggestion together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.save_suggestion(post)
                return _see_other("feedback:thanks", post)
    return render(request, template, {"article": post, "form": form}, status=form.status)


def _see_other(name: str, post: Post) -> HttpResponseRedirect:
    response = redirect(name, post.slug)
    response.status_code = 303
    return response
