"""The checklist: each lack has its own sentence; what the owner lets block keeps a text from readers, and loses nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from blog import checklist
from blog.checklist import CHECKS, PublishingRules, Severity
from blog.models import Post, Series, Tag
from publishing.models import PendingEdit
from siteinfo.models import SiteInfo
from tests.blog.test_writing_desk import form
from tests.factories import make_author, make_category, make_image, make_post

WORDS = "word " * 210
GOOD_BODY = (
    f'<h2 id="one">One</h2><p>{WORDS}</p><h3 id="two">Two</h3><h2 id="references">References</h2><p>A study.</p>'
)


def good(**overrides: object) -> Post:
    """A draft to which the checklist has nothing to say."""
    SiteInfo.objects.update_or_create(pk=1, defaults={"disclaimer": "Not advice."})
    facts: dict[str, Any] = {
        "title": "A good title",
        "body": GOOD_BODY,
        "tldr": "Short.",
        "excerpt": "A sentence that is long enough to tell what it is about.",
        "featured_image": make_image(),
        "status": Post.Status.DRAFT,
        "published_at": None,
    }
    return make_post(**facts | overrides, categories=[make_category()])


def found(post: Post) -> dict[str, str]:
    return {finding.check.id: finding.sentence for finding in checklist.findings(post.snapshot())}


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.mark.django_db
def test_a_complete_post_has_no_findings() -> None:
    assert found(good()) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lack", "check", "words"),
    [
        ({"excerpt": ""}, "excerpt", "Write an excerpt"),
        ({"tldr": ""}, "tldr", "two to four points"),
        ({"featured_image": None}, "featured_image", "featured picture"),
        ({"title": "T" * 61}, "title_length", "at most 60"),
        ({"seo_description": "Too short."}, "description_length", "now it has 10"),
        ({"seo_description": "d" * 156}, "description_length", "now it has 156"),
        ({"body": f"<p>{'word ' * 199}</p>"}, "words", "with 199 words"),
        ({"body": f"<h3>Deep</h3><p>{WORDS}</p>"}, "heading_order", "“Deep” a heading 2"),
        ({"body": f"<h2>A</h2><h4>Jump</h4><p>{WORDS}</p>"}, "heading_order", "“Jump” a heading 3"),
        ({"body": f'<p><a href="#">here</a> {WORDS}</p>'}, "empty_links", "“here”"),
        ({"body": f'<p><a href="#gone">here</a> {WORDS}</p>'}, "dead_links", "#gone"),
        ({"body": f'<p><a href="/nothing/">here</a> {WORDS}</p>'}, "dead_links", "/nothing/"),
        ({"body": f"<p>A study found it. {WORDS}</p>"}, "references", "Name your sources"),
    ],
)
def test_each_lack_gives_exactly_its_own_finding(lack: dict[str, object], check: str, words: str) -> None:
    findings = found(good(**lack))
    assert list(findings) == [check]
    assert words in findings[check]


@pytest.mark.django_db
def test_a_post_without_category_and_a_site_without_disclaimer_are_found() -> None:
    post = good(primary_category=None)
    post.categories.clear()
    Post.objects.filter(pk=post.pk).update(primary_category=None)
    post.refresh_from_db()
    SiteInfo.objects.update(disclaimer="")
    assert set(found(post)) == {"category", "disclaimer"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("image", "alt", "is_missing"),
    [
        ({"alt": ""}, "", True),
        ({"alt": ""}, ' alt=""', False),
        ({"alt": ""}, ' alt="A knee"', False),
        ({"alt": "A knee"}, "", False),
        ({"alt": "", "is_decorative": True}, "", False),
    ],
)
def test_a_picture_needs_words_unless_it_is_decoration(image: dict[str, Any], alt: str, is_missing: bool) -> None:
    picture = make_image(**image)
    post = good(body=f'{GOOD_BODY}<figure><img data-image="{picture.pk}"{alt}></figure>')
    assert ("alt_text" in found(post)) is is_missing


@pytest.mark.django_db
def test_links_are_dead_exactly_where_a_reader_gets_no_page(client: Client) -> None:
    author, topic = make_author(slug="sam"), make_category(slug="pain")
    below = make_category(slug="knee", parent=topic)
    series = Series.objects.create(title="Run", slug="run")
    make_post(slug="there", author=author, categories=[below], tags=["Stairs"], series=series)
    make_post(slug="hidden", status=Post.Status.DRAFT)
    make_post(slug="later", published_at=timezone.now() + timedelta(days=1))
    Series.objects.create(title="Empty", slug="empty")
    addresses = ["/", "/blog/", "/there/", "/there", "/category/pain/", "/category/pain/knee/", "/author/sam/"]
    addresses += ["/series/run/", f"/tag/{Tag.objects.get().slug}/", "/feed/", "/there/#part", "/?utm_source=mail"]
    addresses += ["/hidden/", "/later/", "/category/knee/", "/author/nobody/", "/tag/none/", "/series/empty/"]
    addresses += ["/terms-of-use/", "/media/none.jpg", "/no/such/place/"]
    links = "".join(f'<p><a href="{address}">x</a></p>' for address in addresses)
    sentences = " ".join(str(each.sentence) for each in checklist.findings(good(body=links).snapshot()))
    for address in addresses:
        is_there = client.get(address, follow=True).status_code == 200
        assert (f"link to {address}:" in sentences) is not is_there, address


@pytest.mark.django_db
def test_publishing_with_what_blocks_is_refused_by_name_and_keeps_every_word(admin_client: Client) -> None:
    make_author()
    body = f'<p><a href="#">here</a> and <a href="#">there</a> {WORDS}</p>'
    response = admin_client.post(reverse("admin:blog_post_add"), form(body=body, _publish=""))
    page = response.content.decode()
    assert response.status_code == 200
    assert "Give the link “here” an address" in page
    assert "Give the link “there” an address" in page
    assert page.count("word ") >= 209
    assert page.count("Blocks publishing</span>") == 2
    assert "with 0 words" not in page
    assert not Post.objects.exists()
    admin_client.post(reverse("admin:blog_post_add"), form(body=body))
    assert Post.objects.get().status_label == "Draft"


@pytest.mark.django_db
def test_what_only_warns_is_published_and_listed_after_saving_with_ways_to_the_fields(admin_client: Client) -> None:
    make_author()
    response = admin_client.post(reverse("admin:blog_post_add"), form(_publish=""), follow=True)
    assert Post.objects.get().is_published
    page = response.content.decode()
    assert '<details class="checklist" open' in page
    assert '<a href="#id_excerpt">Write an excerpt' in page


@pytest.mark.django_db
def test_the_owner_decides_what_blocks_and_what_is_ignored(admin_client: Client) -> None:
    make_author()
    rules = {check.id: check.severity for check in CHECKS} | {"excerpt": "block", "words": "ignore"}
    admin_client.post(reverse("admin:blog_publishingrules_changelist"), rules)
    assert PublishingRules.objects.get().severities["excerpt"] == Severity.BLOCK
    response = admin_client.post(reverse("admin:blog_post_add"), form(_publish=""))
    assert "Write an excerpt" in response.content.decode()
    assert "Write some more" not in response.content.decode()
    assert not Post.objects.exists()


@pytest.mark.django_db
def test_bulk_publishing_leaves_and_names_what_is_blocked(admin_client: Client) -> None:
    fine = good()
    wrong = good(title="Wrong", body=f'<p><a href="#">here</a>{WORDS}</p>')
    chosen = {"action": "publish_now", "_selected_action": [fine.pk, wrong.pk]}
    response = admin_client.post(reverse("admin:blog_post_changelist"), chosen)
    fine.refresh_from_db()
    wrong.refresh_from_db()
    assert fine.is_published
    assert not wrong.is_published
    assert "“Wrong” is not published. Give the link “here”" in said(response)


@pytest.mark.django_db
def test_private_changes_with_what_blocks_stay_private(admin_client: Client) -> None:
    post = good(status=Post.Status.PUBLISHED, published_at=timezone.now())
    address = reverse("admin:blog_post_change", args=[post.pk])
    body = f'<p><a href="#">here</a>{WORDS}</p>'
    at = timezone.localtime() + timedelta(days=1)
    scheduled = {"publish_changes_at_0": f"{at:%Y-%m-%d}", "publish_changes_at_1": f"{at:%H:%M}"}
    admin_client.post(address, form(post, body=body, **scheduled, _pending="") | {"_save": ""})
    assert not PendingEdit.objects.exists()
    facts = form(post, body=body, _pending="")
    del facts["_save"]
    admin_client.post(address, facts)
    assert PendingEdit.objects.exists()
    response = admin_client.post(address, {"_publish_changes": ""})
    assert "Give the link “here” an address" in said(response)
    post.refresh_from_db()
    assert "A study." in post.body
    assert PendingEdit.objects.exists()


@pytest.mark.django_db
def test_a_public_post_can_be_mended_although_something_else_blocks(admin_client: Client) -> None:
    body = f'<p><a href="#">here</a>{WORDS}</p>'
    post = good(body=body, status=Post.Status.PUBLISHED, published_at=timezone.now())
    address = reverse("admin:blog_post_change", args=[post.pk])
    admin_client.post(address, form(post, title="Mended"))
    post.refresh_from_db()
    assert post.title == "Mended"
    admin_client.post(address, form(post, title="Again", body=f'{body}<p><a href="#">new</a></p>'))
    post.refresh_from_db()
    assert post.title == "Mended"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_finding_leads_to_its_field_even_in_a_closed_group(admin_page: Page) -> None:
    post = good(seo_description="Too short.", tldr="")
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    expect(admin_page.get_by_label("description for search engines")).to_be_hidden()
    admin_page.get_by_text("2 things to look at").click()
    admin_page.get_by_role("link", name="Write a description for search engines").click()
    expect(admin_page.get_by_label("description for search engines")).to_be_focused()
    expect(admin_page.get_by_text("10 of 155 characters, better from 50")).to_be_visible()
    admin_page.keyboard.type(" More." * 30)
    expect(admin_page.get_by_text(", too long")).to_be_visible()
    admin_page.get_by_role("link", name="Sum the post up").click()
    expect(admin_page.get_by_label("TL;DR")).to_be_focused()


@pytest.mark.django_db
def test_the_form_says_how_hard_the_text_is_to_read(admin_client: Client) -> None:
    post = make_post(body="<p>The cat sat on the mat.</p>")
    page = admin_client.get(reverse("admin:blog_post_change", args=[post.pk])).content.decode()
    assert "Reads like school grade -1.4 · 0 long and 0 passive of 1 sentence<" in page
