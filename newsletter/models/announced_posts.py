"""What became of each public post in the mails that go out by themselves."""

from typing import Any

from django.db import models

from blog.models import Post
from newsletter.models.campaigns import Campaign


class AnnouncedPostQuerySet(models.QuerySet["AnnouncedPost"]):
    """Posts that automatic mails know of."""

    def note_old(self, **which: Any) -> None:
        """Take posts that readers can see now, and that nobody noted yet, for known: no mail is due for them."""
        unknown = Post.objects.published().filter(news=None, **which).values_list("pk", flat=True)
        AnnouncedPost.objects.bulk_create(
            [AnnouncedPost(post_id=key, is_news=False) for key in unknown], ignore_conflicts=True
        )


class AnnouncedPost(models.Model):
    """That a post was seen to be public, once ever: however often it is published again, it is news no second time."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="news")
    # False for what readers knew before: public before automatic mails were switched on, or imported.
    is_news = models.BooleanField(default=True)
    noted_at = models.DateTimeField(auto_now_add=True)
    # When it went into the one digest that holds it, which somebody may have deleted since.
    gathered_at = models.DateTimeField(null=True)
    digest = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, related_name="news")

    objects = AnnouncedPostQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "post news"

    def __str__(self) -> str:
        return str(self.post)
