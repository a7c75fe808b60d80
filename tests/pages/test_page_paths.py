"""Paths of pages, redirects after a move, and which pages visitors see."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from blog import checklist
from blog.internal_links import broken_links
from blog.models import Post
from pages.models import Page
from redirects.models import Redirect
from richtext.references import Reference
from siteinfo.where_used import where_used
from tests.factories import make_author, make_image, make_page, make_post
from tests.pages.public_pages import get_tree, nodes_of_type

pytestmark = pytest.mark.django_db


# ---- Paths -------------------------------------------------------------------------------------------


def test_a_page_is_below_its_parent_and_has_breadcrumbs(client: Client) -> None:
    about = make_page(title="About", slug="about")
    make_page(title="Services", slug="services", parent=about)
    page = get_tree(client, "/about/services/")
    assert page.xpath("//ol[@class='breadcrumbs']//text()[normalize-space()]") == ["Home", "About", "Services"]
    (breadcrumbs,) = nodes_of_type(page, "BreadcrumbList")
    assert [item["name"] for item in breadcrumbs["itemListElement"]] == ["Home", "About", "Services"]
    assert client.get("/services/").status_code == 404


def test_a_renamed_page_moves_the_pages_below_it_and_redirects(client: Client) -> None:
    about = make_page(slug="about")
    middle = make_page(slug="services", parent=about)
    make_page(slug="prices", parent=middle)
    make_page(slug="about-us")
    about.slug = "me"
    about.save()
    assert set(Page.objects.values_list("path", flat=True)) == {"me", "me/services", "me/services/prices", "about-us"}
    for old, new in (("/about/", "/me/"), ("/about/services/prices/", "/me/services/prices/")):
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, new)
    about.slug = "about"
    about.save()
    assert client.get("/about/services/").status_code == 200
    assert not Redirect.objects.filter(old_path="/about").exists()


def test_non_ascii_paths_redirect_too(client: Client) -> None:
    parent = make_page(slug="колено")
    make_page(slug="боль", parent=parent)
    parent.slug = "бедро"
    parent.save()
    for old in ("/колено/", "/колено/боль/"):
        assert client.get(client.get(old)["Location"]).status_code == 200


def test_renaming_a_draft_creates_no_redirect() -> None:
    page = make_page(slug="old", status=Page.Status.DRAFT)
    page.slug = "new"
    page.save()
    assert not Redirect.objects.exists()


def test_posts_and_pages_cannot_have_the_same_path() -> None:
    make_post(title="The post", slug="knee")
    make_page(title="The page", slug="hip")
    with pytest.raises(ValidationError, match="The post “The post” already has this URL"):
        Page(title="x", slug="knee").clean()
    with pytest.raises(ValidationError, match="The page “The page” already has this URL"):
        Post(title="x", slug="hip", author=make_author()).clean()


@pytest.mark.parametrize("slug", ["admin", "blog", "feed", "2026", "search"])
def test_a_page_cannot_take_a_path_of_the_site(slug: str) -> None:
    with pytest.raises(ValidationError, match="The site itself uses"):
        Page(title="x", slug=slug).clean()


def test_a_rename_is_rejected_if_a_page_below_would_take_a_path_of_the_site() -> None:
    top = make_page(slug="topics")
    make_page(slug="knee", parent=top)
    top.slug = "category"
    with pytest.raises(ValidationError, match="/category/knee/"):
        top.clean()


def test_only_the_contact_page_can_have_the_path_of_the_contact_form(client: Client) -> None:
    page = make_page(slug="write-to-me", body="<p>Letterbox.</p>")
    page.role, page.parent = "contact", make_page()
    page.clean()
    page.save()
    assert (page.path, page.parent) == ("contact", None)
    assert client.get("/write-to-me/")["Location"] == "/contact/"
    assert get_tree(client, "/search/?q=letterbox").xpath("//article//h2/a/@href") == ["/contact/"]
    assert "/contact/" in client.get("/sitemap-pages.xml").content.decode()
    page.role = None
    with pytest.raises(ValidationError, match="The site itself uses"):
        page.clean()
    with pytest.raises(ValidationError, match="The site itself uses"):
        Page(title="Contact").clean()


def test_a_page_cannot_be_below_itself() -> None:
    parent = make_page()
    child = make_page(parent=parent)
    parent.parent = child
    with pytest.raises(ValidationError, match="cannot be its own parent"):
        parent.clean()


def test_a_parent_page_cannot_be_deleted_and_trashing_it_keeps_the_paths_below(client: Client) -> None:
    about = make_page(title="About", slug="about")
    make_page(title="Services", slug="services", parent=about)
    with pytest.raises(ProtectedError):
        about.delete()
    about.trash()
    assert client.get("/about/").status_code == 404
    page = get_tree(client, "/about/services/")
    assert page.xpath("//ol[@class='breadcrumbs']//text()[normalize-space()]") == ["Home", "Services"]


def test_each_role_is_unique() -> None:
    make_page(role="privacy")
    make_page(), make_page()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_page(role="privacy")


# ---- Visibility --------------------------------------------------------------------------------------


def test_visitors_see_only_public_pages_everywhere(client: Client, admin_client: Client) -> None:
    later = timezone.now() + timedelta(days=1)
    hidden = [
        make_page(title="Hidden one", slug="draft", status=Page.Status.DRAFT, show_in_menu=True),
        make_page(title="Hidden two", slug="later", published_at=later, show_in_menu=True),
        make_page(title="Hidden three", slug="gone", trashed_at=timezone.now(), show_in_menu=True, role="privacy"),
    ]
    make_page(title="Shown", slug="shown", show_in_menu=True)
    for page in hidden:
        assert client.get(page.get_absolute_url()).status_code == 404
    for path in ("/", "/sitemap-pages.xml", "/search/?q=hidden"):
        text = client.get(path).content.decode()
        assert not re.search("Hidden (one|two|three)", text)
        assert not any(f"{page.get_absolute_url()}" in text for page in hidden)
    assert "/shown/" in client.get("/sitemap-pages.xml").content.decode()
    response = admin_client.get("/draft/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


def test_a_page_is_found_by_its_text(client: Client) -> None:
    make_page(title="Services", slug="services", body="<p>Who an appointment helps.</p>")
    assert get_tree(client, "/search/?q=appointment").xpath("//article//h2/a/@href") == ["/services/"]


def test_a_link_to_a_draft_page_is_broken_and_links_in_pages_are_checked() -> None:
    make_page(title="Prices", slug="prices", status=Page.Status.DRAFT)
    make_page(title="Shown", slug="shown", body='<p><a href="/prices/">x</a></p>')
    make_post(body='<p><a href="/prices/">x</a><a href="/shown/">x</a></p>')
    assert {(link.path, link.reason) for link in broken_links()} == {("/prices/", "“Prices” is a draft.")}
    assert {type(link.source) for link in broken_links()} == {Post, Page}
    findings = checklist.findings({"body": '<p><a href="/prices/">x</a><a href="/shown/">x</a></p>'}, Page.checks)
    assert [finding.message for finding in findings] == ["Fix the link to /prices/. “Prices” is a draft."]


def test_a_link_to_the_contact_form_works_while_its_page_is_a_draft() -> None:
    make_page(role="contact", slug="contact", status=Page.Status.DRAFT)
    make_post(body='<p><a href="/contact/">x</a></p>')
    assert broken_links() == []


def test_an_image_lists_the_pages_that_use_it() -> None:
    image = make_image()
    page = make_page(body=f'<figure><img data-image="{image.pk}"></figure>', featured_image=image)
    (used,) = where_used(Reference.objects.to(image), User(is_superuser=True))
    assert used.source == page
    assert used.url == reverse("admin:pages_page_change", args=[page.pk])
