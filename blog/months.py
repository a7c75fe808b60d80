"""The months of posts, which depend on the site's time zone."""

from django.db.models import DateField
from django.db.models.functions import TruncMonth

from blog.models import Post


def update_months() -> None:
    """Set the months of all posts for the current time zone. One statement."""
    month = TruncMonth("published_at", output_field=DateField())
    Post.objects.filter(published_at__isnull=False).update(month=month)
