"""Times are saved exactly in the hours when the clocks change."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from siteinfo.time_fields import LocalDateTimeField, keep_unchanged_times
from tests.blog.post_form import post_form_data
from tests.factories import make_post


@pytest.fixture(autouse=True)
def _new_york(settings: Settings) -> None:
    settings.TIME_ZONE = "America/New_York"


@pytest.mark.parametrize(
    "published_at",
    [
        # 1:30 occurs twice on this day.
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
        datetime(2026, 3, 8, 7, 0, 12, 345678, tzinfo=UTC),
    ],
)
@pytest.mark.django_db
def test_editing_a_title_keeps_the_publication_time(admin_client: Client, published_at: datetime) -> None:
    post = make_post(published_at=published_at)

    local = timezone.localtime(published_at)
    when = {"published_at_0": f"{local:%Y-%m-%d}", "published_at_1": f"{local:%H:%M:%S}"}
    data = post_form_data(post, **when, title="Changed")
    response = admin_client.post(reverse("admin:blog_post_change", args=[post.pk]), data)

    assert response.status_code == 302
    post.refresh_from_db()
    assert (post.title, post.published_at) == ("Changed", published_at)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        (["2026-11-01", "01:30"], datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        (["2026-11-01", "03:30"], datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        (["2026-07-01", "12:00"], datetime(2026, 7, 1, 16, 0, tzinfo=UTC)),
    ],
)
def test_the_first_of_two_equal_times_is_taken(typed: list[str], moment: datetime) -> None:
    assert LocalDateTimeField().clean(typed) == moment


def test_a_time_that_the_clocks_skip_is_explained() -> None:
    with pytest.raises(ValidationError, match="The clocks skip this time"):
        LocalDateTimeField().clean(["2026-03-08", "02:30"])


@pytest.mark.parametrize(
    ("zone", "typed", "moment"),
    [
        # Half an hour, at midnight, and a quarter before an hour.
        ("Australia/Lord_Howe", ["2026-10-04", "02:15"], None),
        ("Australia/Lord_Howe", ["2026-10-04", "02:30"], datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", ["2026-04-05", "01:45"], datetime(2026, 4, 4, 14, 45, tzinfo=UTC)),
        ("Africa/Cairo", ["2026-04-24", "00:00"], None),
        ("America/Santiago", ["2026-09-06", "00:30"], None),
        ("America/Havana", ["2026-11-01", "00:30"], datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
        ("Pacific/Chatham", ["2026-09-27", "03:15"], None),
        ("Europe/London", ["2026-10-25", "01:30"], datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", ["2026-10-25", "01:30"], datetime(2026, 10, 24, 19, 45, tzinfo=UTC)),
    ],
)
def test_clocks_change_differently_in_other_zones(
    settings: Settings, zone: str, typed: list[str], moment: datetime | None
) -> None:
    settings.TIME_ZONE = zone
    if moment:
        assert LocalDateTimeField().clean(typed) == moment
    else:
        with pytest.raises(ValidationError, match="The clocks skip this time"):
            LocalDateTimeField().clean(typed)


def test_a_changed_time_replaces_the_initial_one() -> None:
    class Form(forms.Form):
        at = LocalDateTimeField()

        def clean(self) -> dict[str, Any]:
            keep_unchanged_times(self, self.cleaned_data)
            return self.cleaned_data

    initial = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    same = Form({"at_0": "2026-11-01", "at_1": "01:30:00"}, initial={"at": initial})
    later = Form({"at_0": "2026-11-01", "at_1": "02:30:00"}, initial={"at": initial})

    assert same.is_valid()
    assert same.cleaned_data["at"] == initial
    assert later.is_valid()
    assert later.cleaned_data["at"] == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert timezone.is_aware(later.cleaned_data["at"])
