"""The posts of a list in order, for pagination that costs the same with ten posts and with 100,000."""

from array import array
from functools import cached_property

from django.http import HttpRequest

from blog.models import Post, PostQuerySet
from pagecache.per_version import ids_per_version


class OrderedPosts:
    """Public posts that a Paginator can count and slice.

    A database counts and sorts all posts of a list for each page of it. Here their order is read once per version.
    """

    def __init__(
        self, request: HttpRequest, posts: PostQuerySet, key: str = "", *, loaded: PostQuerySet | None = None
    ) -> None:
        """Take the `posts` in their order, which belongs to `key`, or else to the path of `request`.

        `loaded` are posts with the columns to load, by default those of cards.
        """
        self.request, self.posts, self.key = request, posts, key or request.path
        self.loaded = Post.objects.for_cards() if loaded is None else loaded

    def __len__(self) -> int:
        """Return the number of posts."""
        return len(self._pks)

    def __getitem__(self, page: slice) -> list[Post]:
        """Return the posts at the places of `page`."""
        pks = self._pks[page]
        # Without a condition for public posts, with which SQLite reads the index of all of them.
        found = self.loaded.order_by().in_bulk(pks)
        return [found[pk] for pk in pks if pk in found and found[pk].is_published]

    @cached_property
    def _pks(self) -> "array[int]":
        return ids_per_version(self.request, ("posts", self.key), lambda: self.posts.values_list("pk", flat=True))
