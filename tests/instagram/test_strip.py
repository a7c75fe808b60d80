"""The follow-along strip as readers get it, and on the desk."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from images.models import Image
from instagram.models import FollowSettings, Shot
from siteinfo.models import SiteInfo, SocialLink
from tests.factories import make_image


def make_shot(days: int = 0, **overrides: Any) -> Shot:
    """A square posted `days` ago."""
    fields = {"caption": f"Posted {days} days ago", "taken_at": timezone.now() - timedelta(days=days)}
    if "picture" not in overrides:
        fields["picture"] = make_image()
    return Shot.objects.create(**fields | overrides)


def strip(client: Client) -> Any:
    """The strip on the home page; None if there is none."""
    page: Any = html.fromstring(client.get("/").content)
    found = page.xpath("//section[contains(@class, 'instagram-feed')]")
    return found[0] if found else None


@pytest.mark.django_db
def test_without_pictures_there_is_no_strip(client: Client) -> None:
    assert strip(client) is None
    make_shot(is_shown=False)
    assert strip(client) is None


@pytest.mark.django_db
def test_numbered_pictures_stand_first_then_the_newest_as_many_as_the_settings_say() -> None:
    old, new, second, first = make_shot(9), make_shot(1), make_shot(30, position=2), make_shot(40, position=1)
    make_shot(0, is_shown=False)
    for days in range(10, 14):
        make_shot(days)
    assert Shot.objects.strip()[:4] == [first, second, new, old]
    assert len(Shot.objects.strip()) == 6
    FollowSettings.objects.create(count=3, title="From my week")
    with CaptureQueriesContext(connection) as queries:
        shots: list[Any] = Shot.objects.strip()
        assert [shot.picture.title for shot in shots]
    assert (len(queries), len(shots), shots[0].title) == (1, 3, "From my week")


@pytest.mark.django_db
def test_a_square_says_what_it_shows_and_leads_to_its_post_or_to_the_profile(client: Client) -> None:
    make_shot(1, caption="Calf raises", link="https://www.instagram.com/p/abc/", picture=make_image(alt="A step"))
    make_shot(2, caption="", picture=make_image(alt=""))
    make_shot(3, caption="Only words <b>", picture=make_image(alt=""))
    assert strip(client).xpath(".//li//a/@href") == ["https://www.instagram.com/p/abc/"]
    site = SiteInfo.objects.create()
    SocialLink.objects.create(site=site, network="instagram", url="https://www.instagram.com/me/")
    found = strip(client)
    assert found.xpath(".//li/a/@href") == [
        "https://www.instagram.com/p/abc/",
        *["https://www.instagram.com/me/"] * 2,
    ]
    assert found.xpath(".//img/@alt") == ["A step", "A picture from Instagram", ""]
    assert [each.text for each in found.xpath(".//li//span")] == ["Calf raises", "Only words <b>"]


@pytest.mark.django_db
def test_nothing_of_the_strip_is_fetched_from_another_site(client: Client) -> None:
    make_shot(link="https://www.instagram.com/p/abc/")
    sources = strip(client).xpath(".//*[@src]/@src | .//*[@srcset]/@srcset | .//*[@poster] | .//iframe | .//script")
    assert sources
    assert all(source.startswith("/media/") for source in sources)


@pytest.mark.django_db
def test_a_picture_in_the_strip_cannot_leave_the_library_and_a_link_is_https(admin_client: Client) -> None:
    shot = make_shot()
    page = admin_client.get(reverse("admin:images_image_delete", args=[shot.picture.pk]))
    assert "Picture of the strip" in page.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_shot(link="javascript:alert(1)")
    fields = {"picture": shot.picture.pk, "taken_at_0": "2026-01-02", "taken_at_1": "10:00", "link": "http://a.example"}
    page = admin_client.post(reverse("admin:instagram_shot_add"), fields)
    assert page.context["adminform"].form.errors.keys() == {"link"}


@pytest.mark.django_db
def test_the_desk_adds_by_hand_sorts_by_number_and_hides(admin_client: Client) -> None:
    fields = {"picture": make_image().pk, "caption": "Hi", "taken_at_0": "2026-01-02", "taken_at_1": "10:00"}
    assert admin_client.post(reverse("admin:instagram_shot_add"), fields | {"is_shown": "on"}).status_code == 302
    by_hand, other = Shot.objects.get(), make_shot(0)
    rows = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "_save": "Save"}
    rows |= {"form-0-id": str(other.pk), "form-0-position": ""}
    rows |= {"form-1-id": str(by_hand.pk), "form-1-position": "1", "form-1-is_shown": "on"}
    assert admin_client.post(reverse("admin:instagram_shot_changelist"), rows).status_code == 302
    assert Shot.objects.strip() == [by_hand]
    assert by_hand.source == Shot.Source.HAND


@pytest.mark.django_db
def test_the_demo_fills_the_strip_once() -> None:
    call_command("demo_instagram")
    assert (len(Shot.objects.strip()), Image.objects.without_alt().count()) == (6, 0)
    Shot.objects.last().delete()  # type: ignore[union-attr]
    call_command("demo_instagram")
    assert Shot.objects.count() == 5
