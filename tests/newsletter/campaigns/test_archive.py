"""Letters on the site: those that went out, for anybody, with nothing that is somebody's own."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from pytest_django import Settings

from affiliates.programs import Program
from blog.models import Post
from newsletter.delivery.materialize import prepare
from newsletter.models import AnnouncedPost, Campaign
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo
from tests.affiliates.factories import make_link
from tests.factories import make_campaign, make_image, make_post, make_subscriber
from tests.newsletter.delivery.harness import sender

pytestmark = pytest.mark.django_db

LIST = "/newsletter/archive/"


def sent(**fields: object) -> Campaign:
    """A campaign that went out, as the worker leaves it."""
    empty = {"prepared_at": None, "total": None, "frozen_sha256": "", "status": "preparing"}
    campaign = make_campaign(**empty | fields)
    assert prepare(campaign, sender()) == 1
    campaign.refresh_from_db()
    return campaign


def test_who_has_not_joined_can_read_what_went_out(client: Client) -> None:
    SiteInfo.objects.create(name="Move", disclaimer="Not advice.")
    make_subscriber()
    assert LIST not in client.get("/newsletter/").content.decode()
    campaign = sent(subject="Bend your knees", preheader="Slowly.", body=sanitize(f"<p>Hi.</p>{_picture()}"))
    assert campaign.copy_path == f"{LIST}bend-your-knees-{campaign.pk}/"
    assert LIST in client.get("/newsletter/").content.decode()
    shown = client.get(LIST).content.decode()
    assert f'href="{campaign.copy_path}"' in shown
    assert "Slowly." in shown
    copy = client.get(campaign.copy_path).content.decode()
    assert "Hi." in copy
    assert "Not advice." in copy
    # In the site's own frame, which needs no style in its elements.
    assert "<picture" in copy or "<img" in copy
    assert " style=" not in html.tostring(html.document_fromstring(copy).find(".//main"), encoding="unicode")
    assert 'name="robots" content="noindex"' in copy


def _picture() -> str:
    return f'<figure><img data-image="{make_image().pk}"></figure>'


@pytest.mark.parametrize("status", ["draft", "scheduled", "preparing", "cancelled"])
def test_what_has_not_gone_out_is_nowhere(client: Client, status: str) -> None:
    hidden = sent(subject="Secret", is_in_archive=False)
    waiting = make_campaign(status=status, subject="Early", slug="early-1", frozen_sha256="", prepared_at=None)
    for campaign in (hidden, waiting):
        assert client.get(campaign.copy_path).status_code == 404
    shown = client.get(LIST).content.decode()
    assert "Secret" not in shown
    assert "Early" not in shown
    assert "No newsletter has been sent yet." in shown


def test_the_copy_leads_to_nobodys_own_pages(client: Client) -> None:
    subscriber = make_subscriber(name="Samuel")
    post = make_post()
    by_hand = sent(subject="By hand")
    for campaign in (by_hand, sent(kind="post", post=post, subject=post.title), _digest(post)):
        page = client.get(campaign.copy_path).content.decode()
        assert f"/{post.slug}/" in page or campaign == by_hand
        for secret in (
            "/newsletter/u/",
            "/newsletter/p/",
            campaign.public_id.hex,
            subscriber.email,
            subscriber.public_id.hex,
            "Samuel",
        ):
            assert secret not in page


def _digest(*posts: Post) -> Campaign:
    campaign = make_campaign(
        kind="digest", subject="Week", body="", status="preparing", frozen_sha256="", prepared_at=None, total=None
    )
    for post in posts:
        AnnouncedPost.objects.create(post=post, digest=campaign)
    prepare(campaign, sender())
    campaign.refresh_from_db()
    return campaign


def test_search_engines_are_led_to_the_post(client: Client) -> None:
    post = make_post(body="<p>Slowly.</p>")
    campaign = sent(kind="post", post=post, subject=post.title, body="<p>Dear all,</p>")
    copy = client.get(campaign.copy_path).content.decode()
    assert f'<link rel="canonical" href="http://testserver/{post.slug}/">' in copy
    assert copy.index("Dear all,") < copy.index("Slowly.")
    post.trash()
    assert client.get(campaign.copy_path).status_code == 404
    assert campaign.copy_path not in client.get(LIST).content.decode()
    post.delete()
    assert client.get(campaign.copy_path).status_code == 404


def test_a_digest_forgets_what_was_taken_back(client: Client) -> None:
    stays, goes = make_post(title="It stays"), make_post(title="It goes")
    campaign = _digest(stays, goes)
    goes.trash()
    copy = client.get(campaign.copy_path).content.decode()
    assert "It stays" in copy
    assert "It goes" not in copy


def test_on_the_site_paid_links_are_as_everywhere_on_the_site(client: Client, amazon: Program) -> None:
    make_link(amazon, slug="roller")
    copy = client.get(sent(body='<p>A <a href="/go/roller/">roller</a></p>').copy_path).content.decode()
    main = copy.partition("<main")[2].partition("</main>")[0]
    assert main.index("As an Amazon Associate") < main.index("https://www.amazon.com/dp/")


def test_the_list_costs_the_same_for_two_letters_and_for_sixty(client: Client) -> None:
    post = make_post()
    counts = []
    for number in (2, 58):
        for each in range(number):
            make_campaign(status="sent", started_at=timezone.now() - timedelta(days=each), slug=f"l-{number}-{each}")
        make_campaign(kind="digest", status="sent", started_at=timezone.now(), slug=f"d-{number}", post=post)
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        counts.append(len(queries))
    # Two of them keep the page for the next reader.
    assert counts[0] == counts[1] <= 10
    assert client.get(f"{LIST}?page=2").status_code == 200
    for wrong in ("0", "9", "x", "٢"):
        assert client.get(LIST, {"page": wrong}).status_code == 404


def test_a_kept_page_hears_of_a_new_letter(client: Client, settings: Settings) -> None:
    first = sent(subject="First")
    for _ in range(2):
        assert "First" in client.get(LIST).content.decode()
    Campaign.objects.filter(pk=first.pk).update(is_in_archive=False)
    assert "First" not in client.get(LIST).content.decode()
    assert client.get(first.copy_path).status_code == 404
