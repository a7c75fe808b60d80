"""Create complete rows for tests. Keyword arguments override the default values of fields."""

import io
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import count

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image as Pillow

from accounts.models import Author
from blog.models import Category, Post, Tag, TaggedPost
from images.models import Image
from images.uploads import process_upload
from newsletter.models import Campaign, Delivery, Subscriber
from operations.models import WorkerProcess
from operations.version import app_version
from pages.models import Page
from richtext import references

_numbers = count(1)


def make_image(*, width: int = 48, height: int = 32, color: str = "seagreen", **overrides: object) -> Image:
    """Create an image of a single color, without renditions."""
    number = next(_numbers)
    upload = io.BytesIO()
    Pillow.new("RGB", (width, height), color).save(upload, "PNG")
    file = process_upload(ContentFile(upload.getvalue(), name=f"image-{number}.png"))
    fields = {"title": f"Image {number}", "alt": f"Drawing {number}", "file": file}
    return Image.objects.create(**fields | overrides)


def make_author(**overrides: object) -> Author:
    """Create an author without a user account."""
    number = next(_numbers)
    return Author.objects.create(**{"name": f"Author {number}", "slug": f"author-{number}"} | overrides)


def make_category(**overrides: object) -> Category:
    """Create a category; with `parent=`, a subcategory."""
    number = next(_numbers)
    return Category.objects.create(**{"name": f"Category {number}", "slug": f"category-{number}"} | overrides)


def make_page(**overrides: object) -> Page:
    """Create a page published a day ago; with `parent=`, a subpage."""
    number = next(_numbers)
    fields = {
        "title": f"Page {number}",
        "slug": f"page-{number}",
        "body": f"<p>The text of page {number}.</p>",
        "status": Page.Status.PUBLISHED,
        "published_at": timezone.now() - timedelta(days=1),
    }
    return Page.objects.create(**fields | overrides)


def make_post(*, categories: Collection[Category] = (), tags: Collection[str] = (), **overrides: object) -> Post:
    """Create a post published a day ago by the first author, or by a new one. `tags` are names."""
    post = _post(**overrides)
    post.save()
    if categories or post.primary_category:
        post.set_categories(categories)
    if tags:
        post.tags.set(tags)
    return post


def make_posts(number: int, *, categories: Sequence[Category], tags: Collection[str], **overrides: object) -> None:
    """Create `number` posts like those of `make_post` in bulk. They are not in the search index."""
    posts = [_post(primary_category=categories[0], **overrides) for _ in range(number)]
    for post in posts:
        post.update_derived_fields()
    Post.objects.bulk_create(posts)
    references.sync(posts)
    through = Post.categories.through
    through.objects.bulk_create([through(post=post, category=category) for post in posts for category in categories])
    names = [Tag.objects.get_or_create(name=name)[0] for name in tags]
    TaggedPost.objects.bulk_create([TaggedPost(content_object=post, tag=tag) for post in posts for tag in names])


def _post(**overrides: object) -> Post:
    number = next(_numbers)
    fields = {
        "title": f"Post {number}",
        "slug": f"post-{number}",
        "body": f"<p>The text of post {number}.</p>",
        "status": Post.Status.PUBLISHED,
        "published_at": timezone.now() - timedelta(days=1),
    }
    if "author" not in overrides:
        fields["author"] = Author.objects.first() or make_author()
    return Post(**fields | overrides)


def make_subscriber(**overrides: object) -> Subscriber:
    """Create a confirmed subscriber, unless `status=` says otherwise."""
    fields = {"email": f"reader-{next(_numbers)}@example.org", "status": "active", "confirmed_at": timezone.now()}
    return Subscriber.objects.create(**fields | overrides)


def make_campaign(**overrides: object) -> Campaign:
    """Create a campaign with everything that any status requires."""
    now = timezone.now()
    fields = {
        "subject": f"Campaign {next(_numbers)}",
        "body": "<p>Words.</p>",
        "scheduled_at": now,
        "not_after": now + timedelta(days=1),
        "prepared_at": now,
        "total": 0,
        "frozen_sha256": "0" * 64,
    }
    return Campaign.objects.create(**fields | overrides)


def make_delivery(**overrides: object) -> Delivery:
    """Create a delivery in any state, by default of a new campaign."""
    number = next(_numbers)
    now = timezone.now()
    fields: dict[str, object] = {
        "email_hash": f"{number:064x}",
        "to_email": f"reader-{number}@example.org",
        "message_id": f"<{number}@example.com>",
    }
    if overrides.get("status") == "claimed":
        fields |= {"owner": "worker", "lease_until": now + timedelta(minutes=5)}
    if overrides.get("status") == "sent":
        fields |= {"sent_at": now}
    if "campaign" not in overrides:
        fields |= {"campaign": make_campaign()}
    return Delivery.objects.create(**fields | overrides)


def make_worker_process(**overrides: object) -> WorkerProcess:
    """Create a worker that has just reported."""
    process = WorkerProcess(
        kind="worker", host="web1", pid=next(_numbers), version=app_version(), started_at=timezone.now()
    )
    process.report()
    WorkerProcess.objects.filter(pk=process.pk).update(**{"pid": process.pid} | overrides)
    process.refresh_from_db()
    return process
