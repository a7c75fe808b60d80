"""A text that raises an error stops no background job: it is put aside and named on the dashboard."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html
from PIL import Image as Pillow

from blog import feeds
from blog.models import Post
from images import renditions
from images.models import Image
from images.tasks import create_missing_renditions
from layout.block_types import Area
from layout.models import Block
from layout.services import add_block, customize_area
from layout.templatetags import layout_tags
from newsletter.campaigns.preflight import run_preflight
from newsletter.delivery.materialize import prepare_due_campaigns
from newsletter.models import Campaign
from newsletter.rendering import messages
from richtext.problems import RenderingProblem
from search import sources
from search.indexing import index_missing, rebuild_index
from search.models import IndexEntry
from site_export import documents
from site_export.exporting import export_site
from tests.factories import make_campaign, make_image, make_post, make_subscriber
from tests.newsletter.delivery.harness import make_newsletter_settings
from wordpress import preview

pytestmark = pytest.mark.django_db
BAD = "RAISES"


def _raise_for_bad_texts(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, position: int = 0) -> None:
    """Make a function fail for texts with BAD, as a defect of a parser would."""
    original = getattr(owner, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        value = args[position]
        bodies = value if isinstance(value, list) else [getattr(value, "body", value)]
        if any(BAD in body for body in bodies):
            raise RecursionError("too deep")
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, replaced)


@pytest.fixture
def posts() -> tuple[Post, Post, Post]:
    return (
        make_post(title="Before", slug="before", body="<p>Knees one.</p>"),
        make_post(title="Broken", slug="broken", body=f"<p>Knees {BAD}.</p>"),
        make_post(title="After", slug="after", body="<p>Knees two.</p>"),
    )


def test_campaign_is_put_aside_and_the_others_are_sent(monkeypatch: pytest.MonkeyPatch, admin_client: Client) -> None:
    make_newsletter_settings()
    make_subscriber()
    fresh = {"prepared_at": None, "total": None, "frozen_sha256": "", "status": "scheduled"}
    broken = make_campaign(subject="Broken", body=f"<p>{BAD}</p>", **fresh)
    good = make_campaign(subject="Good", **fresh)
    _raise_for_bad_texts(monkeypatch, messages, "render_all")
    assert prepare_due_campaigns() == 1
    good.refresh_from_db()
    broken.refresh_from_db()
    assert (good.status, broken.status) == (Campaign.Status.SENDING, Campaign.Status.DRAFT)
    assert not broken.deliveries.exists()
    dashboard = admin_client.get("/admin/").text
    assert "The campaign “Broken” was not sent" in dashboard
    assert "RecursionError" in dashboard
    # It is not tried again before someone schedules it.
    assert prepare_due_campaigns() == 0
    assert [finding.level for finding in run_preflight(broken).findings] == ["error"]
    assert admin_client.get(f"/admin/newsletter/campaign/{broken.pk}/change/").status_code == 200


def test_email_about_a_post_is_put_aside_and_the_others_are_sent(
    monkeypatch: pytest.MonkeyPatch, posts: tuple[Post, Post, Post]
) -> None:
    make_newsletter_settings()
    make_subscriber()
    fresh = {"prepared_at": None, "total": None, "frozen_sha256": "", "status": "scheduled", "kind": "post", "body": ""}
    campaigns = [make_campaign(subject=post.title, post=post, **fresh) for post in posts]
    _raise_for_bad_texts(monkeypatch, messages, "render_all")
    assert prepare_due_campaigns() == 2
    assert [Campaign.objects.get(pk=each.pk).status for each in campaigns] == ["sending", "draft", "sending"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", [index_missing, rebuild_index])
def test_search_index_covers_the_other_documents(
    monkeypatch: pytest.MonkeyPatch, posts: tuple[Post, Post, Post], admin_client: Client, run: Any
) -> None:
    IndexEntry.objects.all().delete()
    _raise_for_bad_texts(monkeypatch, Post, "plain_text")
    run()
    assert index_missing() == 0
    entries = IndexEntry.objects.filter(content_type=sources.POSTS.content_type).order_by("object_id")
    assert list(entries.values_list("title", "problem")) == [
        ("Before", ""),
        ("Broken", "RecursionError"),
        ("After", ""),
    ]
    page: Any = html.fromstring(admin_client.get("/search/?q=knees").text)
    assert set(page.xpath("//div[contains(@class, 'entries')]//h2/a/text()")) == {"Before", "After"}
    assert "Search cannot find “Broken”" in admin_client.get("/admin/").text
    monkeypatch.undo()
    posts[1].save()
    assert not IndexEntry.objects.exclude(problem="").exists()
    assert "Search cannot find" not in admin_client.get("/admin/").text


def test_post_is_saved_although_its_text_cannot_be_indexed(
    monkeypatch: pytest.MonkeyPatch, posts: tuple[Post, Post, Post]
) -> None:
    _raise_for_bad_texts(monkeypatch, Post, "plain_text")
    posts[0].body = f"<p>New {BAD} words.</p>"
    posts[0].save()
    assert "New" in Post.objects.get(pk=posts[0].pk).body


@pytest.fixture
def broken_campaign(monkeypatch: pytest.MonkeyPatch) -> Campaign:
    make_newsletter_settings()
    make_subscriber()
    _raise_for_bad_texts(monkeypatch, messages, "render_all")
    fresh = {"prepared_at": None, "total": None, "frozen_sha256": "", "status": "draft"}
    return make_campaign(subject="Broken", body=f"<p>{BAD}</p>", **fresh)


@pytest.mark.parametrize("kind", ["", "dark", "text"])
def test_preview_of_a_campaign_says_what_is_wrong(broken_campaign: Campaign, admin_client: Client, kind: str) -> None:
    preview = admin_client.get(f"/admin/newsletter/campaign/{broken_campaign.pk}/preview/?as={kind}")
    assert preview.status_code == 200
    assert "The text cannot be rendered (RecursionError)." in preview.text


def test_pages_of_a_campaign_that_cannot_be_rendered_work(broken_campaign: Campaign, admin_client: Client) -> None:
    url = f"/admin/newsletter/campaign/{broken_campaign.pk}"
    for page in ("change", "send"):
        assert "The text cannot be rendered (RecursionError)." in admin_client.get(f"{url}/{page}/").text
    answer = admin_client.post(f"{url}/test-email/", {"to_email": "me@example.com"}, follow=True)
    assert answer.status_code == 200
    assert "No test email was sent, because the text cannot be rendered (RecursionError)." in answer.text
    assert not broken_campaign.test_emails.exists()


def test_archive_page_of_an_email_shows_what_it_can(
    monkeypatch: pytest.MonkeyPatch, client: Client, admin_client: Client
) -> None:
    _raise_for_bad_texts(monkeypatch, messages, "render_all")
    started = {"slug": "broken-email", "status": "sent", "started_at": timezone.now(), "finished_at": timezone.now()}
    campaign = make_campaign(subject="Broken", body=f"<p>{BAD}</p>", is_in_archive=True, **started)
    page = client.get(campaign.archive_path)
    assert page.status_code == 200
    assert "The text of this email can't be shown right now." in page.text
    assert "The text of “Broken” is missing from the newsletter archive" in admin_client.get("/admin/").text


@pytest.mark.django_db(transaction=True)
def test_export_of_the_site_has_the_text_as_it_is_stored(
    monkeypatch: pytest.MonkeyPatch, posts: tuple[Post, Post, Post], tmp_path: Path, admin_client: Client
) -> None:
    _raise_for_bad_texts(monkeypatch, documents, "analyze")
    _raise_for_bad_texts(monkeypatch, documents.markdownify, "markdownify")
    export_site(tmp_path / "export")
    names = {path.name.partition("-")[2] for path in (tmp_path / "export" / "html" / "posts").iterdir()}
    assert names == {"before.html", "broken.html", "after.html"}
    for pattern in ("html/posts/*broken.html", "markdown/posts/*broken.md", "wordpress.xml"):
        (path,) = (tmp_path / "export").glob(pattern)
        assert f"<p>Knees {BAD}.</p>" in path.read_text()
    assert "The text of “Broken” is missing from the export of the site" in admin_client.get("/admin/").text


def test_text_block_that_cannot_be_rendered_is_left_out_of_every_page(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    _raise_for_bad_texts(monkeypatch, layout_tags, "render")
    customize_area(Area.SIDEBAR)
    add_block(Block(area=Area.SIDEBAR, block_type="text", title="Hello", text=f"<p>{BAD}</p>"))
    make_post(slug="knees", body="<p>Knees.</p>")
    page = client.get("/knees/")
    assert page.status_code == 200
    assert "Knees." in page.text
    assert RenderingProblem.objects.get().place == "the layout"


def test_preview_of_an_import_goes_on_after_an_item_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise KeyError("width")

    monkeypatch.setattr(preview, "fill_document", fail)
    monkeypatch.setattr(preview, "display_title", lambda item: item.title)
    found = preview.Preview()
    fields = {"post_type": "post", "status": "draft", "creator": "me", "password": "", "published_at": None}
    for title in ("First", "Second"):
        item: Any = SimpleNamespace(title=title, comments=[], **fields)
        found.add(item, Mock(), Mock())
    assert [note.partition(" could not be read")[0] for note in found.report.notes] == ["“First”", "“Second”"]


@pytest.mark.parametrize("path", ["/feed/", "/feed/atom/"])
def test_feed_has_the_other_posts_and_a_summary(
    monkeypatch: pytest.MonkeyPatch, posts: tuple[Post, Post, Post], client: Client, path: str, admin_client: Client
) -> None:
    _raise_for_bad_texts(monkeypatch, feeds, "render_all")
    feed = client.get(path)
    assert feed.status_code == 200
    assert "Knees one." in feed.text
    assert "Knees two." in feed.text
    assert "Read “Broken”" in feed.text
    sentence = "The text of “Broken” is missing from feeds"
    assert sentence in admin_client.get("/admin/").text
    # Saving it solves the problem, until a feed says otherwise.
    posts[1].save()
    assert sentence not in admin_client.get("/admin/").text


@pytest.mark.parametrize("error", [Pillow.DecompressionBombError("large"), SyntaxError("broken PNG"), KeyError("mode")])
def test_image_that_raises_any_error_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, admin_client: Client, error: Exception
) -> None:
    broken = make_image(title="Broken")
    make_image()
    create_files = renditions.create_files

    def fail_for_one(image: Image) -> None:
        if image.pk == broken.pk:
            raise error
        create_files(image)

    monkeypatch.setattr(renditions, "create_files", fail_for_one)
    assert create_missing_renditions() == 1
    assert "The sizes of “Broken” could not be created" in admin_client.get("/admin/").text


def test_sitemaps_and_related_posts_read_no_text(
    monkeypatch: pytest.MonkeyPatch, posts: tuple[Post, Post, Post], client: Client
) -> None:
    _raise_for_bad_texts(monkeypatch, Post, "plain_text")
    assert "/broken/" in client.get("/sitemap-posts.xml").text
    assert "Broken" in client.get("/after/").text
