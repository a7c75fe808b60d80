"""What the weekly email says about posts: drafts that wait, and broken links."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from analytics import weekly
from analytics.reports.scope import Scope
from analytics.weekly import Item, Section
from blog.internal_links import broken_links
from blog.models import Post
from siteinfo.urls import admin_url

# A draft that was not touched for this long may have been forgotten.
WAITING = timedelta(days=14)


def waiting_drafts(scope: Scope) -> Section:
    """Return drafts that nobody has changed for two weeks, oldest first."""
    drafts = Post.objects.readable_by(scope.user).drafts().filter(modified_at__lt=timezone.now() - WAITING)
    url = reverse("admin:blog_post_changelist", query={"status": "draft"})
    items = [Item(str(draft), admin_url(draft)) for draft in drafts.order_by("modified_at", "pk").only("title")]
    return Section("Drafts that wait for two weeks or longer", items, more_url=url)


def dead_links(scope: Scope) -> Section | None:
    """Return the links in public texts that lead to no page."""
    if not scope.is_whole_site:
        return None
    links = broken_links()
    items = [Item(f"“{link.source}” links to {link.path}. {link.reason}", admin_url(link.source)) for link in links]
    return Section("Broken links", items)


def register() -> None:
    """Add the sections to the weekly email."""
    weekly.register(waiting_drafts, order=30)
    weekly.register(dead_links, order=15)
