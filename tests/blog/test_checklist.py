"""The checklist: each problem has its own finding. Blocking findings prevent publishing, and no text is lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from blog import checklist
from blog.checklist import CHECKS
from blog.models import Post, PublishingRules, Severity
from evidence.models import Disclaimer
from publishing.models import PendingEdit
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_category, make_image, make_post

WORDS = "word " * 210
GOOD_BODY = (
    f'<h2 id="one">One</h2><p>{WORDS}</p><h3 id="two">Two</h3><h2 id="references">References</h2><p>A study.</p>'
)


def make_good_post(**overrides: object) -> Post:
    """Return a draft without findings."""
    fields: dict[str, Any] = {
        "title": "A good title",
        "body": GOOD_BODY,
        "tldr": "Short.",
        "excerpt": "A sentence that is long enough to tell what it is about.",
        "featured_image": make_image(),
        "status": Post.Status.DRAFT,
        "published_at": None,
    }
    return make_post(**fields | overrides, categories=[make_category()])


def messages(post: Post) -> dict[str, str]:
    """Return the messages of the findings by check."""
    return {finding.check.id: finding.message for finding in checklist.findings(post.snapshot())}


def admin_messages(response: Any) -> str:
    """Return the messages of the admin."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_complete_post_has_no_findings() -> None:
    assert messages(make_good_post()) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("problem", "check", "message"),
    [
        ({"excerpt": ""}, "excerpt", "Write an excerpt"),
        ({"tldr": ""}, "tldr", "two to four points"),
        ({"featured_image": None}, "featured_image", "featured image"),
        ({"title": "T" * 61}, "title_length", "to 60 characters"),
        ({"seo_description": "Too short."}, "description_length", "It has 10."),
        ({"seo_description": "d" * 156}, "description_length", "It has 156."),
        ({"body": f"<p>{'word ' * 199}</p>"}, "word_count", "This post has 199"),
        ({"body": f"<h3>Deep</h3><p>{WORDS}</p>"}, "heading_order", "“Deep” from heading 3 to heading 2"),
        ({"body": f"<h2>A</h2><h4>Jump</h4><p>{WORDS}</p>"}, "heading_order", "“Jump” from heading 4 to heading 3"),
        ({"body": f'<p><a href="#">here</a> {WORDS}</p>'}, "empty_links", "“here”"),
        ({"body": f'<p><a href="#gone">here</a> {WORDS}</p>'}, "broken_links", "#gone"),
        ({"body": f'<p><a href="/nothing/">here</a> {WORDS}</p>'}, "broken_links", "/nothing/"),
        ({"body": f"<p>A study found it. {WORDS}</p>"}, "references", "Cite your sources"),
    ],
)
@pytest.mark.any_database
def test_each_problem_has_its_own_finding(problem: dict[str, object], check: str, message: str) -> None:
    found = messages(make_good_post(**problem))
    assert list(found) == [check]
    assert message in found[check]


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_missing_category_and_a_missing_disclaimer_are_found() -> None:
    post = make_good_post(primary_category=None)
    post.categories.clear()
    Post.objects.filter(pk=post.pk).update(primary_category=None)
    post.refresh_from_db()
    Disclaimer.objects.all().delete()
    assert set(messages(post)) == {"category", "disclaimer"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "alt", "is_missing"),
    [
        ({"alt": ""}, "", True),
        ({"alt": ""}, ' alt=""', False),
        ({"alt": ""}, ' alt="A knee"', False),
        ({"alt": "A knee"}, "", False),
        ({"alt": "", "is_decorative": True}, "", False),
    ],
)
@pytest.mark.any_database
def test_an_image_needs_alt_text_unless_it_is_decorative(fields: dict[str, Any], alt: str, is_missing: bool) -> None:
    image = make_image(**fields)
    post = make_good_post(body=f'{GOOD_BODY}<figure><img data-image="{image.pk}"{alt}></figure>')
    assert ("alt_text" in messages(post)) is is_missing


@pytest.mark.django_db
@pytest.mark.any_database
def test_publishing_is_refused_with_every_blocking_finding_and_loses_no_text(admin_client: Client) -> None:
    make_author()
    body = f'<p><a href="#">here</a> and <a href="#">there</a> {WORDS}</p>'
    response = admin_client.post(reverse("admin:blog_post_add"), post_form_data(body=body, _publish=""))
    page = response.content.decode()
    assert response.status_code == 200
    assert "Add a URL to the link “here”" in page
    assert "Add a URL to the link “there”" in page
    assert page.count("word ") >= 209
    assert page.count("Blocks publishing</span>") == 2
    assert "With 0" not in page
    assert not Post.objects.exists()
    admin_client.post(reverse("admin:blog_post_add"), post_form_data(body=body))
    assert Post.objects.get().status_label == "Draft"


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_post_with_warnings_is_published_and_the_form_links_them_to_their_fields(admin_client: Client) -> None:
    make_author()
    response = admin_client.post(reverse("admin:blog_post_add"), post_form_data(_publish=""), follow=True)
    assert Post.objects.get().is_published
    page = response.content.decode()
    assert re.search('<a href="#id_excerpt" *>Write an excerpt', page)


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_owner_chooses_which_checks_block_and_which_are_ignored(admin_client: Client) -> None:
    make_author()
    rules = {check.id: check.severity for check in CHECKS} | {"excerpt": "block", "word_count": "ignore"}
    admin_client.post(reverse("admin:blog_publishingrules_changelist"), rules)
    assert PublishingRules.objects.get().severities["excerpt"] == Severity.BLOCK
    response = admin_client.post(reverse("admin:blog_post_add"), post_form_data(_publish=""))
    assert "Write an excerpt" in response.content.decode()
    assert "Write at least 200 words" not in response.content.decode()
    assert not Post.objects.exists()


@pytest.mark.django_db
@pytest.mark.any_database
def test_bulk_publishing_skips_and_names_blocked_posts(admin_client: Client) -> None:
    fine = make_good_post()
    wrong = make_good_post(title="Wrong", body=f'<p><a href="#">here</a>{WORDS}</p>')
    chosen = {"action": "publish_now", "_selected_action": [fine.pk, wrong.pk]}
    response = admin_client.post(reverse("admin:blog_post_changelist"), chosen)
    fine.refresh_from_db()
    wrong.refresh_from_db()
    assert fine.is_published
    assert not wrong.is_published
    assert "“Wrong” was not published. Add a URL to the link “here”" in admin_messages(response)


@pytest.mark.django_db
@pytest.mark.any_database
def test_pending_changes_with_blocking_findings_are_not_published(admin_client: Client) -> None:
    post = make_good_post(status=Post.Status.PUBLISHED, published_at=timezone.now())
    url = reverse("admin:blog_post_change", args=[post.pk])
    body = f'<p><a href="#">here</a>{WORDS}</p>'
    at = timezone.localtime() + timedelta(days=1)
    scheduled = {"publish_changes_at_0": f"{at:%Y-%m-%d}", "publish_changes_at_1": f"{at:%H:%M}"}
    admin_client.post(url, post_form_data(post, body=body, **scheduled, _pending="") | {"_save": ""})
    assert not PendingEdit.objects.exists()
    data = post_form_data(post, body=body, _pending="")
    del data["_save"]
    admin_client.post(url, data)
    assert PendingEdit.objects.exists()
    response = admin_client.post(url, {"_publish_changes": ""})
    assert "Add a URL to the link “here”" in admin_messages(response)
    post.refresh_from_db()
    assert "A study." in post.body
    assert PendingEdit.objects.exists()


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_public_post_with_a_blocking_finding_can_be_improved_but_not_worsened(admin_client: Client) -> None:
    body = f'<p><a href="#">here</a>{WORDS}</p>'
    post = make_good_post(body=body, status=Post.Status.PUBLISHED, published_at=timezone.now())
    url = reverse("admin:blog_post_change", args=[post.pk])
    admin_client.post(url, post_form_data(post, title="Improved"))
    post.refresh_from_db()
    assert post.title == "Improved"
    admin_client.post(url, post_form_data(post, title="Again", body=f'{body}<p><a href="#">new</a></p>'))
    post.refresh_from_db()
    assert post.title == "Improved"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_finding_links_to_its_field_even_in_a_collapsed_group(admin_page: Page) -> None:
    post = make_good_post(seo_description="Too short.", tldr="")
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    expect(admin_page.get_by_label("SEO description")).to_be_hidden()
    admin_page.get_by_text(f"2 of {len(checklist.active_checks())} to do").click()
    admin_page.get_by_role("link", name="Write an SEO description").click()
    expect(admin_page.get_by_label("SEO description")).to_be_focused()
    expect(admin_page.get_by_text("10 of 155 characters, better from 50")).to_be_visible()
    admin_page.keyboard.type(" More." * 30)
    expect(admin_page.get_by_text(", too long")).to_be_visible()
    admin_page.get_by_role("link", name="Write a TL;DR").click()
    expect(admin_page.get_by_label("TL;DR:")).to_be_focused()


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_form_shows_the_reading_level(admin_client: Client) -> None:
    post = make_post(body="<p>The cat sat on the mat.</p>" * 17)
    page = admin_client.get(reverse("admin:blog_post_change", args=[post.pk])).content.decode()
    assert "Reading level: grade -1.4 · 0 long and 0 passive of 17 sentences<" in page


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_grade_of_a_short_text_is_not_shown(admin_client: Client) -> None:
    post = make_post(body="<p>The cat sat on the mat.</p>" * 16)
    page = admin_client.get(reverse("admin:blog_post_change", args=[post.pk])).content.decode()
    assert "Reading level" not in page
    assert "0 long and 0 passive of 16 sentences<" in page
