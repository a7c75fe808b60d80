"""The posts of a list in order, for pagination that costs the same with ten posts and with 100,000."""

from array import array
from functools import cached_property

from django.http import HttpRequest

from blog.models import Post, PostQuerySet
from pagecache.per_version import ids_per_version


class OrderedPosts:
    """Public posts, the newest first, that a Paginator can count and slice.

    A database counts and sorts all posts of a list for each page of it. Here their order is read once per version.
    """

    def __init__(self, request: HttpRequest, posts: PostQuerySet, query: str = "") -> None:
        """Take the `posts` of the list at the path of `request`, narrowed down by `query`."""
        self.request, self.posts, self.query = request, posts, query

    def __len__(self) -> int:
        """Return the number of posts."""
        return len(self._pks)

    def __getitem__(self, page: slice) -> list[Post]:
        """Return the posts at the places of `page`, loaded for cards."""
        pks = self._pks[page]
        # Without a condition for public posts, with which SQLite reads the index of all of them.
        found = Post.objects.for_cards().order_by().in_bulk(pks)
        return [found[pk] for pk in pks if pk in found and found[pk].is_published]

    @cached_property
    def _pks(self) -> "array[int]":
        key = ("posts", self.request.path, self.query)
        return ids_per_version(self.request, key, lambda: self.posts.newest_first().values_list("pk", flat=True))
