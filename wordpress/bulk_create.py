"""Save many new posts with a constant number of queries. The result is that of saving them one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from blog.models import Category, Post, Tag, TaggedPost
from newsletter.models import AnnouncedPost
from publishing.document_paths import taken_paths
from redirects.services import delete_redirects
from richtext import references
from search.indexing import index_rows
from search.sources import POSTS
from wordpress.path_mapping import release_paths


@dataclass(frozen=True)
class NewPost:
    """An unsaved post with its derived fields set, the slug it should get, and its categories and tags."""

    post: Post
    slug: str
    categories: Sequence[Category]
    tags: Sequence[Tag]

    @property
    def related(self) -> dict[str, set[Category] | set[Tag]]:
        """The rows of its many-to-many fields, by their names."""
        return {"categories": set(self.categories), "tags": set(self.tags)}


class SlugAssigner:
    """Assign free slugs to new posts.

    The last number of each slug is cached, so that thousands of posts with the same title take linear time.
    """

    def __init__(self) -> None:
        self._last_numbers: dict[str, int] = {}

    def assign(self, new_posts: Sequence[NewPost]) -> None:
        """Give each post its slug, with a number if the path is taken. Public posts come first."""
        slugs = {new.slug for new in new_posts}
        taken = taken_paths(slugs)
        if contested := {new.slug for new in new_posts if new.post.is_published} & taken:
            release_paths(contested)
            taken = taken_paths(slugs)
        for new in sorted(new_posts, key=lambda new: not new.post.is_published):
            slug, number = new.slug, self._last_numbers.get(new.slug, 1)
            while slug in taken:
                number += 1
                slug = f"{new.slug}-{number}"
                taken |= taken_paths({slug})
            if slug != new.slug:
                self._last_numbers[new.slug] = number
            taken.add(slug)
            new.post.slug = slug


def create_posts(new_posts: Sequence[NewPost]) -> None:
    """Save the posts and everything that depends on them. Call it in a transaction.

    Subscribers already know imported posts, so they are not announced.
    """
    posts = [new.post for new in new_posts]
    for new in new_posts:
        if new.categories and new.post.primary_category is None:
            new.post.primary_category = min(new.categories, key=lambda category: category.sort_key)
    Post.objects.bulk_create(posts)
    _assign_taxonomy(new_posts)
    delete_redirects(unquote(post.get_absolute_url()) for post in posts if post.is_published)
    references.sync(posts)
    index_rows(POSTS, posts)
    AnnouncedPost.objects.skip_existing(pk__in=[post.pk for post in posts])


def _assign_taxonomy(new_posts: Sequence[NewPost]) -> None:
    through = Post.categories.through
    through.objects.bulk_create(
        through(post_id=new.post.pk, category_id=pk)
        for new in new_posts
        for pk in sorted({category.pk for category in new.categories})
    )
    TaggedPost.objects.bulk_create(
        TaggedPost(content_object_id=new.post.pk, tag_id=pk)
        for new in new_posts
        for pk in sorted({tag.pk for tag in new.tags})
    )
