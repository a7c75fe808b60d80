"""The dashboard, the list of posts, and help texts in every admin form."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.forms import HiddenInput
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page as BrowserPage
from pytest_django import Settings

from accounts.models import User
from blog.models import Category, Post, PublishingRules
from contact.models import Message
from pages.models import Page
from siteinfo.models import SiteInfo
from tests.factories import make_category, make_image, make_page, make_post, make_worker_process


def text(client: Client, url: str = "/admin/") -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.django_db
@pytest.mark.any_database
def test_an_empty_dashboard_greets_the_user_and_offers_to_write_a_post(
    admin_client: Client, admin_user: User, settings: Settings
) -> None:
    # Without backups, a site on another machine has something to do.
    settings.SITE_URL = "http://127.0.0.1:8000"
    make_worker_process()
    admin_user.name = "Tera"
    admin_user.save()
    SiteInfo.objects.create(email="tera@example.org")
    page = text(admin_client)
    assert ", Tera</h1>" in page
    assert "Write a post</a>" in page
    assert "All done" in page
    assert "No drafts" in page


def make_unfinished_work(user: User) -> Page:
    """Create posts, a page and a message that each need attention, and return the page."""
    complete: dict[str, Any] = {"excerpt": "So.", "primary_category": make_category()}
    draft: dict[str, Any] = {"status": Post.Status.DRAFT, "published_at": None}
    body = f"<p>{'word ' * 200}</p>"
    make_post(title="Ready one", body=body, featured_image=make_image(), **complete, **draft)
    unsaved = make_post(title="Unsaved one", **draft)
    edited = make_post(title="Edited one", **complete)
    page = make_page(title="About me")
    for document in (unsaved, page):
        document.autosaves.create(user=user, key=uuid4(), base_version=1, data={})
    for document in (edited, page):
        document.pending_edits.create(data=document.snapshot())
    make_post(title="Coming one", published_at=timezone.now() + timedelta(days=2))
    make_post(title="Wordless one", featured_image=make_image(alt=""), **complete)
    bare = make_post(title="Bare one")
    bare.suggestions.create(words="The table is upside down.", submission=uuid4())
    bare.suggestions.create(words="Thank you.", submission=uuid4(), status="declined")
    Message.objects.create(name="Ann", email="ann@example.org", subject="Hello", body="A question.", submission=uuid4())
    return page


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_dashboard_lists_tasks(admin_client: Client, admin_user: User) -> None:
    page = make_unfinished_work(admin_user)
    html = text(admin_client)
    for expected in (
        "1 unanswered message",
        "Site health: ",
        "“Ready one” looks ready to publish",
        "Unsaved changes in “Unsaved one”",
        "Pending changes to “Edited one”",
        "Unsaved changes in “About me”",
        "Pending changes to “About me”",
        reverse("admin:pages_page_change", args=[page.pk]),
        "1 published post to fix",
        "1 suggestion from readers",
        "1 image without alt text",
        "1 published post without a category",
        "1 published post without an excerpt",
        "The next post will be published on",
    ):
        assert expected in html, expected
    assert "“Unsaved one” looks ready" not in html
    assert "Wordless one" in text(
        admin_client, reverse("admin:blog_post_changelist") + "?status=published&missing=blocked"
    )


@pytest.mark.django_db
@pytest.mark.any_database
def test_publishing_rules_decide_which_posts_need_fixing(admin_client: Client) -> None:
    make_post(featured_image=make_image(alt=""))
    PublishingRules.objects.create(severities={"alt_text": "warn", "word_count": "block"})
    assert "No featured image" in text(admin_client, reverse("admin:blog_post_changelist"))
    assert "1 published post to fix" in text(admin_client)
    Post.objects.update(word_count=500)
    assert "to fix" not in text(admin_client)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/admin/", "/admin/blog/post/", "/admin/pages/page/"])
@pytest.mark.any_database
def test_the_admin_needs_the_same_number_of_queries_for_5_and_50_posts(
    admin_client: Client, admin_user: User, url: str
) -> None:
    category = make_category()

    def grow(number: int) -> int:
        for index in range(number):
            post = make_post(
                categories=[category],
                featured_image=make_image(alt=""),
                status=Post.Status.DRAFT if index % 2 else Post.Status.PUBLISHED,
            )
            for document in (post, make_page()):
                document.autosaves.create(user=admin_user, key=uuid4(), base_version=1, data={})
                document.pending_edits.create(data={})
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(url).status_code == 200
        return len(queries)

    grow(1)  # caches content types
    assert grow(5) == grow(44)


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_blog_comes_first_and_groups_and_taggit_are_hidden(admin_client: Client) -> None:
    page = text(admin_client).partition("All content and settings")[2]
    positions = [page.index(f'class="app-{app} ') for app in ("blog", "images", "siteinfo", "accounts")]
    assert positions == sorted(positions)
    assert "app-taggit" not in page
    assert Group not in admin.site._registry


@pytest.mark.django_db
@pytest.mark.any_database
def test_posts_can_be_added_to_a_category_in_bulk(admin_client: Client) -> None:
    old, new = make_category(name="Old"), make_category(name="New")
    posts = [make_post(categories=[old]), make_post(), make_post()]
    chosen = {"action": "set_primary_category", "category": new.pk, "_selected_action": [post.pk for post in posts[:2]]}
    page = admin_client.post(reverse("admin:blog_post_changelist"), chosen, follow=True).content.decode()
    assert "2 posts moved to “New”" in page
    assert [post.primary_category for post in Post.objects.order_by("pk")] == [new, new, None]
    assert set(posts[0].categories.all()) == {old, new}
    chosen["category"] = ""
    assert (
        "Select a category"
        in admin_client.post(reverse("admin:blog_post_changelist"), chosen, follow=True).content.decode()
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("missing=image", "Bare"),
        ("missing=excerpt", "Bare"),
        ("missing=category", "Bare"),
        ("month=2026-03", "March"),
    ],
)
@pytest.mark.any_database
def test_the_list_of_posts_can_be_filtered(admin_client: Client, query: str, shown: str) -> None:
    complete: dict[str, Any] = {"excerpt": "So.", "featured_image": make_image(), "primary_category": make_category()}
    make_post(title="March", published_at=timezone.now().replace(year=2026, month=3, day=5), **complete)
    make_post(title="Bare", published_at=timezone.now().replace(year=2025, month=4, day=5))
    found = admin_client.get(reverse("admin:blog_post_changelist") + f"?{query}").context["cl"].result_list
    assert [post.title for post in found] == [shown]


@pytest.mark.django_db
@pytest.mark.any_database
def test_categories_without_an_order_come_last() -> None:
    make_category(name="Late", position=5)
    make_category(name="Early", position=0)
    Category.objects.create(name="Ankle", slug="ankle")
    assert [str(category) for category in Category.objects.all()] == ["Early", "Late", "Ankle"]


@pytest.mark.django_db
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.any_database
def test_every_form_field_has_a_help_text(rf: RequestFactory, admin_user: User, model: type, is_new: bool) -> None:
    request = rf.get("/admin/")
    request.user = admin_user
    request.resolver_match = None
    model_admin = admin.site._registry[model]
    row = None if is_new else model()
    if not (model_admin.has_add_permission(request) if is_new else model_admin.has_change_permission(request, row)):
        return  # nobody sees this form
    fields = model_admin.get_form(request, row, change=not is_new)().fields
    forms = {"": {name: fields[name] for name in fields if name in str(model_admin.get_fieldsets(request, row))}}
    for inline in model_admin.get_inline_instances(request, row):
        formset: Any = inline.get_formset(request, row)
        fields = formset.form.base_fields
        forms[type(inline).__name__] = {name: fields[name] for name in fields if name != formset.fk.name}
    without_help = [
        f"{where} {name}"
        for where, fields in forms.items()
        for name, field in fields.items()
        if not field.help_text and not isinstance(field.widget, HiddenInput) and name not in ("title", "body")
    ]
    assert without_help == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/admin/", "/admin/blog/post/", "/admin/blog/publishingrules/"])
def test_admin_pages_fit_the_screen(admin_page: BrowserPage, path: str, width: int) -> None:
    make_post(
        title="A post with a rather long title that has to fit",
        featured_image=make_image(),
        categories=[make_category()],
    )
    admin_page.set_viewport_size({"width": width, "height": 800})
    admin_page.goto(path)
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_page_of_an_app_lists_its_models_without_the_dashboard(admin_client: Client) -> None:
    make_image(alt="", is_decorative=False)
    assert "What to do next" in text(admin_client)
    page = text(admin_client, "/admin/newsletter/")
    assert "Subscribers</a>" in page
    assert "What to do next" not in page
    assert "All done" not in page
