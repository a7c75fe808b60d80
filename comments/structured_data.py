"""Comments as part of the structured data of a post."""

from blog.models import Post
from comments.models import Comment, CommentSettings
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

# Search engines need no more to see that people discuss a post.
MAX_COMMENTS = 10


def article_properties(post: Post) -> Node:
    """Return the number of comments, and the first of them."""
    if not CommentSettings.load().is_enabled:
        return {}
    comments = Comment.objects.approved().filter(discussion__post=post)
    if not (count := comments.count()):
        return {}
    shown = comments.exclude(body="").select_related("author").order_by("posted_at", "pk")[:MAX_COMMENTS]
    return {"commentCount": count, "comment": [_node(post, comment) for comment in shown]}


def _node(post: Post, comment: Comment) -> Node:
    return node(
        "Comment",
        url=f"{absolute_url(post.get_absolute_url())}#{comment.anchor}",
        text=comment.text,
        datePublished=comment.posted_at,
        author=node("Person", name=comment.display_name),
    )
