"""A page of every type that visitors see."""

from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).parent


def create_pages() -> dict[str, str]:
    """Add the types of pages that the demo lacks, and return the path of a page of each type by name."""
    # Imported here, because the audit configures the database before it sets up Django.
    from django.urls import reverse
    from django.utils import timezone

    from blog.models import Category, Post, Series
    from images.models import Image, Video
    from newsletter.delivery.materialize import prepare_campaign
    from newsletter.models import Campaign, NewsletterSettings
    from publishing.visibility import preview_url

    newest = Post.objects.published().newest_first().select_related("author")[0]
    longest = Post.objects.published().latest("word_count")
    category = Category.objects.filter(parent=None)[0]
    images = list(Image.objects.order_by("-width", "pk")[:3])
    video = Video.objects.create(provider="vimeo", key="12345678", title="Heel drops", thumbnail=images[0])
    names = {"video": str(video.pk)} | {
        name: str(image.pk) for name, image in zip(("first", "second", "third"), images, strict=True)
    }
    series = Series.objects.create(title="Back on your feet", slug="back-on-your-feet", description="In three steps.")
    for number, post in enumerate((longest, newest), start=1):
        Post.objects.filter(pk=post.pk).update(series=series, series_position=number)
    every_element = Post(
        title="Every element on one page, and a title much too long for a post about knees",
        slug="every-element",
        author=newest.author,
        primary_category=category,
        tldr="One of each.\nNone is missing.",
        body=(HERE / "all_elements.html").read_text(encoding="utf-8").format_map(names),
    )
    every_element.publish(timezone.now() - timedelta(days=200))
    every_element.save()
    draft = Post.objects.create(
        title="Not yet", slug="not-yet", author=newest.author, body=newest.body, featured_image=newest.featured_image
    )
    preview = preview_url(draft, "blog:preview")
    campaign = Campaign.objects.create(subject="Small steps this week", body=newest.body, status="preparing")
    prepare_campaign(campaign, NewsletterSettings.load())
    campaign.refresh_from_db()
    return {
        "home": reverse("home"),
        "blog": reverse("blog:post_list"),
        "post": newest.get_absolute_url(),
        "long post": longest.get_absolute_url(),
        "post with every element": every_element.get_absolute_url(),
        "category": category.get_absolute_url(),
        "tag": newest.tags.all()[0].get_absolute_url(),
        "series": series.get_absolute_url(),
        "author": newest.author.get_absolute_url(),
        "year": f"/{newest.published_at:%Y}/",
        "month": f"/{newest.published_at:%Y/%m}/",
        "search with hits": "/search/?q=stairs",
        "search without": "/search/?q=zyxwv",
        "about": "/about/",
        "services": "/about/services/",
        "policy": "/privacy-policy/",
        "contact": "/contact/",
        "shop": "/shop/",
        "post with paid links": "/what-a-foam-roller-does/",
        "newsletter": "/newsletter/",
        "newsletter archive": "/newsletter/archive/",
        "newsletter archive detail": campaign.archive_path,
        "correction form": f"/feedback/{newest.slug}/",
        "not found": "/nothing-is-here/",
        "preview of a draft": preview[preview.index("/preview/") :],
    }
