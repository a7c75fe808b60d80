"""What the desk shows of readers' answers."""

from django import template

from blog.models import Post
from feedback.models import HelpfulCount, Helpfulness

register = template.Library()


@register.simple_tag
def helpfulness(post: Post) -> Helpfulness:
    """How readers answered about `post`. One query."""
    return HelpfulCount.objects.for_post(post)
