"""One page of each type that readers meet."""

from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).parent


def furnish() -> dict[str, str]:
    """Add to the demo what it lacks; the address of one page of each type, by name."""
    # Not above: the audit chooses the database before it sets Django up.
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
    pictures = list(Image.objects.order_by("-width", "pk")[:3])
    video = Video.objects.create(provider="vimeo", key="12345678", title="Heel drops", thumbnail=pictures[0])
    names = {"video": str(video.pk)} | {
        name: str(picture.pk) for name, picture in zip(("first", "second", "third"), pictures, strict=True)
    }
    series = Series.objects.create(title="Back on your feet", slug="back-on-your-feet", description="In three steps.")
    for number, post in enumerate((longest, newest), start=1):
        Post.objects.filter(pk=post.pk).update(series=series, series_position=number)
    everything = Post(
        title="Everything at once, and a long title that nobody would choose for a post about knees",
        slug="everything-at-once",
        author=newest.author,
        primary_category=category,
        tldr="One of each.\nNothing is left out.",
        body=(HERE / "everything.html").read_text(encoding="utf-8").format_map(names),
    )
    everything.publish(timezone.now() - timedelta(days=200))
    everything.save()
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
        "post with one of everything": everything.get_absolute_url(),
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
