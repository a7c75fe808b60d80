"""The template tag that shows comments below a text."""

from typing import Any

from django import template
from django.template import Context

from blog.models import Post
from comments.forms import EmbeddedCommentForm
from comments.models import CommentSettings, Discussion
from comments.threads import load_threads
from pagecache.per_version import once_per_version
from pages.models import Page

register = template.Library()


@register.inclusion_tag("comments/_section.html", takes_context=True)
def comments(context: Context, document: Post | Page) -> dict[str, Any]:
    """Show the comments on a public document, and the form if it accepts any. The number of queries is constant."""
    request = context["request"]
    options = once_per_version(request, "comment settings", CommentSettings.load)
    if not options.is_enabled or not document.is_published or context.get("is_preview"):
        return {}
    discussion = Discussion.objects.of(document)
    # So that neither the template nor `is_open` loads the document again.
    setattr(discussion, document._meta.model_name or "", document)
    threads, is_open = load_threads(discussion), discussion.is_open(options)
    for comment in threads.comments:
        comment.discussion = discussion
    return {
        "is_shown": is_open or threads.count,
        "article": document,
        "path": document.get_absolute_url().strip("/"),
        "threads": threads,
        "form": EmbeddedCommentForm(request, discussion) if is_open else None,
        "navigation": context.get("navigation"),
    }


@register.inclusion_tag("comments/_admin_summary.html")
def comments_summary(post: Post) -> dict[str, Any]:
    """Show in the admin how many comments a post has, and whether it accepts more."""
    discussion = Discussion.objects.of(post)
    options = CommentSettings.load()
    statuses = list(discussion.comments.values_list("status", flat=True)) if discussion.pk else []
    return {
        "is_shown": options.is_enabled or statuses,
        "post": post,
        "approved": statuses.count("approved"),
        "pending": statuses.count("pending"),
        "is_open": discussion.is_open(options),
    }
