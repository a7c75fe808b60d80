"""What an owner sets up on a new site, shown on the dashboard until everything is done."""

from typing import NamedTuple

from django.urls import reverse

from accounts.models import Author
from backups.models import Backup
from blog.models import Post
from images.models import SiteImages
from newsletter.models import NewsletterSettings
from siteinfo.models import Appearance, SiteInfo
from siteinfo.urls import admin_url


class Step(NamedTuple):
    """Something to set up, with the page for it."""

    title: str
    url: str
    is_done: bool


def first_steps() -> list[Step]:
    """Return the steps, or an empty list once all are done. One query each."""
    has_icon = SiteImages.objects.filter(icon__isnull=False).exists()
    has_look = has_icon or bool(Appearance.load().stylesheet())
    name = SiteInfo.objects.exclude(name=SiteInfo._meta.get_field("name").get_default())
    profile = Author.objects.exclude(short_bio="")
    sender = NewsletterSettings.objects.exclude(from_email="").exclude(postal_address="")
    steps = [
        Step("Name the site", reverse("admin:appearance"), name.exists()),
        Step("Choose colors, fonts and an icon", reverse("admin:appearance"), has_look),
        Step("Write your profile", admin_url(Author), profile.exists()),
        Step("Publish a first post", admin_url(Post, "add"), Post.objects.published().exists()),
        Step("Set the newsletter's sender and postal address", admin_url(NewsletterSettings), sender.exists()),
        Step("Keep a first backup", admin_url(Backup), Backup.objects.filter(status=Backup.Status.COMPLETE).exists()),
    ]
    return [] if all(step.is_done for step in steps) else steps
