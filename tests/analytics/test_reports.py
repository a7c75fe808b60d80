"""The reports: periods, tables, CSV files, and who may see what."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html

from accounts.models import User
from accounts.roles import Role
from affiliates.models import ClickCount, Earning, Program
from analytics.models import (
    CountedPage,
    HostCount,
    PageCount,
    SearchConsolePage,
    SearchCount,
    VitalCount,
)
from analytics.web_vitals import METRICS, bucket_of, percentile
from blog.models import Post
from feedback.models import HelpfulCount
from newsletter.models import ConsentEvent
from tests.accounts.staff import sign_in
from tests.affiliates.factories import make_link
from tests.factories import make_author, make_post
from tests.publishing.reviews import make_review, make_reviewer

pytestmark = pytest.mark.django_db

YESTERDAY = timedelta(days=1)


def make_views(post: Post | None, now: int, before: int = 0, *, path: str = "") -> CountedPage:
    """Create views of a post, or of another page, yesterday and in the period before."""
    page, _ = CountedPage.objects.get_or_create(
        path=post.get_absolute_url() if post else path,
        defaults={"kind": "post" if post else "home" if path else "", "document_id": post.pk if post else None},
    )
    today = timezone.localdate()
    for day, views in ((today - YESTERDAY, now), (today - timedelta(days=40), before)):
        if views:
            PageCount.objects.create(page=page, day=day, views=views, visitors=views, entries=views, phones=views)
    return page


def parse(client: Client, url: str = "/admin/analytics/") -> Any:
    """Return a page of the admin as a tree."""
    return html.fromstring(client.get(url).content.decode())


def table(client: Client, key: str, url: str = "/admin/analytics/") -> list[list[str]]:
    """Return the rows of a table of the report, without its columns."""
    page = parse(client, url)
    rows = page.xpath(f"//section[@aria-labelledby='table-{key}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def signed_in(role: Role) -> tuple[Client, User]:
    user = User(email=f"{role}@example.com")
    user.set_role(role)
    user.save()
    return sign_in(user), user


def test_the_last_28_days_are_compared_with_the_28_before(admin_client: Client) -> None:
    best, falling, same = make_post(title="Best"), make_post(title="Falling"), make_post(title="Same")
    make_views(best, 90, 60)
    make_views(falling, 10, 40)
    make_views(same, 20, 20)
    make_views(None, 120, 120)
    PageCount.objects.create(page=CountedPage.objects.get(path=""), day=timezone.localdate(), views=1000)
    assert table(admin_client, "best") == [
        ["Best", "90", "60", "+50%", "90", "90"],
        ["Same", "20", "20", "±0%", "20", "20"],
        ["Falling", "10", "40", "−75%", "10", "10"],  # noqa: RUF001
    ]
    assert table(admin_client, "falling") == [["Falling", "30", "10", "40", "−75%"]]  # noqa: RUF001
    page = parse(admin_client, "/admin/analytics/")
    totals = [" ".join(each.text_content().split()) for each in page.xpath("//dl[@class='analytics-totals']/div")]
    assert totals[0] == "Views 120 ±0% before: 120"
    (chart,) = page.xpath("//figure//svg")
    assert chart.get("role") == "img"
    assert page.xpath(f"//*[@id='{chart.get('aria-labelledby')}']/text()")
    numbers = page.xpath("//figure//tbody/tr/td/text()")
    assert (len(numbers), numbers[0]) == (28, "120")


def test_a_renamed_post_is_one_line(admin_client: Client) -> None:
    post = make_post(title="Knees", slug="knees")
    make_views(post, 10)
    Post.objects.filter(pk=post.pk).update(slug="your-knees")
    post.refresh_from_db()
    make_views(post, 5)
    assert [row[:2] for row in table(admin_client, "best")] == [["Knees", "15"]]


def test_referrers_devices_and_outbound_clicks(admin_client: Client) -> None:
    page, day = make_views(None, 10, path="/"), timezone.localdate() - YESTERDAY
    make_views(None, 10)
    for host, is_outbound, count in (("google.com", False, 6), ("", False, 2), ("*", False, 2), ("doi.org", True, 3)):
        HostCount.objects.create(page=page, day=day, host=host, is_outbound=is_outbound, count=count)
    url = "/admin/analytics/visits/"
    assert table(admin_client, "referrers", url) == [
        ["google.com", "6", "60%"],
        ["No other site (typed, bookmarked or from an app)", "2", "20%"],
        ["Other sites", "2", "20%"],
    ]
    assert table(admin_client, "outbound", url) == [["doi.org", "3", "100%"]]
    assert table(admin_client, "devices", url)[0] == ["Phones (narrower than 600 px)", "10", "100%"]


def test_searches_with_and_without_results(admin_client: Client) -> None:
    day = timezone.localdate() - YESTERDAY
    SearchCount.objects.create(words="xyzzy", day=day, count=3, without_results=3)
    SearchCount.objects.create(words="knee", day=day, count=5, without_results=0)
    assert table(admin_client, "without-results", "/admin/analytics/searches/") == [["xyzzy", "3", "3"]]
    rows = table(admin_client, "searches", "/admin/analytics/searches/")
    assert rows == [["knee", "5", "0"], ["xyzzy", "3", "3"]]


@pytest.mark.parametrize(("name", "values"), [("LCP", range(500, 4500, 10)), ("INP", range(8, 400, 4))])
def test_percentiles_are_accurate_to_a_tenth(name: str, values: range) -> None:
    metric = METRICS[name]
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(metric, value)] = counts.get(bucket_of(metric, value), 0) + 1
    exact = sorted(values)[int(len(values) * 0.75)]
    found = percentile(metric, counts)
    assert found is not None
    assert abs(found - exact) < exact / 10
    assert percentile(metric, {}) is None


def test_core_web_vitals_by_kind_of_page(admin_client: Client) -> None:
    day = timezone.localdate() - YESTERDAY
    for kind, metric, value, count in (("post", "LCP", 1000, 74), ("post", "LCP", 5000, 26), ("home", "CLS", 0.3, 4)):
        bucket = bucket_of(METRICS[metric], value)
        VitalCount.objects.create(kind=kind, metric=metric, bucket=bucket, day=day, count=count)
    rows = table(admin_client, "core-web-vitals", "/admin/analytics/speed/")
    assert [row[0] for row in rows] == ["Main content visible (LCP), posts", "Movement of the layout (CLS), home page"]
    assert [row[2:] for row in rows] == [["Poor", "100"], ["Poor", "4"]]
    assert rows[0][1].endswith(" s")


def test_what_came_of_the_visits(admin_client: Client, program: Program) -> None:
    post, day = make_post(title="Knees", slug="knees"), timezone.localdate() - YESTERDAY
    link = make_link(program)
    ClickCount.objects.create(link=link, post=post.pk, day=day, count=4)
    Earning.objects.create(program=link.program, link=link, day=day, amount=Decimal("3.20"), currency="USD", line="1")
    HelpfulCount.objects.create(post=post, day=day, yes=3, no=1)
    yesterday = timezone.now() - YESTERDAY
    for number, kinds in enumerate((("requested", "confirmed"), ("requested",))):
        for kind in kinds:
            ConsentEvent.objects.create(
                kind=kind,
                email_hash=str(number),
                form="post",
                page_path="/knees/" if number else "/old-path/",
                document_kind="post",
                document_id=post.pk,
                occurred_at=yesterday,
            )
    ConsentEvent.objects.create(kind="requested", email_hash="3", form="footer", page_path="/", occurred_at=yesterday)
    url = "/admin/analytics/results/"
    document_url = f"/admin/analytics/post/{post.pk}/"
    for each in (url, document_url):
        of_the_site = [["/", "1", "0", "Footer"]] if each == url else []
        assert table(admin_client, "sign-ups", each) == [["Knees", "2", "1", "End of a post"], *of_the_site]
        assert table(admin_client, "affiliate-clicks", each) == [["Knees", "4"]]
        assert table(admin_client, "earnings", each) == [["Knees", "3.20", "USD"]]
        assert table(admin_client, "helpful", each) == [["Knees", "3", "1", "3 of 4 (75%)"]]
    editor, _ = signed_in(Role.EDITOR)
    assert table(editor, "affiliate-clicks", url) == [["Knees", "4"]]
    assert table(editor, "earnings", url) == []
    other = make_post()
    assert table(admin_client, "affiliate-clicks", f"/admin/analytics/post/{other.pk}/") == []


def test_reviews_that_are_due(admin_client: Client) -> None:
    overdue, changed, soon, later = (make_post(title=title) for title in ("Overdue", "Changed", "Soon", "Later"))
    reviewer, today = make_reviewer(), timezone.localdate()
    for post, days in ((overdue, -3), (changed, 200), (soon, 20), (later, 100)):
        make_review(post, reviewer, due_on=today + timedelta(days=days))
    Post.objects.filter(pk=changed.pk).update(updated_on=today)
    rows = table(admin_client, "reviews", "/admin/analytics/results/")
    assert [(row[0], row[3]) for row in rows] == [
        ("Overdue", "Overdue"),
        ("Soon", "Due soon"),
        ("Changed", "Changed since its review"),
    ]
    assert [row[0] for row in table(admin_client, "reviews", f"/admin/analytics/post/{soon.pk}/")] == ["Soon"]


def test_authors_see_their_own_posts_only() -> None:
    client, user = signed_in(Role.AUTHOR)
    own, other = make_post(title="Own", author=make_author(user=user)), make_post(title="Other", author=make_author())
    make_views(own, 5)
    make_views(other, 50)
    make_views(None, 55)
    assert [row[0] for row in table(client, "best")] == ["Own"]
    page = parse(client, "/admin/analytics/")
    assert page.xpath("//dl[@class='analytics-totals']//b/text()")[0] == "5"
    assert client.get(f"/admin/analytics/post/{own.pk}/").status_code == 200
    assert client.get(f"/admin/analytics/post/{other.pk}/").status_code == 404
    for path in ("searches/", "speed/"):
        assert client.get(f"/admin/analytics/{path}").status_code == 404
    assert client.get("/admin/analytics/search-console/").status_code == 403


def test_reviewers_read_drafts_but_see_no_numbers() -> None:
    client, _ = signed_in(Role.REVIEWER)
    assert client.get("/admin/analytics/").status_code == 403
    assert b"/admin/analytics/" not in client.get("/admin/").content


def test_a_table_as_csv_cannot_inject_formulas(admin_client: Client) -> None:
    day = timezone.localdate() - YESTERDAY
    SearchCount.objects.create(words="=cmd|' /c calc'!a0", day=day, count=3, without_results=3)
    response: Any = admin_client.get("/admin/analytics/searches/", {"csv": "searches"})
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert rows == [["Words", "Searches", "Found nothing"], ["'=cmd|' /c calc'!a0", "3", "3"]]
    assert admin_client.get("/admin/analytics/searches/", {"csv": "nothing"}).status_code == 404


def test_the_dashboard_shows_a_summary(admin_client: Client) -> None:
    make_views(make_post(title="Knees"), 12)
    make_views(None, 12)
    page = parse(admin_client, "/admin/")
    (panel,) = page.xpath("//section[@aria-labelledby='analytics-summary']")
    assert "Knees" in panel.text_content()
    assert panel.xpath(".//b/text()")[0] == "12"


SEARCH_CONSOLE = """Top pages,Clicks,Impressions,CTR,Position
http://testserver/knees/,"1,200",15000,8%,3.4
http://testserver/knees/?utm_source=x,10,100,10%,5
http://testserver/old-url/,5,60,8.3%,12.1
http://testserver/,2,40,5%,1
"""


def upload(client: Client, text: str, first: str = "2026-10-01", last: str = "2026-10-28") -> Any:
    file = SimpleUploadedFile("Pages.csv", text.encode())
    data = {"first_day": first, "last_day": last, "file": file}
    return client.post("/admin/analytics/search-console/", data)


def test_search_console_is_joined_to_posts_and_its_totals_are_equal(admin_client: Client) -> None:
    post = make_post(title="Knees", slug="knees")
    assert upload(admin_client, SEARCH_CONSOLE).status_code == 302
    url = "/admin/analytics/search-console/"
    assert table(admin_client, "search-console", url) == [
        ["Knees", "1,210", "15,100", "8.0%", "3.4"],
        ["Other URLs", "7", "100", "7.0%", ""],
        ["Total", "1,217", "15,200", "8.0%", ""],
    ]
    assert table(admin_client, "search-console", f"/admin/analytics/post/{post.pk}/")[0][1] == "1,210"
    upload(admin_client, SEARCH_CONSOLE)
    assert SearchConsolePage.objects.count() == 4


@pytest.mark.parametrize(
    ("text", "first", "error"),
    [
        ("Top queries,Clicks\nknee,3,4,5%,6\n", "2026-10-01", "Choose the file Pages.csv"),
        ("Top pages,Clicks\nhttp://x/,many,4,5%,6\n", "2026-10-01", "Choose the file Pages.csv"),
        ("", "2026-10-01", "file"),
        (SEARCH_CONSOLE, "2026-11-01", "The last day must not be before the first day."),
    ],
)
def test_what_is_no_such_file_is_refused(admin_client: Client, text: str, first: str, error: str) -> None:
    response = upload(admin_client, text, first)
    assert response.status_code == 200
    assert error in response.content.decode()
    assert not SearchConsolePage.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(admin_client: Client, program: Program) -> None:
    def queries() -> dict[str, int]:
        found = {}
        for name in ("", "visits/", "searches/", "speed/", "results/"):
            with CaptureQueriesContext(connection) as captured:
                assert admin_client.get(f"/admin/analytics/{name}").status_code == 200
            found[name] = len(captured)
        return found

    def fill(number: int) -> None:
        day = timezone.localdate() - YESTERDAY
        for index in range(number):
            post = make_post()
            page = make_views(post, 3, 9)
            HostCount.objects.create(page=page, day=day, host=f"{index}.example", is_outbound=bool(index % 2), count=1)
            SearchCount.objects.create(words=f"{number} {index}", day=day, count=1, without_results=1)
            VitalCount.objects.create(kind="post", metric="LCP", bucket=number + index, day=day, count=1)
            HelpfulCount.objects.create(post=post, day=day, yes=1)
            ClickCount.objects.create(link=make_link(program), post=post.pk, day=day, count=1)

    fill(2)
    queries()
    few = queries()
    fill(10)
    assert queries() == few


def test_days_are_whole_days_up_to_yesterday(admin_client: Client) -> None:
    page = parse(admin_client, "/admin/analytics/?days=7")
    days = page.xpath("//figure//tbody/tr/th/text()")
    yesterday: date = timezone.localdate() - YESTERDAY
    assert (len(days), days[0].strip()) == (7, f"{yesterday:%A, %B} {yesterday.day}")
    assert len(parse(admin_client, "/admin/analytics/?days=999").xpath("//figure//tbody/tr")) == 28
