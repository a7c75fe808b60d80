"""Template tags for answers to "Was this helpful?"."""

from django import template

from blog.models import Post
from feedback.models import HelpfulCount, Helpfulness

register = template.Library()


@register.simple_tag
def helpfulness(post: Post) -> Helpfulness:
    """Return the answers about `post`."""
    return HelpfulCount.objects.for_post(post)
