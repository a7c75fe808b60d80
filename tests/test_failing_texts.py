"""A text that raises an error stops no background job: it is put aside and named on the dashboard."""

from typing import Any

import pytest
from django.test import Client
from lxml import html
from PIL import Image as Pillow

from blog import feeds
from blog.models import Post
from images import renditions
from images.models import Image
from images.tasks import create_missing_renditions
from newsletter.campaigns.preflight import run_preflight
from newsletter.delivery.materialize import prepare_due_campaigns
from newsletter.models import Campaign
from newsletter.rendering import messages
from search import sources
from search.indexing import index_missing, rebuild_index
from search.models import IndexEntry
from tests.factories import make_campaign, make_image, make_post, make_subscriber
from tests.newsletter.delivery.harness import make_newsletter_settings

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


@pytest.mark.parametrize("path", ["/feed/", "/feed/atom/"])
def test_feed_has_the_other_posts_and_a_summary(
    monkeypatch: pytest.MonkeyPatch, posts: tuple[Post, Post, Post], client: Client, path: str
) -> None:
    _raise_for_bad_texts(monkeypatch, feeds, "render_all")
    feed = client.get(path)
    assert feed.status_code == 200
    assert "Knees one." in feed.text
    assert "Knees two." in feed.text
    assert "Read “Broken”" in feed.text


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
