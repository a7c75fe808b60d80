"""The time zone and the date format of the site: pages, emails, feeds, the admin and background work use them."""

import threading
from datetime import UTC, date, datetime
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django.utils.timezone import get_current_timezone_name

from analytics.models import PageCount
from blog.models import Post
from newsletter.delivery import sending
from ptcomplete.management.commands import worker
from siteinfo.local_time import format_appointment, format_date, format_day, local_time_of
from siteinfo.models import SiteInfo
from tests.analytics.beacons import count_all, view
from tests.appearance_form import form_data, save_appearance
from tests.factories import make_post

pytestmark = pytest.mark.django_db
# In Auckland it is November already, in Los Angeles still October 31.
MOMENT = datetime(2026, 10, 31, 11, 30, tzinfo=UTC)
AUCKLAND = "Pacific/Auckland"


def test_dates_look_as_chosen() -> None:
    day = date(2026, 3, 9)
    assert format_date(day) == "March 9, 2026"
    expected = {
        "month-first": ("March 9, 2026", "March 9"),
        "day-first": ("9 March 2026", "9 March"),
        "short-day-first": ("9 Mar 2026", "9 Mar"),
        "iso": ("2026-03-09", "03-09"),
    }
    assert set(expected) == set(SiteInfo.DateFormat.values)
    for name, texts in expected.items():
        with local_time_of(SiteInfo(date_format=name)):
            assert (format_date(day), format_day(day)) == texts
    with local_time_of(SiteInfo(time_zone=AUCKLAND, date_format="day-first")):
        assert format_appointment(MOMENT) == "Sunday, 1 November 2026, 12:30 AM"
    assert format_date(MOMENT) == "Oct. 31, 2026"


def test_an_unknown_time_zone_is_refused_and_counts_as_none_if_it_is_stored() -> None:
    for name in ("Mars/Olympus", "../etc/passwd", "America"):
        with pytest.raises(ValidationError):
            SiteInfo(name="S", time_zone=name).full_clean()
        with local_time_of(SiteInfo(time_zone=name)):
            assert get_current_timezone_name() == "UTC"


@pytest.mark.any_database
def test_a_change_reaches_cached_pages_feeds_months_and_the_admin(admin_client: Client, client: Client) -> None:
    post = make_post(title="Stairs", published_at=MOMENT)
    assert "Oct. 31, 2026" in client.get(post.get_absolute_url()).text
    assert client.get("/2026/10/").status_code == 200
    assert client.get("/2026/11/").status_code == 404

    save_appearance(admin_client, time_zone=AUCKLAND, date_format="day-first")
    page = client.get(post.get_absolute_url()).text
    assert '<time datetime="2026-11-01">1 November 2026</time>' in page
    assert client.get("/2026/11/").status_code == 200
    assert client.get("/2026/10/").status_code == 404
    assert Post.objects.get().month == date(2026, 11, 1)
    assert "1 November 2026, 12:30 AM" in admin_client.get("/admin/blog/post/").text
    # The sidebar of a page that is not there has dates too.
    assert "Oct. 31" not in client.get("/nothing-here/").text
    # A moment stays the same moment.
    assert Post.objects.get().published_at == MOMENT

    save_appearance(admin_client, time_zone="", date_format="")
    assert "Oct. 31, 2026" in client.get(post.get_absolute_url()).text
    assert Post.objects.get().month == date(2026, 10, 1)
    assert get_current_timezone_name() == "UTC"


def test_times_in_forms_are_those_of_the_site_and_the_publish_step_names_the_zone(admin_client: Client) -> None:
    SiteInfo.objects.create(time_zone=AUCKLAND)
    post = make_post(published_at=MOMENT)
    page = admin_client.get(f"/admin/blog/post/{post.pk}/change/").text
    assert 'value="2026-11-01"' in page
    assert 'value="00:30"' in page
    assert AUCKLAND in page


def test_the_preview_shows_the_unsaved_date_format(admin_client: Client) -> None:
    make_post(published_at=MOMENT)
    data = form_data(admin_client, time_zone=AUCKLAND, date_format="iso") | {"preview_page": "post"}
    assert ">2026-11-01</time>" in admin_client.post("/admin/appearance/preview/", data).json()["html"]


def test_the_server_decides_until_the_owner_does(admin_client: Client, settings: object) -> None:
    settings.TIME_ZONE = "America/New_York"  # type: ignore[attr-defined]
    assert "That of the server: America/New_York" in admin_client.get("/admin/appearance/").text
    make_post(title="Stairs", published_at=datetime(2026, 11, 1, 2, 30, tzinfo=UTC))
    assert "Oct. 31, 2026, 10:30 PM" in admin_client.get("/admin/blog/post/").text


def test_background_jobs_use_the_local_time() -> None:
    SiteInfo.objects.create(time_zone=AUCKLAND, date_format="iso")
    seen: list[str] = []

    def work() -> int:
        seen.append(f"{get_current_timezone_name()} {format_date(MOMENT)}")
        return 0

    worker.run(worker.Job("a job", work, 1))
    assert seen == [f"{AUCKLAND} 2026-11-01"]
    assert get_current_timezone_name() == "UTC"


def test_the_threads_that_send_use_the_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def send(stopped: object) -> int:
        seen.append((get_current_timezone_name(), threading.current_thread() is threading.main_thread()))
        return 1

    monkeypatch.setattr(sending, "_send_over_connection", send)
    SiteInfo.objects.create(time_zone=AUCKLAND)
    assert sending.send_over_connections(2, lambda: False) == 2
    assert seen == [(AUCKLAND, False)] * 2


def test_views_are_counted_on_the_day_of_the_site(client: Client) -> None:
    SiteInfo.objects.create(time_zone=AUCKLAND)
    make_post(slug="stairs")
    with mock.patch.object(timezone, "now", return_value=MOMENT):
        view(client, "/stairs/")
    count_all()
    assert {count.day for count in PageCount.objects.all()} == {date(2026, 11, 1)}
