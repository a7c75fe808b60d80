"""Which tags, series, authors, body regions, conditions and goals have a public page."""

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Author
from blog.models import Post, Series, Tag
from exercises.models import Exercise, FinderEntry
from publishing.review_queue import public_reviewers


def public_tags() -> QuerySet[Tag]:
    """Return the tags with at least one public post."""
    return Tag.objects.filter(pk__in=Post.objects.published().values("tags"))


def public_series() -> QuerySet[Series]:
    """Return the series with at least one public part."""
    return Series.objects.filter(pk__in=Post.objects.published().values("series"))


def public_entries[Entry: FinderEntry](model: type[Entry]) -> QuerySet[Entry]:
    """Return the body regions, conditions or goals with at least one public post or exercise, in order."""
    posts = Post.objects.published().values(model.field_name)
    exercises = Exercise.objects.published().order_by().values(model.field_name)
    return model._default_manager.filter(Q(pk__in=posts) | Q(pk__in=exercises))


def public_authors() -> QuerySet[Author]:
    """Return authors of public posts and exercises, reviewers of public texts, and the author of the sidebar.

    Each has the number of their posts as `post_count`.
    """
    posts = Post.objects.published().filter(author=OuterRef("pk")).order_by().values("author")
    post_count = posts.annotate(post_count=Count("pk")).values("post_count")
    authors = Author.objects.annotate(post_count=Coalesce(Subquery(post_count), 0))
    is_named = Q(post_count__gt=0) | Q(pk__in=Exercise.objects.published().values("author"))
    is_reviewer = Q(pk__in=public_reviewers().order_by().values("pk"))
    return authors.filter(is_named | is_reviewer | Q(pk__in=Author.objects.values("pk")[:1]))
