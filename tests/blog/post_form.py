"""The data that a browser sends for the form of a post."""

from django.utils import timezone

from accounts.models import Author
from blog.models import Post


def post_form_data(post: Post | None = None, **values: str) -> dict[str, str]:
    """Return the form data of `post` or of a new post, with `values` changed."""
    at = timezone.localtime(post.published_at) if post and post.published_at else None
    data = {
        "title": post.title if post else "New",
        "slug": post.slug if post else "",
        "body": post.body if post else "<p>Words</p>",
        "tldr": "",
        "excerpt": "",
        "tags": "",
        "published_at_0": f"{at:%Y-%m-%d}" if at else "",
        "published_at_1": f"{at:%H:%M}" if at else "",
        "author": str(Author.objects.values_list("pk", flat=True).first() or ""),
        "seo_title": "",
        "seo_description": "",
        "base_version": str(post.version) if post else "",
        "_save": "",
    }
    return data | values
