"""A text that raises an error makes no page fail: neither its own, nor any other that shows it, nor those of the admin.

Here every function of the site that parses a text raises for texts with BAD, as a defect of the parser would.
"""

import sys
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Author
from blog.models import Post, Snippet
from newsletter.models import Campaign
from pages.models import Page
from publishing.models import Review, ReviewNote
from publishing.revisions import create_revision
from publishing.visibility import preview_url
from richtext import sanitizer
from richtext.analysis import analyze
from richtext.missing_texts import SENTENCE
from richtext.problems import RenderingProblem
from siteinfo.urls import admin_url
from tests.blog.post_form import post_form_data
from tests.comments.factories import make_comment
from tests.example_site import PUBLIC_PATHS, get_page, make_example_site, meta
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_author, make_campaign, make_page, make_post

pytestmark = pytest.mark.django_db
BAD = "RAISES"
BROKEN = f"<p>Knees {BAD}.</p>"


@pytest.fixture
def broken_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything that parses a text with BAD raise."""
    original = sanitizer.parse

    def parse(markup: str) -> Any:
        if BAD in markup:
            raise RecursionError("too deep")
        return original(markup)

    for module in list(sys.modules.values()):
        if getattr(module, "parse", None) is original:
            monkeypatch.setattr(module, "parse", parse)
    analyze.cache_clear()


def break_text(row: Any, field: str = "body") -> None:
    """Store a text that raises, as if it had been saved before the defect."""
    type(row).objects.filter(pk=row.pk).update(**{field: BROKEN})
    row.refresh_from_db()


def test_page_of_a_post_whose_text_raises_has_everything_else(
    broken_parser: None, client: Client, admin_client: Client
) -> None:
    post = make_post(title="Sore knees", slug="knees", excerpt="In a word.", tldr="Move.", tags=["Stairs"])
    break_text(post)
    page = get_page(client, "/knees/", status=503)
    assert page.findtext(".//h1") == "Sore knees"
    assert [each.text_content() for each in page.xpath("//*[@class='prose']/p")] == [
        "This text can't be shown right now. Please try again later."
    ]
    text = page.text_content()
    assert all(part in text for part in ("In a word.", "Move.", "Stairs", "Subscribe"))
    dashboard = admin_client.get("/admin/").text
    assert "The text of “Sore knees” is missing from its page" in dashboard
    assert "RecursionError" in dashboard


def test_page_without_its_text_is_neither_cached_nor_indexed(broken_parser: None, client: Client) -> None:
    post = make_post(slug="knees")
    break_text(post)
    for _ in range(2):
        response = client.get("/knees/")
        assert response.status_code == 503
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex"
    assert client.head("/knees/").status_code == 503
    post.body = "<p>Simpler words.</p>"
    post.save()
    response = client.get("/knees/")
    assert response.status_code == 200
    assert "Simpler words." in response.text
    assert "X-Robots-Tag" not in response
    assert SENTENCE not in response.text


@pytest.mark.parametrize("role", ["", *(role for role in Page.Role.values if role)])
def test_page_of_every_role_has_everything_else(broken_parser: None, client: Client, role: str) -> None:
    page = make_page(title="The practice", slug="practice", role=role or None)
    break_text(page)
    path = "/contact/" if role == "contact" else "/practice/"
    found = get_page(client, path, status=503)
    assert found.findtext(".//h1") == "The practice"
    assert SENTENCE in client.get(path).text
    assert RenderingProblem.objects.filter(place="its page").get().row == page


def test_every_public_page_works_when_every_text_raises(
    broken_parser: None, client: Client, admin_client: Client, subtests: pytest.Subtests
) -> None:
    post = make_example_site()
    sent = {"status": "sent", "started_at": timezone.now(), "finished_at": timezone.now(), "is_in_archive": True}
    campaign = make_campaign(subject="News", slug="news", **sent)
    make_comment(post)
    for model, field in ((Post, "body"), (Page, "body"), (Author, "long_bio"), (Snippet, "body"), (Campaign, "body")):
        for row in model.objects.all():
            break_text(row, field)
    others = ["/feed/", "/sitemap.xml", "/sitemap-posts.xml", "/search/?q=knee", "/contact/", campaign.archive_path]
    pages = ("/privacy-policy/", "/consumer-health-data/", "/about/", "/about/services/")
    expected = {"/the-knee/", "/author/sam/", *pages}
    for path in [*PUBLIC_PATHS, *others, "/newsletter/archive/", "/references/", "/glossary/"]:
        for visitor in (client, admin_client):
            with subtests.test(path=path, is_owner=visitor is admin_client):
                response = visitor.get(path)
                assert response.status_code == (503 if path in expected else 200)


def test_embed_that_raises_is_left_out_of_each_text_that_shows_it(
    broken_parser: None, client: Client, admin_client: Client
) -> None:
    good, bad = (Snippet.objects.create(name=name, body=f"<p>{name} words.</p>") for name in ("Good", "Bad"))
    body = "".join(f'<div data-embed="snippet" data-id="{each.pk}"></div>' for each in (good, bad))
    make_post(slug="knees", body=f"<p>Before.</p>{body}<p>After.</p>")
    break_text(bad)
    page = get_page(client, "/knees/")
    lines = [each.text_content() for each in page.xpath("//*[@class='prose']//p")]
    assert lines[:4] == ["Before.", "Good words.", "This part of the text can't be shown right now.", "After."]
    assert "The text of “Bad” is missing from the texts that show it" in admin_client.get("/admin/").text


def test_structured_data_leaves_out_what_raises(broken_parser: None, client: Client) -> None:
    exercise = make_exercise()
    post = make_post(slug="knees", body=f"<p>Words.</p>{embed(exercise)}")
    Post.objects.filter(pk=post.pk).update(body=f"{embed(exercise)}<details><summary>Q</summary>{BROKEN}</details>")
    page = get_page(client, "/knees/", status=503)
    (data,) = page.xpath("//script[@type='application/ld+json']/text()")
    assert "BlogPosting" in data
    assert "ExercisePlan" not in data
    assert client.get("/knees/home-program/").status_code == 404
    places = RenderingProblem.objects.values_list("place", flat=True)
    assert set(places) == {"its page", "structured data"}


def test_preview_link_shows_the_draft_without_its_text(broken_parser: None, client: Client) -> None:
    post = make_post(title="Soon", status="draft", published_at=None)
    break_text(post)
    page = get_page(client, preview_url(post, "blog:preview"), status=503)
    assert page.findtext(".//h1") == "Soon"
    assert meta(page, "robots") == ["noindex"]


# ---- The admin ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [make_post, make_page])
def test_admin_pages_of_a_broken_document_work(
    broken_parser: None, admin_client: Client, subtests: pytest.Subtests, make: Any
) -> None:
    document = make(title="Sore knees")
    create_revision(document, None, "First")
    break_text(document)
    url = reverse(f"admin:{document._meta.label_lower.replace('.', '_')}_change", args=[document.pk])
    url = url.removesuffix("change/")
    notes = {"quote": "The text", "before": "", "after": "of"}
    ReviewNote.objects.create(document=document, text="Why?", **notes)
    revision = document.revisions.first()
    names = ("change/", "history/", f"revisions/{revision.pk}/", "review/", "checks/?publish")
    for name in names:
        with subtests.test(name=name):
            response = admin_client.get(url + name)
            assert response.status_code == 200
            assert "Sore knees" in response.text or "checks" in name
    assert "cannot be checked (RecursionError)" in admin_client.get(f"{url}change/").text
    assert admin_client.get(f"{url}preview/").status_code == 503
    note = {"_note": "", "quote": "The text", "text": "What?"}
    assert "does not contain these words" in admin_client.post(f"{url}review/", note).text


def test_broken_text_is_in_the_editor_and_can_be_corrected(broken_parser: None, admin_client: Client) -> None:
    post = make_post()
    break_text(post)
    url = admin_url(post)
    form = admin_client.get(url).context["adminform"].form
    assert form["body"].value() == BROKEN
    response = admin_client.post(url, post_form_data(post))
    assert "This text cannot be saved, because it cannot be read (RecursionError)." in response.text
    assert BAD in response.context["adminform"].form["body"].value()
    assert admin_client.post(url, post_form_data(post, body="<p>Simpler.</p>")).status_code == 302
    post.refresh_from_db()
    assert post.body == "<p>Simpler.</p>"


def test_broken_text_is_never_published(broken_parser: None, admin_client: Client) -> None:
    post = make_post(status="draft", published_at=None)
    break_text(post)
    data = {"action": "publish_now", "_selected_action": [post.pk]}
    response = admin_client.post(reverse("admin:blog_post_changelist"), data, follow=True)
    assert "was not published. “The text can be read” cannot be checked (RecursionError)." in response.text
    post.refresh_from_db()
    assert post.status == "draft"


def test_broken_text_can_be_autosaved_previewed_and_trashed(broken_parser: None, admin_client: Client) -> None:
    post = make_post(title="Sore knees")
    url, key = admin_url(post).removesuffix("change/"), str(uuid4())
    data = post_form_data(post, body=BROKEN, autosave_key=key)
    data.pop("_save")
    assert admin_client.post(f"{url}autosave/", data).status_code == 200
    assert admin_client.get(f"{url}change/").status_code == 200
    # A form with an invalid text shows the saved one.
    assert "The text of post" in admin_client.get(f"{url}preview/?autosave={key}").text
    break_text(post)
    assert admin_client.get(f"{url}preview/?autosave={key}").status_code == 503
    assert admin_client.post(f"{url}change/", {"_trash": ""}).status_code == 302
    post.refresh_from_db()
    assert post.trashed_at


def test_forms_of_other_texts_open_and_refuse_what_raises(
    broken_parser: None, admin_client: Client, subtests: pytest.Subtests
) -> None:
    rows = [
        (Snippet.objects.create(name="Note", body="<p>Words.</p>"), "body"),
        (make_author(), "long_bio"),
        (make_campaign(status="draft", prepared_at=None, total=None, frozen_sha256=""), "body"),
    ]
    for row, field in rows:
        with subtests.test(model=row._meta.label):
            break_text(row, field)
            response = admin_client.get(admin_url(row))
            assert response.status_code == 200
            fields = response.context["adminform"].form.initial
            data = {name: value for name, value in fields.items() if isinstance(value, str | int)}
            response = admin_client.post(admin_url(row), data | {field: BROKEN, "_save": ""})
            assert response.status_code == 200
            assert "cannot be read (RecursionError)" in response.text


def test_reviews_of_a_broken_text_can_be_stored(broken_parser: None, admin_client: Client) -> None:
    post = make_post()
    break_text(post)
    url = admin_url(post).removesuffix("change/") + "review/"
    data = {"_decide": "", "outcome": "changes", "text": "Simplify it.", "read_version": post.version}
    admin_client.post(url, data | {"reviewed_on": f"{timezone.localdate()}"})
    assert Review.objects.get().outcome == "changes"
