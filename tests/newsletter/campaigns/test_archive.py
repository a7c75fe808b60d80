"""The public archive shows sent campaigns to everyone, without personal links."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from pytest_django import Settings

from affiliates.models import Program
from blog.models import Post
from newsletter.delivery.materialize import prepare_campaign
from newsletter.models import AnnouncedPost, Campaign
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo
from tests.affiliates.factories import make_link
from tests.evidence.factories import set_disclaimer
from tests.factories import make_campaign, make_image, make_post, make_subscriber
from tests.newsletter.delivery.harness import make_newsletter_settings

pytestmark = pytest.mark.django_db

ARCHIVE = "/newsletter/archive/"


def make_sent_campaign(**fields: object) -> Campaign:
    """Create a campaign and prepare it as the worker does."""
    empty = {"prepared_at": None, "total": None, "frozen_sha256": "", "status": "preparing"}
    campaign = make_campaign(**empty | fields)
    assert prepare_campaign(campaign, make_newsletter_settings())
    campaign.refresh_from_db()
    return campaign


def test_visitors_can_read_sent_campaigns(client: Client) -> None:
    SiteInfo.objects.create(name="Move")
    set_disclaimer("Not advice.")
    make_subscriber()
    assert ARCHIVE not in client.get("/newsletter/").content.decode()
    campaign = make_sent_campaign(
        subject="Bend your knees", preheader="Slowly.", body=sanitize(f"<p>Hi.</p>{_figure()}")
    )
    assert campaign.archive_path == f"{ARCHIVE}bend-your-knees-{campaign.pk}/"
    assert ARCHIVE in client.get("/newsletter/").content.decode()
    page = client.get(ARCHIVE).content.decode()
    assert f'href="{campaign.archive_path}"' in page
    assert "Slowly." in page
    copy = client.get(campaign.archive_path).content.decode()
    assert "Hi." in copy
    assert "Not advice." in copy
    # Rendered for the website, without the inline styles of emails.
    assert "<picture" in copy or "<img" in copy
    assert " style=" not in html.tostring(html.document_fromstring(copy).find(".//main"), encoding="unicode")
    assert 'name="robots" content="noindex"' in copy


def _figure() -> str:
    return f'<figure><img data-image="{make_image().pk}"></figure>'


@pytest.mark.parametrize("status", ["draft", "scheduled", "preparing", "cancelled"])
def test_unsent_campaign_is_not_public(client: Client, status: str) -> None:
    hidden = make_sent_campaign(subject="Secret", is_in_archive=False)
    waiting = make_campaign(status=status, subject="Early", slug="early-1", frozen_sha256="", prepared_at=None)
    for campaign in (hidden, waiting):
        assert client.get(campaign.archive_path).status_code == 404
    page = client.get(ARCHIVE).content.decode()
    assert "Secret" not in page
    assert "Early" not in page
    assert "No newsletter has been sent yet." in page


def test_copy_contains_no_personal_links(client: Client) -> None:
    subscriber = make_subscriber(name="Samuel")
    post = make_post()
    manual = make_sent_campaign(subject="Manual")
    for campaign in (manual, make_sent_campaign(kind="post", post=post, subject=post.title), _make_digest(post)):
        page = client.get(campaign.archive_path).content.decode()
        assert f"/{post.slug}/" in page or campaign == manual
        for private in (
            "/newsletter/u/",
            "/newsletter/p/",
            campaign.public_id.hex,
            subscriber.email,
            subscriber.public_id.hex,
            "Samuel",
        ):
            assert private not in page


def _make_digest(*posts: Post) -> Campaign:
    campaign = make_campaign(
        kind="digest", subject="Week", body="", status="preparing", frozen_sha256="", prepared_at=None, total=None
    )
    for post in posts:
        AnnouncedPost.objects.create(post=post, digest=campaign)
    prepare_campaign(campaign, make_newsletter_settings())
    campaign.refresh_from_db()
    return campaign


def test_canonical_url_is_the_post(client: Client) -> None:
    post = make_post(body="<p>Slowly.</p>")
    campaign = make_sent_campaign(kind="post", post=post, subject=post.title, body="<p>Dear all,</p>")
    copy = client.get(campaign.archive_path).content.decode()
    assert f'<link rel="canonical" href="http://testserver/{post.slug}/">' in copy
    assert copy.index("Dear all,") < copy.index("Slowly.")
    post.trash()
    assert client.get(campaign.archive_path).status_code == 404
    assert campaign.archive_path not in client.get(ARCHIVE).content.decode()
    post.delete()
    assert client.get(campaign.archive_path).status_code == 404


def test_digest_leaves_out_unpublished_posts(client: Client) -> None:
    public, trashed = make_post(title="Public post"), make_post(title="Trashed post")
    campaign = _make_digest(public, trashed)
    trashed.trash()
    copy = client.get(campaign.archive_path).content.decode()
    assert "Public post" in copy
    assert "Trashed post" not in copy


def test_affiliate_links_work_as_on_other_pages(client: Client, amazon: Program) -> None:
    make_link(amazon, slug="roller")
    copy = client.get(
        make_sent_campaign(body='<p>A <a href="/go/roller/">roller</a></p>').archive_path
    ).content.decode()
    main = copy.partition("<main")[2].partition("</main>")[0]
    assert main.index("As an Amazon Associate") < main.index("https://www.amazon.com/dp/")


def test_number_of_queries_does_not_depend_on_the_number_of_campaigns(client: Client) -> None:
    post = make_post()
    counts = []
    for number in (2, 58):
        for each in range(number):
            make_campaign(status="sent", started_at=timezone.now() - timedelta(days=each), slug=f"l-{number}-{each}")
        make_campaign(kind="digest", status="sent", started_at=timezone.now(), slug=f"d-{number}", post=post)
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ARCHIVE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert client.get(f"{ARCHIVE}?page=2").status_code == 200
    for wrong in ("0", "9", "x", "٢"):
        assert client.get(ARCHIVE, {"page": wrong}).status_code == 404


def test_cached_archive_is_invalidated(client: Client, settings: Settings) -> None:
    first = make_sent_campaign(subject="First")
    for _ in range(2):
        assert "First" in client.get(ARCHIVE).content.decode()
    Campaign.objects.filter(pk=first.pk).update(is_in_archive=False)
    assert "First" not in client.get(ARCHIVE).content.decode()
    assert client.get(first.archive_path).status_code == 404
