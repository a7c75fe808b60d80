"""Pages: paths, visibility, structured data, starter pages and services."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from accounts.models import Author, Qualification
from blog import checklist
from blog.internal_links import broken_links
from blog.models import Post
from pages.models import Page, Service
from pages.starter_pages import ROLES
from redirects.models import Redirect
from richtext.references import Reference
from siteinfo.where_used import where_used
from tests.factories import make_author, make_image, make_page, make_post

pytestmark = pytest.mark.django_db
FAQ = "<details><summary>Does it <em>hurt</em>?</summary><p>A little.</p><ul><li>Not for long.</li></ul></details>"


def tree(client: Client, path: str) -> HtmlElement:
    response = client.get(path)
    assert response.status_code == 200
    return html.fromstring(response.content)


def graph(page: HtmlElement) -> list[dict[str, Any]]:
    (text,) = page.xpath("//script[@type='application/ld+json']/text()")
    return json.loads(text)["@graph"]


def of_kind(page: HtmlElement, kind: str) -> list[dict[str, Any]]:
    return [node for node in graph(page) if node["@type"] == kind]


def fields(page: Page, **overrides: str) -> dict[str, str]:
    """Return what the form of `page` posts."""
    sent = {
        "title": page.title,
        "slug": page.slug,
        "body": page.body,
        "parent": str(page.parent_id or ""),
        "role": page.role or "",
        "position": str(page.position),
        "base_version": str(page.version),
        "autosave_key": str(uuid4()),
    }
    return sent | overrides


def change_address(page: Page) -> str:
    return reverse("admin:pages_page_change", args=[page.pk])


# ---- Paths --------------------------------------------------------------------------------------------


def test_a_page_is_below_its_parent_and_has_breadcrumbs(client: Client) -> None:
    about = make_page(title="About", slug="about")
    make_page(title="Services", slug="services", parent=about)
    page = tree(client, "/about/services/")
    assert page.xpath("//ol[@class='breadcrumbs']//text()[normalize-space()]") == ["Home", "About", "Services"]
    (trail,) = of_kind(page, "BreadcrumbList")
    assert [step["name"] for step in trail["itemListElement"]] == ["Home", "About", "Services"]
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
        answer = client.get(old)
        assert (answer.status_code, answer["Location"]) == (301, new)
    about.slug = "about"
    about.save()
    assert client.get("/about/services/").status_code == 200
    assert not Redirect.objects.filter(old_path="/about").exists()


def test_non_ascii_paths_redirect_too(client: Client) -> None:
    above = make_page(slug="колено")
    make_page(slug="боль", parent=above)
    above.slug = "бедро"
    above.save()
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
    assert tree(client, "/search/?q=letterbox").xpath("//article//h2/a/@href") == ["/contact/"]
    assert "/contact/" in client.get("/sitemap-pages.xml").content.decode()
    page.role = None
    with pytest.raises(ValidationError, match="The site itself uses"):
        page.clean()
    with pytest.raises(ValidationError, match="The site itself uses"):
        Page(title="Contact").clean()


def test_a_page_cannot_be_below_itself() -> None:
    above = make_page()
    below = make_page(parent=above)
    above.parent = below
    with pytest.raises(ValidationError, match="cannot be its own parent"):
        above.clean()


def test_a_parent_page_cannot_be_deleted_and_trashing_it_keeps_the_paths_below(client: Client) -> None:
    about = make_page(title="About", slug="about")
    make_page(title="Services", slug="services", parent=about)
    with pytest.raises(ProtectedError):
        about.delete()
    about.trash()
    assert client.get("/about/").status_code == 404
    page = tree(client, "/about/services/")
    assert page.xpath("//ol[@class='breadcrumbs']//text()[normalize-space()]") == ["Home", "Services"]


def test_each_role_is_unique() -> None:
    make_page(role="privacy")
    make_page(), make_page()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_page(role="privacy")


# ---- Visibility ---------------------------------------------------------------------------------------


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
    answer = admin_client.get("/draft/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"


def test_a_page_is_found_by_its_text(client: Client) -> None:
    make_page(title="Services", slug="services", body="<p>Whom an appointment helps.</p>")
    assert tree(client, "/search/?q=appointment").xpath("//article//h2/a/@href") == ["/services/"]


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
    (used,) = where_used(Reference.objects.to(image))
    assert used.source == page
    assert used.url == change_address(page)


# ---- Writing ------------------------------------------------------------------------------------------


def test_a_page_has_revisions_and_pending_edits(admin_client: Client, client: Client) -> None:
    page = make_page(title="About", slug="about", body="<p>First.</p>")
    admin_client.post(change_address(page), fields(page, body="<p>Second.</p>", _save="1"))
    page.refresh_from_db()
    assert [revision.data["body"] for revision in page.revisions.all()] == ["<p>Second.</p>", "<p>First.</p>"]
    admin_client.post(change_address(page), fields(page, body="<p>Third.</p>", _pending="1"))
    assert "Second." in tree(client, "/about/").text_content()
    page.refresh_from_db()
    first = page.revisions.last()
    admin_client.post(reverse("admin:pages_page_revision", args=[page.pk, first.pk]))
    assert "First." in tree(client, "/about/").text_content()
    stale = admin_client.post(change_address(page), fields(page, body="<p>Lost?</p>", _save="1"))
    assert "Your changes below are not saved yet" in stale.content.decode()


@pytest.mark.parametrize("place", ["form", "list"])
def test_a_duplicated_page_has_the_content_but_not_the_path_or_the_role(admin_client: Client, place: str) -> None:
    page = make_page(title="About", slug="about", role="about", show_in_menu=True)
    if place == "form":
        assert b'name="_duplicate"' in admin_client.get(change_address(page)).content
        admin_client.post(change_address(page), {"_duplicate": ""})
    else:
        chosen = {"action": "duplicate_selected", "_selected_action": [page.pk]}
        answer = admin_client.post(reverse("admin:pages_page_changelist"), chosen, follow=True)
        assert "1 page duplicated." in answer.content.decode()
    copy = Page.objects.exclude(pk=page.pk).get()
    assert copy.snapshot() == page.snapshot() | {"title": "Copy of About"}
    assert (copy.status_label, copy.role, copy.show_in_menu, copy.path == page.path) == ("Draft", None, False, False)


def test_a_new_page_is_autosaved_and_previewed_before_it_is_saved(admin_client: Client) -> None:
    sent = {"title": "About me", "body": "<p>Unsaved words.</p>", "autosave_key": str(uuid4())}
    kept = admin_client.post(reverse("admin:pages_page_autosave_new"), sent).json()
    assert "Unsaved words." in admin_client.get(kept["preview_url"]).content.decode()
    page = Page.objects.get()
    assert (page.title, page.status_label) == ("About me", "Draft")
    form = admin_client.get(kept["change_url"])
    assert "Unsaved words." in form.content.decode()


def test_a_preview_link_shows_a_draft_until_it_is_published(admin_client: Client, client: Client) -> None:
    page = make_page(slug="about", status=Page.Status.DRAFT, body="<p>Secret words.</p>")
    secret = admin_client.get(change_address(page)).context["preview_url"].removeprefix("http://testserver")
    answer = client.get(secret)
    assert "Secret words." in answer.content.decode()
    assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "no-referrer")
    page.publish()
    assert client.get(secret)["Location"] == "/about/"
    assert client.get("/preview/page/forged/").status_code == 404


def test_a_page_with_placeholders_cannot_be_published(admin_client: Client) -> None:
    page = make_page(slug="a", status=Page.Status.DRAFT, body="<p>I am [your name], since [the year].</p>")
    refused = admin_client.post(change_address(page), fields(page, _publish="1")).content.decode()
    assert "Replace the placeholders: [your name], [the year]." in refused
    admin_client.post(change_address(page), fields(page, body="<p>I am Sam, see [1].</p>", _publish="1"))
    page.refresh_from_db()
    assert page.is_published


def test_checks_for_posts_do_not_apply_to_pages() -> None:
    page = make_page(body="<p>A study found it.</p>", status=Page.Status.DRAFT)
    assert checklist.findings(page.snapshot(), page.checks) == []


# ---- Starter pages ------------------------------------------------------------------------------------------


def test_starter_pages_are_created_once_as_drafts(admin_client: Client) -> None:
    call_command("create_starter_pages", verbosity=0)
    assert {page.role for page in Page.objects.drafts()} == set(ROLES)
    for page in Page.objects.all():
        assert [finding.check.id for finding in checklist.findings(page.snapshot(), page.checks)] == ["placeholders"]
    assert "7 pages to finish" in admin_client.get("/admin/").content.decode()
    Page.objects.get(role="terms").trash()
    Page.objects.get(role="privacy").delete()
    make_post(slug="privacy-policy")
    call_command("create_starter_pages")
    assert Page.objects.count() == 6


def test_policies_have_stable_paths_a_date_and_structured_data(client: Client) -> None:
    make_author()
    call_command("create_starter_pages")
    Page.objects.update(status=Page.Status.PUBLISHED, published_at=timezone.now())
    for path in ("/privacy-policy/", "/disclaimers/", "/terms-of-use/", "/editorial-policy/"):
        page = tree(client, path)
        assert "Last updated on" in page.xpath("string(//*[@class='page-date'])")
        assert path in page.xpath("//footer//a/@href")
    make_post(slug="knee")
    (article,) = of_kind(tree(client, "/knee/"), "BlogPosting")
    assert article["publishingPrinciples"] == "http://testserver/editorial-policy/"


# ---- Roles --------------------------------------------------------------------------------------------


def test_changing_credentials_updates_the_about_page_and_bylines(client: Client) -> None:
    author = make_author(name="Sam", credentials="PT", portrait=make_image())
    Qualification.objects.create(author=author, name="A degree")
    make_page(slug="about", role="about")
    make_post(slug="knee", author=author)
    Author.objects.update(credentials="PT, DPT")
    about = tree(client, "/about/")
    assert about.xpath("string(//*[@class='page-author'])") == "Sam, PT, DPT"
    assert "A degree" in about.text_content()
    assert tree(client, "/knee/").xpath("string(//p[@class='byline']/a)") == "Sam, PT, DPT"
    (kind,) = of_kind(about, "AboutPage")
    assert kind["mainEntity"]["@id"].endswith("#person")


def test_an_about_page_works_without_an_author(client: Client) -> None:
    make_page(title="About", slug="about", role="about")
    assert tree(client, "/about/").findtext(".//h1") == "About"


def test_structured_data_of_services_matches_the_page_and_invents_no_price(client: Client) -> None:
    make_author()
    make_page(slug="services", role="services")
    Service.objects.create(name="Second", description="More.", position=2, format="By video")
    Service.objects.create(name="First", description="A talk.", price="$90 or less", audience="Runners", position=1)
    Service.objects.create(name="Off", description="Not now.", is_shown=False)
    page = tree(client, "/services/")
    offers = page.xpath("//ul[@class='offers']/li")
    services = of_kind(page, "Service")
    assert [each["name"] for each in services] == [offer.findtext(".//h2") for offer in offers] == ["First", "Second"]
    for offer, each in zip(offers, services, strict=True):
        shown = offer.text_content()
        assert each["description"] in shown
        assert each["offers"]["description"] in shown
        assert "price" not in each["offers"]
        assert each["provider"]["@id"]
    assert [each["offers"]["description"] for each in services] == ["$90 or less", "Ask"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//evil.example", "contact", "data:x", "https://a b"])
def test_a_button_cannot_link_to_code(link: str) -> None:
    with pytest.raises(ValidationError):
        Service(name="x", description="x", button_text="Go", button_link=link).full_clean()


def test_a_button_needs_a_text_and_a_working_link() -> None:
    with pytest.raises(ValidationError, match="both"):
        Service(name="x", description="x", button_text="Go").full_clean()
    Service(name="x", description="x", button_text="Go", button_link="mailto:a@example.com").full_clean()
    with pytest.raises(ValidationError, match="There is no page at this URL"):
        Service(name="x", description="x", button_text="Go", button_link="/nowhere/").full_clean()
    draft = make_page(status=Page.Status.DRAFT)
    with pytest.raises(ValidationError, match="is a draft"):
        Service(name="x", description="x", button_text="Go", button_link=draft.get_absolute_url()).full_clean()
    Service(name="x", description="x", button_text="Go", button_link="/contact/").full_clean()


# ---- Questions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [make_post, make_page])
def test_structured_data_of_questions_matches_the_page(client: Client, make: Any) -> None:
    make(slug="faq", body=f"<p>Words.</p>{FAQ}")
    page = tree(client, "/faq/")
    (questions,) = of_kind(page, "FAQPage")
    (question,) = questions["mainEntity"]
    (details,) = page.xpath("//div[@class='prose']/details")
    assert question["name"] == details.findtext("summary") + "hurt?" == "Does it hurt?"
    shown = [text for text in details.xpath("*[not(self::summary)]//text()") if text.strip()]
    assert question["acceptedAnswer"]["text"].split("\n") == shown == ["A little.", "Not for long."]


def test_a_page_without_questions_has_no_faq_data(client: Client) -> None:
    make_page(slug="plain")
    assert not of_kind(tree(client, "/plain/"), "FAQPage")


def test_feeds_show_answers_expanded(client: Client) -> None:
    make_post(body=FAQ)
    text = client.get("/feed/").content.decode()
    assert "A little." in text
    assert "details" not in text


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_question_is_written_in_the_editor_and_published(admin_page: BrowserPage) -> None:
    admin_page.goto(reverse("admin:pages_page_add"))
    admin_page.get_by_label("Title:", exact=True).fill("Questions")
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.type("Read this.")
    admin_page.get_by_title("Question and answer").click()
    admin_page.keyboard.type("Does it hurt?")
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("A little.")
    admin_page.get_by_role("button", name="Publish", exact=True).click()
    expect(admin_page.get_by_text("Published.")).to_be_visible()
    page = Page.objects.get()
    assert page.path == "questions"
    lines = page.body.replace("\n", "")
    assert lines == "<p>Read this.</p><details><summary>Does it hurt?</summary><p>A little.</p></details>"
