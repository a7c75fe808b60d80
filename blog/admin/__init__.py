"""The admin for the blog, one module for each group of models."""

from blog.admin import posts, rules, snippets, taxonomy

__all__ = ["posts", "rules", "snippets", "taxonomy"]
