"""Delete a category that has posts: they move to another one, and its URL redirects there."""

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from blog.models import Category, Post, PostQuerySet
from redirects import services
from redirects.models import Redirect


def posts_of(category: Category) -> PostQuerySet:
    """Return all posts in `category`, but not those of its subcategories."""
    assigned = Post.categories.through.objects.filter(category=category).values("post")
    return Post.objects.filter(Q(primary_category=category) | Q(pk__in=assigned)).order_by()


def move_posts(old: Category, new: Category) -> None:
    """Replace `old` with `new` in all posts, and redirect its URL. Call it in the transaction that deletes `old`."""
    assignments = Post.categories.through.objects
    with transaction.atomic():
        pks = list(posts_of(old).values_list("pk", flat=True))
        rows = [Post.categories.through(post_id=pk, category=new) for pk in pks]
        assignments.bulk_create(rows, ignore_conflicts=True)
        assignments.filter(category=old).delete()
        Post.objects.filter(primary_category=old).update(primary_category=new)
        # A new version, so that saving a form opened earlier is a conflict instead of restoring the old category.
        Post.objects.filter(pk__in=pks).update(version=F("version") + 1, modified_at=timezone.now())
        services.create_redirect(old.get_absolute_url(), new.get_absolute_url(), Redirect.Origin.MERGED)
