"""Renamed, moved and merged content is redirected from its old URL."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Author
from blog.models import Category, Post, Series, Tag
from redirects.models import Redirect
from tests.factories import make_author, make_category, make_post
from tests.redirects.factories import location, make_redirect, targets

pytestmark = pytest.mark.django_db


def test_a_renamed_post_is_redirected_and_a_draft_is_not(client: Client) -> None:
    post, draft = make_post(slug="first"), make_post(slug="draft-1", status=Post.Status.DRAFT)
    for slug in ("second", "third"):
        post.slug = slug
        post.save()
    draft.slug = "draft-2"
    draft.save()
    assert targets() == {"/first": "/third/", "/second": "/third/"}
    assert location(client, "/first/?utm_source=x") == (301, "/third/?utm_source=x")
    assert location(client, "/draft-1/") == (404, "")
    post.slug = "first"
    post.save()
    assert client.get("/first/").status_code == 200
    assert location(client, "/third/") == (301, "/first/")


def test_a_failed_rename_leaves_no_redirect() -> None:
    make_post(slug="taken")
    post = make_post(slug="first")
    post.slug = "taken"
    with pytest.raises(IntegrityError), transaction.atomic():
        post.save()
    assert targets() == {}


def test_a_published_post_replaces_the_redirect_at_its_path(client: Client) -> None:
    make_redirect("/knee/", "/the-knee/")
    draft = make_post(slug="knee", status=Post.Status.DRAFT)
    draft.full_clean()
    assert location(client, "/knee/") == (301, "/the-knee/")
    draft.publish()
    assert client.get("/knee/").status_code == 200
    assert targets() == {}


def test_a_renamed_category_is_redirected_with_subcategories_and_feeds(client: Client) -> None:
    pain = make_category(slug="pain")
    knee = make_category(slug="knee", parent=pain)
    make_post(categories=[knee])
    pain.slug = "ache"
    pain.save()
    assert location(client, "/category/pain/") == (301, "/category/ache/")
    assert location(client, "/category/pain/knee/") == (301, "/category/ache/knee/")
    assert location(client, "/category/pain/knee/feed/") == (301, "/category/ache/knee/feed/")
    assert location(client, "/Category/Pain/Knee/feed/atom/") == (301, "/category/ache/knee/feed/atom/")
    knee = Category.objects.get(slug="knee")
    knee.parent = None
    knee.save()
    assert location(client, "/category/pain/knee/") == (301, "/category/knee/")
    assert location(client, "/category/ache/knee/") == (301, "/category/knee/")


def test_renamed_tags_authors_and_series_are_redirected(client: Client) -> None:
    series = Series.objects.create(title="Guide", slug="guide")
    author = make_author(slug="sam")
    make_post(author=author, tags=["Stairs"], series=series)
    for row in (Tag.objects.get(), Author.objects.get(), series):
        old = row.get_absolute_url()
        row.slug = f"new-{row.slug}"
        row.save()
        assert location(client, old) == (301, row.get_absolute_url())
        assert client.get(row.get_absolute_url()).status_code == 200
    assert Redirect.objects.count() == 3


def test_merging_tags_moves_posts_once_and_redirects_the_old_paths(admin_client: Client, client: Client) -> None:
    both, one = make_post(tags=["Stairs", "Steps"]), make_post(tags=["Steps"])
    target, source = Tag.objects.get(name="Stairs"), Tag.objects.get(name="Steps")
    url = reverse("admin:blog_tag_changelist")
    chosen = {"action": "merge", "_selected_action": [str(target.pk), str(source.pk)]}
    page = admin_client.post(url, chosen)
    assert page.status_code == 200
    assert Tag.objects.count() == 2
    response = admin_client.post(url, {**chosen, "keep": str(target.pk)}, follow=True)
    assert "Stairs" in "".join(str(message) for message in response.context["messages"])
    assert [[tag.name for tag in post.tags.all()] for post in (both, one)] == [["Stairs"], ["Stairs"]]
    assert Tag.objects.get() == target
    assert location(client, "/tag/steps/") == (301, "/tag/stairs/")
    assert Redirect.objects.get().origin == Redirect.Origin.MERGED
    assert "Steps" in LogEntry.objects.get().change_message
