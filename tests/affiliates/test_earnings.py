"""Program reports are imported completely or not at all, and attributed to posts and links to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from accounts.models import User
from affiliates.earnings import Source, _split, attribute_earnings, report_by_post, total_by_day, total_by_month
from affiliates.earnings_import import import_report
from affiliates.models import ClickCount, Earning, Link, Program
from analytics.charts import HEIGHT, WIDTH, daily_bars
from tests.affiliates.factories import make_link
from tests.factories import make_post

AMAZON = """Fee-Earnings reports from 11-01-2026 to 11-30-2026
Category,Name,ASIN,Seller,Tracking ID,Date Shipped,Price($),Items Shipped,Returns,Revenue($),Ad Fees($),Device Type Group
Sports,"Roller, firm",B000000001,Amazon,mine-20,11/20/2026,20.00,1,0,20.00,0.81,DESKTOP
Sports,"Roller, firm",B000000001,Amazon,mine-20,11/20/2026,20.00,1,0,20.00,0.81,DESKTOP
Home,Kettle,B000000009,Amazon,mine-20,11/21/2026,"1,020.00",1,0,"1,020.00","1,045.50",MOBILE
Sports,"Roller, firm",B000000001,Amazon,mine-20,11/22/2026,-20.00,0,1,-20.00,-0.81,DESKTOP
"""
AWIN = """id;publisher_id;sale_amount;commission;date;commission_status;click_ref;currency
1001;77;20.00;1.50;2026-11-20T10:00:00;approved;mat;EUR
1002;77;10.00;0,75;2026-11-20T11:00:00;pending;;EUR
1003;77;90.00;9.00;2026-11-21T11:00:00;declined;mat;EUR
"""
SHAREASALE = """Trans ID|User ID|Merchant ID|Trans Date|Trans Amount|Commission|Comment|Voided|Afftrack
5|1|2|Nov 20, 2026|$20.00|$2.10|Sale - 1||mat
6|1|2|Nov 21, 2026|$20.00|$2.10|Sale - 2|1|mat
"""
DAY = date(2026, 11, 20)


@pytest.fixture
def roller(amazon: Program) -> Link:
    return make_link(amazon, slug="roller", destination="https://www.amazon.com/dp/B000000001")


def total() -> Decimal:
    return Earning.objects.aggregate(total=Sum("amount"))["total"]


def test_importing_amazons_report_twice_counts_it_once(amazon: Program, roller: Link) -> None:
    for new in (4, 0):
        result = import_report(AMAZON.encode(), amazon)
        assert (result.format, result.lines, result.new, result.total) == (
            "Amazon: Fee-Earnings",
            4,
            new,
            Decimal("1046.31"),
        )
    assert total() == Decimal("1046.31")
    assert Earning.objects.filter(link=roller).count() == 3
    assert set(Earning.objects.values_list("currency", flat=True)) == {"USD"}
    assert total_by_day(Earning.objects.all()) == {
        DAY: Decimal("1.62"),
        date(2026, 11, 21): Decimal("1045.50"),
        date(2026, 11, 22): Decimal("-0.81"),
    }
    assert total_by_month(Earning.objects.all()) == {date(2026, 11, 1): Decimal("1046.31")}


@pytest.mark.parametrize(("report", "expected", "currency"), [(AWIN, "2.25", "EUR"), (SHAREASALE, "2.10", "USD")])
def test_network_reports_are_imported_and_update_their_lines(
    shop: Program, report: str, expected: str, currency: str
) -> None:
    link = make_link(shop, slug="mat")
    assert import_report(report.encode("utf-8-sig"), shop).total == Decimal(expected)
    assert set(Earning.objects.values_list("currency", flat=True)) == {currency}
    assert Earning.objects.filter(link=link, amount__gt=0).count() == 1
    before = Earning.objects.count()
    result = import_report(report.replace("declined", "approved").replace("|1|mat", "||mat").encode("utf-16"), shop)
    assert result.new == 0
    assert Earning.objects.count() == before
    assert total() > Decimal(expected)


def test_a_report_is_read_in_the_dialects_of_spreadsheets(shop: Program) -> None:
    make_link(shop, slug="mat")
    for report in (
        f"sep=;\r\n{AWIN}",
        AWIN.replace("sale_amount", '"sale_amount, before tax"'),
        AWIN.replace(";mat;", ';"the \\"mat\\"; grey";'),
    ):
        assert import_report(report.encode(), shop).total == Decimal("2.25")
    assert import_report(AWIN.replace("mat", "mät").encode("cp1252"), shop).total == Decimal("2.25")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Name,Price\nRoller,20\n", "Columns in this file: Name, Price."),
        (b"", "Columns in this file: none."),
        (b"\x00\x01\x02", "This is not a CSV file"),
        (b"PK\x03\x04rest", "This is an Excel file. Save it as “CSV UTF-8” and try again."),
        (b"x" * 5_000_001, "larger than 5 MB"),
        (
            AMAZON.replace("0.81,MOBILE", "").replace('"1,045.50"', "much").encode(),
            "Line 5: “much” is not a valid amount.",
        ),
        (AMAZON.replace("11/21/2026", "yesterday").encode(), "Line 3: “11/20/2026” is not a valid date"),
        (AMAZON.replace("11/21/2026", "11/21/0026").encode(), "is not a valid date"),
        (AMAZON.replace("0.81", "9" * 30).encode(), "is not a valid amount"),
        (AMAZON.replace("0.81", "=1+2").encode(), "“=1[+]2” is not a valid amount"),
        (AMAZON.replace("0.81", "1.5E3").encode(), "is not a valid amount"),
        (AWIN.encode(), "This is a report in the format “Awin: Transactions”, not one from Amazon."),
    ],
)
def test_an_invalid_file_gets_an_error_message_and_imports_nothing(
    amazon: Program, content: bytes, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        import_report(content, amazon)
    assert not Earning.objects.exists()


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1,234", "1234"),
        ("1.234.567", "1234567"),
        ("0,750", "0.75"),
        ("1.234,50 €", "1234.50"),
        ("1'234.50", "1234.50"),
        ("USD 2", "2"),
        ("$.5", "0.50"),
        ("−0.81", "-0.81"),
        ("0.81-", "-0.81"),
        ("-$0.81", "-0.81"),
        ("$-0.81", "-0.81"),
        ("($0.81)", "-0.81"),
    ],
)
def test_amounts_are_parsed_in_the_formats_of_many_countries(shop: Program, written: str, amount: str) -> None:
    report = f"ID;Date;Commission;Commission Status;Currency\n1;2026-11-20;{written};approved;EUR\n"
    assert import_report(report.encode(), shop).total == Decimal(amount)


def test_only_reports_in_us_dollars_have_the_month_first(shop: Program) -> None:
    for number, currency in enumerate(("USD", "GBP")):
        report = f"ID,Date,Commission,Commission Status\n{number},03/04/2026,1.00,approved\n"
        import_report(
            report.replace("Commission,", "Commission (£)," if currency == "GBP" else "Commission,").encode(), shop
        )
    assert list(Earning.objects.order_by("day").values_list("day", "currency")) == [
        (date(2026, 3, 4), "USD"),
        (date(2026, 4, 3), "GBP"),
    ]


def test_a_sale_listed_twice_counts_once_with_its_last_amount(shop: Program) -> None:
    lines = AWIN.splitlines()
    report = "\n".join([*lines, lines[1].replace("1.50", "1.75")])
    assert import_report(report.encode(), shop).total == Decimal("2.50")
    assert Earning.objects.count() == 3


def test_an_invalid_currency_is_rejected(shop: Program) -> None:
    with pytest.raises(ValidationError, match="“=A1” is not a currency code such as USD"):
        import_report(AWIN.replace("EUR", "=A1").encode(), shop)
    assert not Earning.objects.exists()


def test_importing_needs_the_permission_to_add_earnings(amazon: Program) -> None:
    user = User.objects.create_user("writer@example.com", "a password for tests", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_earning"))
    client, url = Client(), reverse("admin:affiliates_earning_changelist")
    client.force_login(user)
    assert "Import a report" not in client.get(url).content.decode()
    file = SimpleUploadedFile("report.csv", AMAZON.encode())
    assert client.post(url, {"program": amazon.pk, "report": file}).status_code == 403
    assert not Earning.objects.exists()


@given(st.binary(max_size=300))
def test_any_invalid_file_gets_an_error_message(content: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        import_report(content, Program())
    assert caught.value.messages[0].endswith(".")


def click(link: Link, post: int, count: int, day: date = DAY) -> None:
    ClickCount.objects.create(link=link, post=post, day=day, count=count)


def test_earnings_are_attributed_to_posts_by_clicks_to_the_cent(amazon: Program, roller: Link) -> None:
    band = make_link(amazon)
    first, second = make_post(title="First"), make_post(title="Second")
    click(roller, first.pk, 2)
    click(roller, second.pk, 1, DAY - timedelta(days=3))
    click(roller, second.pk, 50, DAY - timedelta(days=8))
    click(band, 0, 7, DAY + timedelta(days=1))
    import_report(AMAZON.encode(), amazon)
    shares = attribute_earnings(Earning.objects.all())
    assert sum(shares.values()) == Decimal("1046.31")
    assert shares[Source(first.pk, roller.pk)] > shares[Source(second.pk, roller.pk)] > 0
    # There is no link to the kettle, so its earning is shared by all links clicked in the week before.
    assert shares[Source(0, band.pk)] == Decimal("731.85")
    lines = report_by_post(shares, {first.pk: 2, second.pk: 51, 0: 7})
    assert [(line.name, line.clicks) for line in lines] == [
        ("Shop page, other pages and feeds", 7),
        ("First", 2),
        ("Second", 51),
    ]
    assert sum(line.amount for line in lines) == Decimal("1046.31")


def test_earnings_without_clicks_are_not_attributed(amazon: Program, roller: Link) -> None:
    import_report(AMAZON.encode(), amazon)
    assert {source.post for source in attribute_earnings(Earning.objects.all())} == {None}


@given(
    st.decimals(-1000, 1000, places=2),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 1000)), max_size=8),
)
def test_shares_add_up_to_the_cent(amount: Decimal, clicks: list[tuple[int, int]]) -> None:
    shares = _split(amount, [(Source(post, 1), count) for post, count in clicks], Source(None, 1))
    assert sum(share for _, share in shares) == amount


@given(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.decimals(-99, 99, places=2), max_size=9))
def test_the_bars_stay_within_the_chart(amounts: dict[date, Decimal]) -> None:
    bars = daily_bars(amounts, date(2026, 12, 31), 60)
    assert len(bars) == 60
    assert all(0 <= bar.y <= HEIGHT and 0 <= bar.height <= HEIGHT and bar.x + bar.width <= WIDTH for bar in bars)


def test_an_imported_report_is_shown_by_post_in_the_admin(
    amazon: Program, roller: Link, admin_client: Client, client: Client
) -> None:
    url, today = reverse("admin:affiliates_earning_changelist"), timezone.localdate()
    assert "No earnings yet." in admin_client.get(url).content.decode()
    post = make_post(title="The knee")
    click(roller, post.pk, 3, today)
    report = AMAZON.replace("11/20/2026", f"{today:%m/%d/%Y}").replace("11/21/2026", f"{today:%m/%d/%Y}")
    file = SimpleUploadedFile("report.csv", report.replace("11/22/2026", f"{today:%m/%d/%Y}").encode())
    page = admin_client.post(url, {"program": amazon.pk, "report": file}, follow=True).content.decode()
    assert "Amazon: Fee-Earnings: imported 4 lines (4 new), 1046.31 in total." in page
    assert "<b>1046.31 USD</b>" in page
    assert page.count("<rect") == 60
    cells: Any = html.fromstring(page).xpath(f"//tr[th/a[@href='/{post.slug}/']]/*")
    assert [cell.text_content().strip() for cell in cells] == ["The knee", "3", "1046.31"]
    invalid = SimpleUploadedFile("report.csv", b"a,b\n1,2\n")
    page = admin_client.post(url, {"program": amazon.pk, "report": invalid}).content.decode()
    assert "Columns in this file: a, b." in page
    assert "This field is required." in admin_client.post(url, {}).content.decode()
    assert client.get(url).status_code == 302
