"""Write a comment, and moderate one by a link from an email."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import AuditEvent
from blog.models import Post
from comments.forms import CommentForm, find_visible
from comments.models import Comment, CommentSettings, Discussion
from comments.moderation_links import read_token
from pages.models import Page
from plaintext.numbers import parse_pk
from public_forms.decorators import public_form
from public_forms.same_origin import is_same_origin

_STATUSES = {
    "approve": Comment.Status.APPROVED,
    "spam": Comment.Status.SPAM,
    "trash": Comment.Status.TRASH,
}


@public_form
def write(request: HttpRequest, path: str) -> HttpResponse:
    """Show the form for a comment, or for an answer with `?reply=`, and accept it. Nobody sees it before approval."""
    discussion = _discussion_or_404(path)
    document = discussion.document
    if not discussion.is_open(CommentSettings.load()):
        return render(request, "comments/closed.html", {"article": document}, status=403)
    data = request.POST if request.method == "POST" else request.GET
    parent = find_visible(discussion, parse_pk(data.get("reply")))
    form = CommentForm(request, discussion, parent=parent)
    if request.method == "POST":
        # Count toward the limit and store the comment together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.save_comment()
                response = redirect("comments:waiting", path)
                response.status_code = 303
                return response
    context = {"article": document, "path": path, "form": form, "parent": parent}
    return render(request, "comments/write.html", context, status=form.status)


@public_form
def waiting(request: HttpRequest, path: str) -> HttpResponse:
    """Say that the comment is awaiting review."""
    return render(request, "comments/waiting.html", {"article": _discussion_or_404(path).document})


@public_form
def moderate(request: HttpRequest, action: str, token: str) -> HttpResponse:
    """Ask to confirm what a link in an email offers, and do it by POST. A comment that was moderated stays as it is."""
    key = read_token(token)
    comments = Comment.objects.with_document().select_related("author", "parent")
    comment = comments.filter(message_uuid=key).first() if key else None
    if comment is None:
        return _private(render(request, "comments/link_expired.html", status=404))
    is_rejected = request.method == "POST" and not is_same_origin(request)
    context: dict[str, Any] = {"comment": comment, "article": comment.discussion.document, "action": action}
    if request.method == "POST" and not is_rejected:
        with transaction.atomic():
            context["is_done"] = bool(Comment.objects.filter(pk=comment.pk).pending().moderate(_STATUSES[action]))
            if context["is_done"]:
                subject = f"comment {comment.pk}, by the link “{action}” in an email"
                AuditEvent.objects.record(AuditEvent.Kind.CHANGED, request=request, subject=subject)
        comment.refresh_from_db(fields=["status"])
    context["is_rejected"] = is_rejected
    return _private(render(request, "comments/moderate.html", context, status=403 if is_rejected else 200))


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"  # the URL is the key
    return response


def _discussion_or_404(path: str) -> Discussion:
    """Return the discussion of the published document at `path`. Raise Http404 without one, or if comments are off."""
    if not CommentSettings.load().is_enabled:
        raise Http404
    post = Post.objects.published().defer("body", "headings").filter(slug=path).first()
    document = post or Page.objects.published().without_text().filter(path=path).first()
    if document is None:
        raise Http404
    return Discussion.objects.of(document)
