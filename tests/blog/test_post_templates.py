"""New posts from templates, and copies of posts."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from blog.demo import loader
from blog.models import Post, PostTemplate
from evidence.models import Source
from tests.factories import make_category, make_image, make_post


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_new_post_from_a_template_starts_with_its_content(admin_page: Page) -> None:
    PostTemplate.objects.create(
        name="Guide",
        body="<h2>Why it hurts</h2><p>Say why.</p>",
        tldr="The start",
        title_hint="What helps when … hurts",
    )
    admin_page.goto("/admin/")
    admin_page.get_by_text("New from template").click()
    admin_page.get_by_role("link", name="Guide").click()
    expect(admin_page.locator(".ProseMirror h2")).to_have_text("Why it hurts")
    expect(admin_page.get_by_label("TL;DR:")).to_have_value("The start")
    expect(admin_page.get_by_placeholder("What helps when … hurts")).to_be_visible()
    admin_page.goto("/admin/blog/post/")
    admin_page.get_by_text("New from template").click()
    expect(admin_page.get_by_role("link", name="Guide")).to_be_visible()


@pytest.mark.django_db
@pytest.mark.parametrize("template", ["0", "x", "9" * 30, "²"])
@pytest.mark.any_database
def test_an_unknown_template_shows_an_empty_form(admin_client: Client, template: str) -> None:
    assert admin_client.get(reverse("admin:blog_post_add"), {"template": template}).status_code == 200


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_demo_has_templates_and_references_and_does_not_overwrite_changes() -> None:
    loader.load_demo()
    assert PostTemplate.objects.count() == 4
    assert Post.objects.filter(body__contains="data-cite=").count() >= 10
    assert not Post.objects.filter(body__contains="<h2>References").exists()
    assert Source.objects.exclude(doi="").count() >= 15
    assert set(Source.EvidenceLevel.values) - set(Source.objects.values_list("evidence_level", flat=True)) == {"case"}
    PostTemplate.objects.filter(name="Injury guide").update(body="<p>Mine.</p>")
    loader.load_demo()
    assert PostTemplate.objects.count() == 4
    assert PostTemplate.objects.get(name="Injury guide").body == "<p>Mine.</p>"


def make_full_post() -> Post:
    """Create a public post with something in every field of its content."""
    return make_post(
        title="Stairs",
        slug="stairs",
        tldr="Short.",
        excerpt="In a word.",
        seo_title="Stairs for all",
        seo_description="About stairs.",
        featured_image=make_image(),
        categories=[make_category(), make_category()],
        tags=["Knee", "Stairs"],
        updated_on=date(2026, 1, 1),
        published_at=timezone.now(),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["form", "list"])
@pytest.mark.any_database
def test_a_copy_has_the_content_but_not_the_url_dates_or_status(admin_client: Client, source: str) -> None:
    post = make_full_post()
    if source == "form":
        admin_client.post(reverse("admin:blog_post_change", args=[post.pk]), {"_duplicate": ""})
    else:
        chosen = {"action": "duplicate_selected", "_selected_action": [post.pk]}
        admin_client.post(reverse("admin:blog_post_changelist"), chosen)
    copy = Post.objects.exclude(pk=post.pk).get()
    assert copy.snapshot() == post.snapshot() | {"title": "Copy of Stairs"}
    assert (copy.status_label, copy.published_at, copy.updated_on) == ("Draft", None, None)
    assert "stairs" not in copy.slug
    page = admin_client.get(reverse("admin:blog_post_change", args=[copy.pk])).content.decode()
    assert copy.slug not in page.partition('name="slug"')[2][:200]


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_get_request_creates_no_copy(admin_client: Client) -> None:
    post = make_full_post()
    admin_client.get(reverse("admin:blog_post_change", args=[post.pk]), {"_duplicate": ""})
    assert Post.objects.count() == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_image_in_a_list_stays_in_place_while_the_text_beside_it_arrives(page: Page) -> None:
    make_post(title="Word " * 30, excerpt="Words about knees. " * 10, featured_image=make_image())
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/blog/")
    top = "() => document.querySelector('.entry img').getBoundingClientRect().top"
    with_text = page.evaluate(top)
    page.evaluate("() => document.querySelector('.entry > div').replaceChildren()")
    assert page.evaluate(top) == with_text
