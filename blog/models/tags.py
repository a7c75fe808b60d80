"""Tags of posts."""

from collections.abc import Iterable
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from taggit.models import ItemBase, TagBase

from blog.models.post import Post
from blog.models.tag_names import MAX_KEY_LENGTH, tag_key
from plaintext.characters import strip_control_characters
from plaintext.slugs import slugify
from redirects import services
from redirects.models import Redirect


class TagQuerySet(models.QuerySet["Tag"]):
    """Tags for lists."""

    def with_public_posts(self) -> Self:
        """Return the tags with a page: those of at least one public post."""
        return self.filter(pk__in=TaggedPost.objects.filter(content_object__in=Post.objects.published()).values("tag"))


class Tag(TagBase):
    """A tag for posts. Names that searches take for the same are one tag."""

    name: str
    key = models.CharField(max_length=MAX_KEY_LENGTH, unique=True, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        """Sorted by name."""

        ordering = ("name",)

    def clean(self) -> None:
        """Reject another spelling of an existing tag."""
        super().clean()
        other = Tag.objects.filter(key=tag_key(self.name)).exclude(pk=self.pk).first()
        if other:
            raise ValidationError({"name": f"The tag “{other.name}” already exists. Use it, or choose another name."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and redirect the old URL if the slug changed."""
        self.name = strip_control_characters(self.name)
        self.key = tag_key(self.name)
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "key"}
        with services.track_path_change(self):
            super().save(*args, **kwargs)

    def merge(self, others: "Iterable[Tag]") -> int:
        """Move the posts of `others` to this tag, delete `others` and redirect their URLs. Return the post count."""
        merged = [tag for tag in others if tag.pk != self.pk]
        with transaction.atomic():
            posts = set(TaggedPost.objects.filter(tag__in=merged).values_list("content_object", flat=True))
            rows = [TaggedPost(tag=self, content_object_id=pk) for pk in posts]
            TaggedPost.objects.bulk_create(rows, ignore_conflicts=True)
            # A new version, so that saving a form opened earlier is a conflict instead of restoring the old tags.
            Post.objects.filter(pk__in=posts).update(version=F("version") + 1, modified_at=timezone.now())
            services.create_redirects(
                {tag.get_absolute_url(): self.get_absolute_url() for tag in merged}, Redirect.Origin.MERGED
            )
            Tag.objects.filter(pk__in=[tag.pk for tag in merged]).delete()
        return len(posts)

    def slugify(self, tag: str, i: int | None = None) -> str:
        """Return a slug for the name `tag`, numbered `i` if others have the same. Works for names without letters."""
        slug = slugify(tag, 90) or "tag"
        return f"{slug}_{i}" if i else slug

    def get_absolute_url(self) -> str:
        """Return the URL of its list of posts."""
        return reverse("blog:tag", args=[self.slug])


class TaggedPost(ItemBase):
    """The tag of a post."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged_posts")
    content_object = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="tagged")

    class Meta:
        """Each tag once per post."""

        constraints = [models.UniqueConstraint("tag", "content_object", name="blog_taggedpost_unique")]

    def __str__(self) -> str:
        return f"{self.content_object}: {self.tag}"
