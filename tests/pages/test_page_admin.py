"""Pages in the admin: revisions, autosave, previews, duplicates and starter pages."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog import checklist
from pages.models import Page
from pages.starter_pages import ROLES
from publishing.models import PendingEdit
from tests.factories import make_author, make_page, make_post
from tests.pages.public_pages import get_tree, nodes_of_type

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def form_data(page: Page, **overrides: str) -> dict[str, str]:
    """Return what the form of `page` posts."""
    data = {
        "title": page.title,
        "slug": page.slug,
        "body": page.body,
        "parent": str(page.parent_id or ""),
        "role": page.role or "",
        "position": str(page.position),
        "base_version": str(page.version),
        "autosave_key": str(uuid4()),
    }
    if page.published_at:
        published = timezone.localtime(page.published_at)
        data |= {"published_at_0": f"{published:%Y-%m-%d}", "published_at_1": f"{published:%H:%M:%S}"}
    return data | overrides


def change_url(page: Page) -> str:
    return reverse("admin:pages_page_change", args=[page.pk])


# ---- Writing -----------------------------------------------------------------------------------------


def test_a_page_has_revisions_and_pending_edits(admin_client: Client, client: Client) -> None:
    page = make_page(title="About", slug="about", body="<p>First.</p>")
    admin_client.post(change_url(page), form_data(page, body="<p>Second.</p>", _save="1"))
    page.refresh_from_db()
    assert [revision.data["body"] for revision in page.revisions.all()] == ["<p>Second.</p>", "<p>First.</p>"]
    admin_client.post(change_url(page), form_data(page, body="<p>Third.</p>", _pending="1"))
    assert "Second." in get_tree(client, "/about/").text_content()
    page.refresh_from_db()
    first = page.revisions.last()
    admin_client.post(reverse("admin:pages_page_revision", args=[page.pk, first.pk]))
    assert "Second." in get_tree(client, "/about/").text_content()
    assert PendingEdit.objects.get().data["body"] == "<p>First.</p>"
    data = form_data(page, body="<p>Lost?</p>", base_version=str(page.version - 1), _save="1")
    stale = admin_client.post(change_url(page), data)
    assert "Your changes below are not saved yet" in stale.content.decode()


@pytest.mark.parametrize("source", ["form", "list"])
def test_a_duplicated_page_has_the_content_but_not_the_path_or_the_role(admin_client: Client, source: str) -> None:
    page = make_page(title="About", slug="about", role="about", show_in_menu=True)
    if source == "form":
        assert b'name="_duplicate"' in admin_client.get(change_url(page)).content
        admin_client.post(change_url(page), {"_duplicate": ""})
    else:
        chosen = {"action": "duplicate_selected", "_selected_action": [page.pk]}
        response = admin_client.post(reverse("admin:pages_page_changelist"), chosen, follow=True)
        assert "1 page duplicated." in response.content.decode()
    copy = Page.objects.exclude(pk=page.pk).get()
    assert copy.snapshot() == page.snapshot() | {"title": "Copy of About"}
    assert (copy.status_label, copy.role, copy.show_in_menu, copy.path == page.path) == ("Draft", None, False, False)


def test_a_new_page_is_autosaved_and_previewed_before_it_is_saved(admin_client: Client) -> None:
    data = {"title": "About me", "body": "<p>Unsaved words.</p>", "autosave_key": str(uuid4())}
    saved = admin_client.post(reverse("admin:pages_page_autosave_new"), data).json()
    assert "Unsaved words." in admin_client.get(saved["preview_url"]).content.decode()
    page = Page.objects.get()
    assert (page.title, page.status_label) == ("About me", "Draft")
    form = admin_client.get(saved["change_url"])
    assert "Unsaved words." in form.content.decode()


def test_a_preview_link_shows_a_draft_until_it_is_published(admin_client: Client, client: Client) -> None:
    page = make_page(slug="about", status=Page.Status.DRAFT, body="<p>Secret words.</p>")
    preview_path = admin_client.get(change_url(page)).context["preview_url"].removeprefix("http://testserver")
    response = client.get(preview_path)
    assert "Secret words." in response.content.decode()
    assert (response["X-Robots-Tag"], response["Referrer-Policy"]) == ("noindex", "no-referrer")
    page.publish()
    assert client.get(preview_path)["Location"] == "/about/"
    assert client.get("/preview/page/forged/").status_code == 404


def test_a_page_with_placeholders_cannot_be_published(admin_client: Client) -> None:
    page = make_page(slug="a", status=Page.Status.DRAFT, body="<p>I am [your name], since [the year].</p>")
    response = admin_client.post(change_url(page), form_data(page, _publish="1")).content.decode()
    assert "Replace the placeholders: [your name], [the year]." in response
    admin_client.post(change_url(page), form_data(page, body="<p>I am Sam, see [1].</p>", _publish="1"))
    page.refresh_from_db()
    assert page.is_published


def test_checks_for_posts_do_not_apply_to_pages() -> None:
    page = make_page(body="<p>A study found it.</p>", status=Page.Status.DRAFT)
    assert checklist.findings(page.snapshot(), page.checks) == []


# ---- Starter pages -----------------------------------------------------------------------------------


def test_starter_pages_are_created_once_as_drafts(admin_client: Client) -> None:
    call_command("create_starter_pages", verbosity=0)
    assert {page.role for page in Page.objects.drafts()} == set(ROLES)
    for page in Page.objects.all():
        assert [finding.check.id for finding in checklist.findings(page.snapshot(), page.checks)] == ["placeholders"]
    assert "8 pages to finish" in admin_client.get("/admin/").content.decode()
    Page.objects.get(role="terms").trash()
    Page.objects.get(role="privacy").delete()
    make_post(slug="privacy-policy")
    call_command("create_starter_pages")
    assert Page.objects.count() == 7


def test_policies_have_stable_paths_a_date_and_structured_data(client: Client) -> None:
    make_author()
    call_command("create_starter_pages")
    Page.objects.update(status=Page.Status.PUBLISHED, published_at=timezone.now())
    for path in ("/privacy-policy/", "/consumer-health-data/", "/disclaimers/", "/terms-of-use/", "/editorial-policy/"):
        page = get_tree(client, path)
        assert "Last updated on" in page.xpath("string(//*[@class='page-date'])")
        assert path in page.xpath("//footer//a/@href")
    make_post(slug="knee")
    (article,) = nodes_of_type(get_tree(client, "/knee/"), "BlogPosting")
    assert article["publishingPrinciples"] == "http://testserver/editorial-policy/"
