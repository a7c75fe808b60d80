"""The number of queries of every list, public or in the admin, is the same with 12 rows as with 1,000.

On PostgreSQL with 60: its queries are the same, and this shows that they work there.
"""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from solo.admin import SingletonModelAdmin

from affiliates.models import programs
from blog.models import Post, TaggedPost
from comments.models import Discussion
from contact.models import Reply
from evidence.glossary.rendering import current_glossary
from exercises.models import BodyRegion, Condition, Exercise, Goal
from images.models import Image
from richtext import references
from search.indexing import index_documents
from search.sources import POSTS
from tests.example_site import PAGES, make_example_site

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PUBLIC_LISTS = PAGES | {
    "series": "/series/knees/",
    "plan": "/my-plan/",
    "search": "/search/?q=copy",
    "feed": "/feed/",
    "Atom feed": "/feed/atom/",
    "feed of a category": "/category/pain/feed/",
    "feed of a tag": "/tag/stairs/feed/",
    "feed of an author": "/author/sam/feed/",
    "sitemap index": "/sitemap.xml",
    "sitemap of posts": "/sitemap-posts.xml",
    "sitemap of pages": "/sitemap-pages.xml",
    "newsletter archive": "/newsletter/archive/",
    "not found": "/nothing-here/",
}
# Pages show or check all of these, and no site has a thousand of them.
FEW = {
    "exercises.BodyRegion",
    "exercises.Condition",
    "exercises.Goal",
    "affiliates.Program",
    "affiliates.ShopSection",
    "blog.Category",
    "layout.Block",
}
# What the constraints of a model require, or its lists.
FIELDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "accounts.User": lambda number: {"email": f"user-{number}@example.com", "is_staff": True},
    "ads.Ad": lambda number: {"url": "https://shop.example.com/", "text": "Shoes", "image": None, "weight": 1},
    "affiliates.Link": lambda number: {"destination": f"https://shop.example.com/{number}"},
    "affiliates.Program": lambda number: {"hosts": f"shop-{number}.example.com"},
    "backups.Backup": lambda number: {"status": "complete"},
    "blog.Category": lambda number: {"path": f"category-{number}", "parent": None},
    "comments.Comment": lambda number: {
        "submission": uuid4(),
        "sent_at": None,
        "imported_id": number + 1,
        "discussion": Discussion.objects.first() or Discussion.objects.create(post=Post.objects.first()),
    },
    "contact.Message": lambda number: {"submission": uuid4()},
    "exercises.Exercise": lambda number: {"video": None, "status": "published"},
    "feedback.Suggestion": lambda number: {"submission": uuid4()},
    "images.Image": lambda number: {"is_decorative": False, "width": 48, "height": 32},
    "images.Video": lambda number: {"provider": "youtube", "key": f"{number:011}"},
    "instagram.InstagramPost": lambda number: {"url": f"https://www.instagram.com/p/{number}/"},
    "layout.Block": lambda number: {
        "area": "sidebar",
        "block_type": "search",
        "page": None,
        "category": None,
        "post": None,
    },
    "newsletter.Campaign": lambda number: {"kind": "manual", "post": None, "slug": None, "sequence_email": None},
    "newsletter.Sequence": lambda number: {"status": "draft", "activated_at": None},
    "pages.Page": lambda number: {
        "path": f"page-{number}",
        "parent": None,
        "role": None,
        "status": "published",
        "published_at": timezone.now(),
    },
    "publishing.Review": lambda number: {
        "content_type": ContentType.objects.get_for_model(Post),
        "object_id": Post.objects.earliest("pk").pk,
        "due_on": timezone.localdate() + timedelta(days=30),
    },
    "site_export.SiteExport": lambda number: {"status": "complete"},
    "redirects.Redirect": lambda number: {"old_path": f"/old-{number}", "target": "/blog/", "target_path": "/blog"},
}


def listed_models() -> list[type[models.Model]]:
    """Return the models with a list in the admin, each after the models that it points to."""
    found: list[type[models.Model]] = []

    def add(model: type[models.Model]) -> None:
        model_admin = admin.site._registry.get(model)
        if model in found or model_admin is None or isinstance(model_admin, SingletonModelAdmin):
            return
        for related in _related_models(model).values():
            add(related)
        found.append(model)

    for model in admin.site._registry:
        add(model)
    return found


def make_rows(numbers: range) -> None:
    """Create a row of every model with a list for each number, all in bulk."""
    for model in listed_models():
        if model is Post:
            continue
        chosen = numbers[::50] if model._meta.label in FEW else numbers
        related = {name: target._base_manager.order_by("pk").first() for name, target in _related_models(model).items()}
        rows = [model(**_values(model, number, related)) for number in chosen]
        model._base_manager.bulk_create(rows)
        references.sync([row for row in rows if isinstance(row, references.ReferenceSource)])
    make_posts(numbers)
    _assign_to_finder(numbers)


def _assign_to_finder(numbers: range) -> None:
    """Assign the new posts and exercises to the body region, the condition and the goal of the example site."""
    for model in (BodyRegion, Condition, Goal):
        entry = model._default_manager.earliest("pk")
        copies = Post.objects.filter(slug__in=[f"copy-{number}" for number in numbers])
        entry.posts.add(*copies)
        entry.exercises.add(*Exercise.objects.order_by("-pk")[: len(numbers)])


def _related_models(model: type[models.Model]) -> dict[str, type[models.Model]]:
    """Return the other models that foreign keys point to, by field name."""
    return {
        field.name: field.related_model
        for field in model._meta.concrete_fields
        if field.many_to_one and field.related_model and field.related_model is not model
    }


def _values(model: type[models.Model], number: int, related: dict[str, models.Model | None]) -> dict[str, Any]:
    values: dict[str, Any] = dict(related)
    for field in model._meta.concrete_fields:
        if field.primary_key or field.is_relation or field.has_default() or (field.null and not field.unique):
            continue
        if field.choices:
            values[field.name] = field.flatchoices[0][0]
        elif isinstance(field, models.EmailField):
            values[field.name] = f"{field.name}-{number}@example.com"
        elif isinstance(field, models.FileField):
            values[field.name] = Image.objects.earliest("pk").file.name
        elif isinstance(field, models.CharField | models.TextField):
            values[field.name] = f"{field.name}-{number}"[-(field.max_length or 100) :]
        elif isinstance(field, models.IntegerField | models.DecimalField):
            values[field.name] = number
        elif isinstance(field, models.DateTimeField):
            values[field.name] = timezone.now() - timedelta(minutes=number)
        elif isinstance(field, models.DateField):
            values[field.name] = timezone.localdate()
    return values | FIELDS.get(model._meta.label, lambda number: {})(number)


def make_posts(numbers: range) -> None:
    """Create posts like the one of the example site, in the same category, tag, series and month."""
    example = Post.objects.get(slug="the-knee")
    categories, tags = list(example.categories.all()), list(example.tags.all())
    images = list(Image.objects.order_by("pk"))
    posts = [
        Post(
            title=f"Copy {number}",
            slug=f"copy-{number}",
            body=f'{example.body}<p><a href="/copy-{number - 1}/">Before</a></p>',
            author=example.author,
            primary_category=example.primary_category,
            featured_image=images[number % len(images)],
            series=example.series,
            status=Post.Status.PUBLISHED,
            published_at=timezone.now() - timedelta(days=1, seconds=number),
        )
        for number in numbers
    ]
    for post in posts:
        post.update_derived_fields()
    Post.objects.bulk_create(posts)
    references.sync(posts)
    through = Post.categories.through
    through.objects.bulk_create(through(post=post, category=category) for post in posts for category in categories)
    TaggedPost.objects.bulk_create(TaggedPost(content_object=post, tag=tag) for post in posts for tag in tags)
    index_documents(POSTS, [post.pk for post in posts])


def admin_lists() -> dict[str, str]:
    """Return the URLs of the lists in the admin."""
    changelists = {
        model._meta.label: reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in listed_models()
        if model is not Reply  # listed with its message
    }
    return changelists | {
        "dashboard": reverse("admin:index"),
        "search for posts": reverse("admin:blog_post_changelist") + "?q=copy",
        "image picker": reverse("admin:images_image_pick"),
    }


def test_the_number_of_queries_does_not_grow_with_the_rows(
    client: Client, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_queries() -> dict[str, int]:
        # Otherwise read once a minute, which would add a query to some page.
        monkeypatch.setattr(programs._host_cache, "_expires_at", math.inf)
        # Read again when it has changed.
        current_glossary()
        public = {name: _count_queries(client, url) for name, url in PUBLIC_LISTS.items()}
        return public | {name: _count_queries(admin_client, url) for name, url in admin_lists().items()}

    make_example_site()
    make_rows(range(12))
    count_queries()  # fills what is cached in the process
    with_few = count_queries()
    make_rows(range(12, 1_000 if connection.vendor == "sqlite" else 60))
    assert count_queries() == with_few


def _count_queries(client: Client, url: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == (404 if url == PUBLIC_LISTS["not found"] else 200), url
    return len(queries)
