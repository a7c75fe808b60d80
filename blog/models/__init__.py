"""The models of the blog, one module for each subject. Modules import only those listed before them."""

from blog.models.archive_counts import ArchiveCounts, MonthCount
from blog.models.gifts import GiftKind
from blog.models.post import LARGE_FIELDS, LinkedPosts, Post, PostQuerySet, SeriesPart
from blog.models.rules import PublishingRules, Severity
from blog.models.series import Series
from blog.models.snippets import PostTemplate, Snippet
from blog.models.tags import Tag, TaggedPost
from blog.models.taxonomy import Category, CategoryQuerySet, path_with_ancestors
from blog.models.view_counts import PostViewCount

__all__ = [
    "LARGE_FIELDS",
    "ArchiveCounts",
    "Category",
    "CategoryQuerySet",
    "GiftKind",
    "LinkedPosts",
    "MonthCount",
    "Post",
    "PostQuerySet",
    "PostTemplate",
    "PostViewCount",
    "PublishingRules",
    "Series",
    "SeriesPart",
    "Severity",
    "Snippet",
    "Tag",
    "TaggedPost",
    "path_with_ancestors",
]
