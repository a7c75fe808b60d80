"""What visitors wrote on posts and pages, and what shows them: reasons why an undo of an import leaves them here."""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q, QuerySet

from blog.models import Post
from comments.models import Comment, Discussion
from feedback.models import HelpfulCount, Suggestion
from layout.models import Block
from newsletter.models import AnnouncedPost, Campaign
from pages.models import Page

HAS_COMMENTS = "there are comments on it"
HAS_SUGGESTIONS = "visitors suggested corrections to it"
HAS_ANSWERS = "visitors said whether it helped them"
IS_IN_EMAIL = "a newsletter links to it"
IS_IN_LAYOUT = "a menu or another part of the layout links to it"
IS_RELATED = "another post names it as related"


def reasons_in_use(model: type[Post | Page], pks: Collection[int]) -> dict[int, str]:
    """Return why some of the posts or pages with these primary keys must not be deleted, by primary key.

    Lock the rows first, in the same transaction: nobody can then add a comment until the others are deleted.
    """
    list(model._default_manager.select_for_update().filter(pk__in=pks).values_list("pk"))
    found: dict[int, str] = {}
    for reason, used in _users(model, pks):
        for pk in used:
            if pk is not None:
                found.setdefault(pk, reason)
    return found


def _users(model: type[Post | Page], pks: Collection[int]) -> Iterator[tuple[str, QuerySet[Any, Any]]]:
    """Yield each reason with the primary keys it applies to. What visitors wrote comes first."""
    kind = str(model._meta.model_name)
    discussions = Discussion.objects.filter(**{f"{kind}__in": pks}).select_for_update()
    shown = [Comment.Status.APPROVED, Comment.Status.PENDING]
    comments = Comment.objects.filter(discussion__in=list(discussions), status__in=shown)
    yield HAS_COMMENTS, comments.values_list(f"discussion__{kind}", flat=True)
    blocks = Block.objects.filter(**{f"{kind}__in": pks})
    yield IS_IN_LAYOUT, blocks.values_list(kind, flat=True)
    if model is not Post:
        return
    yield HAS_SUGGESTIONS, Suggestion.objects.filter(post__in=pks).values_list("post", flat=True)
    yield HAS_ANSWERS, HelpfulCount.objects.filter(post__in=pks).values_list("post", flat=True)
    yield IS_IN_EMAIL, Campaign.objects.filter(post__in=pks).values_list("post", flat=True)
    in_digest = Q(digested_at__isnull=False) | Q(digest__isnull=False)
    yield IS_IN_EMAIL, AnnouncedPost.objects.filter(in_digest, post__in=pks).values_list("post", flat=True)
    for name in ("related_first", "related_second", "related_third"):
        related = Post.objects.filter(**{f"{name}__in": pks}).exclude(pk__in=pks)
        yield IS_RELATED, related.values_list(name, flat=True)
