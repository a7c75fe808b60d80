"""Ads: placement, exclusions, clicks and impressions."""

import re
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html
from playwright.sync_api import Page

from ads.models import Ad, AdCount, AdTotals, choose_ad
from blog.models import Post
from tests.evidence.factories import set_disclaimer
from tests.factories import make_category, make_image, make_post

BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def make_ad(**overrides: Any) -> Ad:
    """Create a running text ad for the sidebar."""
    fields = {"name": "Hosting", "text": "Fast hosting", "url": "https://advertiser.example/start?from=us"}
    return Ad.objects.create(**fields | overrides)


def get_page(client: Client, path: str) -> Any:
    """Return the parsed page at `path`."""
    return html.fromstring(client.get(path).content)


def placements(client: Client, path: str) -> list[str]:
    """Return the placements with an ad on the page at `path`."""
    return re.findall(r"ad--([\w-]+)", " ".join(get_page(client, path).xpath("//div[@data-impression-url]/@class")))


def counts() -> tuple[int, int]:
    return tuple(AdCount.objects.all().totals())  # type: ignore[return-value]


# ---- Placement ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_placement_shows_its_ad_or_nothing(client: Client) -> None:
    post = make_post()
    for _ in range(3):
        make_post()
    assert (placements(client, "/blog/"), placements(client, post.get_absolute_url())) == ([], [])
    for placement in Ad.Placement:
        make_ad(placement=placement)
    assert placements(client, "/blog/") == ["list", "sidebar"]
    assert placements(client, post.get_absolute_url()) == ["after-post", "sidebar"]
    assert placements(client, "/") == []


@pytest.mark.django_db
def test_an_ad_is_labeled_counted_and_reserves_its_height(client: Client) -> None:
    ad = make_ad(text="", image=make_image(width=60, height=40, alt=""))
    (box,) = get_page(client, "/blog/").xpath("//div[@data-impression-url]")
    assert box.xpath("p")[0].text == "Advertisement"
    (link,) = box.xpath("a")
    assert (link.get("href"), link.get("rel")) == (f"/ads/{ad.pk}/", "sponsored noopener")
    (image,) = box.xpath(".//img")
    assert (image.get("width"), image.get("height"), image.get("alt")) == ("60", "40", "Hosting")
    assert "advertiser.example" not in html.tostring(box, encoding="unicode")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts", "ends", "is_active", "is_shown"),
    [
        (None, None, True, True),
        (0, 0, True, True),
        (None, None, False, False),
        (1, None, True, False),
        (None, -1, True, False),
        (-3, 3, True, True),
    ],
)
def test_an_ad_is_absent_outside_its_dates_or_when_inactive(
    client: Client, starts: int | None, ends: int | None, is_active: bool, is_shown: bool
) -> None:
    first, last = (None if days is None else timezone.localdate() + timedelta(days=days) for days in (starts, ends))
    ad = make_ad(starts_on=first, ends_on=last, is_active=is_active)
    assert bool(placements(client, "/blog/")) is is_shown
    assert (ad.status.split()[0] in {"Running", "Until"}) is is_shown


@pytest.mark.django_db
def test_excluded_posts_and_categories_with_subcategories_have_no_ad(client: Client) -> None:
    above = make_category()
    below, other = make_category(parent=above), make_category()
    plain, beside = make_post(categories=[other]), make_post(categories=[other])
    in_branch = make_post(categories=[other, below])
    ad = make_ad()
    ad.excluded_posts.add(beside)
    ad.excluded_categories.add(above)
    shown = {page: bool(placements(client, page.get_absolute_url())) for page in (plain, beside, in_branch)}
    assert list(shown.values()) == [True, False, False]
    assert [Ad.objects.for_page(category=each).exists() for each in (above, below, other)] == [False, False, True]


@pytest.mark.django_db
def test_archives_have_placements_and_respect_exclusions(client: Client) -> None:
    category, other = make_category(), make_category()
    for _ in range(4):
        post = make_post(categories=[category, other], tags=["Stairs"])
    for placement in Ad.Placement:
        make_ad(placement=placement).excluded_categories.add(other)
    shown = {
        path: placements(client, path)
        for path in (
            *(category.get_absolute_url(), other.get_absolute_url(), "/tag/stairs/", post.author.get_absolute_url()),
        )
    }
    assert list(shown.values()) == [["list", "sidebar"], [], ["list", "sidebar"], ["list"]]


@pytest.mark.django_db
def test_no_ad_appears_before_the_disclaimer_or_inside_the_text(client: Client) -> None:
    set_disclaimer("Not medical advice.")
    post = make_post(body="<p>One.</p><p>Two.</p>")
    for placement in Ad.Placement:
        make_ad(placement=placement)
    page = get_page(client, post.get_absolute_url())
    assert page.xpath("//p[@class='disclaimer'][contains(., 'Not medical advice.')]")
    assert len(page.xpath("//div[@data-impression-url]")) == 2
    assert not page.xpath(
        "//div[@class='prose']//*[@data-impression-url] | //div[@class='post-intro']//*[@data-impression-url]"
    )
    assert not page.xpath("//div[@data-impression-url]/following::*[@class='disclaimer' or @class='prose']")


@pytest.mark.django_db
def test_all_placements_of_a_page_share_their_queries(client: Client) -> None:
    post = make_post(categories=[make_category()])
    for placement in Ad.Placement:
        make_ad(placement=placement, text="", image=make_image())
    for path in ("/blog/", post.get_absolute_url()):
        with CaptureQueriesContext(connection) as queries:
            assert len(placements(client, path)) >= 1
        # Whether there are ads at all, which is not asked again until the site changes, and the ads of the page.
        assert sum('FROM "ads_ad"' in query["sql"] for query in queries.captured_queries) == 2


# ---- Choice -------------------------------------------------------------------------------------------


def test_the_choice_is_stable_for_a_day_and_weighted() -> None:
    ads = [
        Ad(pk=1, placement="sidebar", weight=1),
        Ad(pk=2, placement="sidebar", weight=3),
        Ad(pk=3, placement="list", weight=9),
    ]
    day = date(2026, 3, 1)
    chosen = [choose_ad(ads, "sidebar", f"/post-{number}/", day) for number in range(2000)]
    assert chosen == [choose_ad(ads[::-1], "sidebar", f"/post-{number}/", day) for number in range(2000)]
    share = chosen.count(ads[1]) / 2000
    assert 0.7 < share < 0.8
    assert {choose_ad(ads, "sidebar", "/post-1/", day + timedelta(days=days)) for days in range(30)} == {ads[0], ads[1]}
    assert choose_ad(ads, "after-post", "/", day) is None


# ---- Validation ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"url": "http://advertiser.example/"},
        {"url": "javascript:alert(1)"},
        {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)},
        {"weight": 0},
    ],
)
def test_inconsistent_ads_are_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_ad(**wrong)
    with pytest.raises(ValidationError):
        Ad(**{"name": "A", "text": "B", "url": "https://a.example/"} | wrong).full_clean()


@pytest.mark.django_db
def test_an_ad_with_both_image_and_text_is_rejected(admin_client: Client) -> None:
    fields = {"name": "A", "placement": "sidebar", "text": "Words", "url": "HTTPS://a.example/", "weight": "1"}
    page = admin_client.post(reverse("admin:ads_ad_add"), fields | {"image": make_image().pk})
    assert "Choose an image or enter text, not both." in page.content.decode()
    assert admin_client.post(reverse("admin:ads_ad_add"), fields).status_code == 302
    assert Ad.objects.get().url == "https://a.example/"


# ---- Clicks ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_click_is_counted_and_redirected_only_to_the_stored_url(client: Client) -> None:
    ad = make_ad()
    response = client.get(f"/ads/{ad.pk}/?next=https://evil.example/&url=//evil.example", headers=BROWSER)
    assert (response.status_code, response["Location"]) == (302, ad.url)
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert counts() == (0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Purpose": "prefetch"},
        {"Purpose": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; ExampleBot/2.1)"},
        {"User-Agent": ""},
    ],
)
def test_bots_prefetches_and_clicks_from_other_sites_are_not_counted(client: Client, headers: dict[str, str]) -> None:
    ad = make_ad()
    assert client.get(f"/ads/{ad.pk}/", headers=BROWSER | headers)["Location"] == ad.url
    assert client.post(f"/ads/{ad.pk}/impression/", headers=BROWSER | headers).status_code == 204
    assert counts() == (0, 0)


@pytest.mark.django_db
def test_head_requests_and_staff_are_not_counted_and_unknown_ads_are_not_found(
    client: Client, admin_client: Client
) -> None:
    ad = make_ad()
    assert client.head(f"/ads/{ad.pk}/", headers=BROWSER).status_code == 302
    assert admin_client.get(f"/ads/{ad.pk}/", headers=BROWSER).status_code == 302
    assert admin_client.post(f"/ads/{ad.pk}/impression/", headers=BROWSER).status_code == 204
    for key in (ad.pk + 1, 10**30):
        assert client.get(f"/ads/{key}/", headers=BROWSER).status_code == 404
        assert client.post(f"/ads/{key}/impression/", headers=BROWSER).status_code == 204
    assert client.post(f"/ads/{ad.pk}/").status_code == 405
    assert client.get(f"/ads/{ad.pk}/impression/").status_code == 405
    assert counts() == (0, 0)


@pytest.mark.django_db
def test_a_long_url_in_another_script_works(client: Client) -> None:
    ad = make_ad(url=f"https://a.example/{'字' * 900}")
    response = client.get(f"/ads/{ad.pk}/", headers=BROWSER)
    assert (response.status_code, response["Location"].count("%E5%AD%97")) == (302, 900)


@pytest.mark.django_db
def test_robots_txt_excludes_ads(client: Client) -> None:
    assert "Disallow: /ads/\n" in client.get("/robots.txt").content.decode()


# ---- Counting --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_impressions_are_counted_by_day_while_the_ad_runs(client: Client) -> None:
    ad = make_ad()
    for _ in range(2):
        response = client.post(f"/ads/{ad.pk}/impression/", headers=BROWSER)
        assert (response.status_code, response.content, bool(response.cookies)) == (204, b"", False)
    AdCount.objects.update(day=timezone.localdate() - timedelta(days=1))
    client.post(f"/ads/{ad.pk}/impression/", headers=BROWSER)
    assert (counts(), AdCount.objects.count()) == ((3, 0), 2)
    Ad.objects.update(is_active=False)
    client.post(f"/ads/{ad.pk}/impression/", headers=BROWSER)
    assert counts() == (3, 0)


@pytest.mark.django_db(transaction=True)
def test_concurrent_impressions_and_clicks_are_all_counted() -> None:
    ad, start = make_ad(), Barrier(4)

    def work(counter: str) -> None:
        start.wait()
        for _ in range(5):
            AdCount.objects.increment(counter, ad_id=ad.pk)
        connection.close()

    threads = [Thread(target=work, args=(counter,)) for counter in ("impressions", "clicks") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counts(), AdCount.objects.count()) == ((10, 10), 1)


@pytest.mark.django_db
def test_the_admin_shows_totals_days_and_the_click_rate(admin_client: Client) -> None:
    ad, today = make_ad(), timezone.localdate()
    AdCount.objects.create(ad=ad, day=today, impressions=150, clicks=3)
    AdCount.objects.create(ad=ad, day=today - timedelta(days=1), impressions=50, clicks=2)
    page = get_page(admin_client, reverse("admin:ads_ad_changelist"))
    assert [page.xpath(f"//td[@class='field-{name}']/text()") for name in ("impressions", "clicks", "click_rate")] == [
        ["200"],
        ["5"],
        ["2.5%"],
    ]
    page = get_page(admin_client, reverse("admin:ads_ad_change", args=[ad.pk]))
    rows = page.xpath("//div[contains(@class, 'field-daily_counts')]//tr[td]")
    assert [row.xpath("td/text()")[-3:] for row in rows] == [
        ["150", "3", "2.0%"],
        ["50", "2", "4.0%"],
        ["200", "5", "2.5%"],
    ]
    assert AdTotals(0, 0).click_rate == "–"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_impression_is_counted_once_after_a_second_in_view(page: Page) -> None:
    post: Post = make_post(body="<p>Words of the post.</p>" * 80)
    near, far = make_ad(), make_ad(placement="after-post")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/impression/") else None)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(post.get_absolute_url())
    side = page.locator(".ad--sidebar")
    side.evaluate("it => it.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(400)
    assert sent == []
    page.wait_for_timeout(1200)
    assert [address.rsplit("/", 3)[1] for address in sent] == [str(near.pk)]
    page.locator(".ad--after-post").evaluate("it => it.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(1600)
    side.evaluate("it => it.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(1500)
    assert [address.rsplit("/", 3)[1] for address in sent] == [str(near.pk), str(far.pk)]
    assert page.context.cookies() == []
