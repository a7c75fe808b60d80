"""Which posts automatic emails have already covered."""

from typing import Any

from django.db import models

from blog.models import Post
from newsletter.models.campaigns import Campaign


class AnnouncedPostQuerySet(models.QuerySet["AnnouncedPost"]):
    """Mark posts as announced."""

    def skip_existing(self, **filters: Any) -> None:
        """Exclude the posts that are public now and match `filters` from automatic emails."""
        posts = Post.objects.published().filter(announcement=None, **filters)
        rows = [AnnouncedPost(post_id=pk, is_new=False) for pk in posts.values_list("pk", flat=True)]
        AnnouncedPost.objects.bulk_create(rows, ignore_conflicts=True)


class AnnouncedPost(models.Model):
    """Marks a post as announced. A post is announced once, even if it is unpublished and published again."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="announcement")
    # False if the post was public before automatic emails were turned on, or was imported.
    is_new = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Set when the post goes into a digest. The digest itself may be deleted later.
    digested_at = models.DateTimeField(null=True)
    digest = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, related_name="announced_posts")

    objects = AnnouncedPostQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.post)
