"""The Instagram strip on the home page and in the admin."""

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
from instagram.models import InstagramPost, InstagramSettings
from instagram.templatetags.instagram_tags import instagram_strip
from siteinfo.models import SiteInfo, SocialLink
from tests.factories import make_image

pytestmark = pytest.mark.any_database


def make_instagram_post(days: int = 0, **overrides: Any) -> InstagramPost:
    """Create a post of the strip from `days` ago."""
    fields = {"caption": f"Posted {days} days ago", "posted_at": timezone.now() - timedelta(days=days)}
    if "image" not in overrides:
        fields["image"] = make_image()
    return InstagramPost.objects.create(**fields | overrides)


def find_strip(client: Client) -> Any:
    """Return the strip on the home page, or None."""
    page: Any = html.fromstring(client.get("/").content)
    found = page.xpath("//section[contains(@class, 'instagram-feed')]")
    return found[0] if found else None


@pytest.mark.django_db
def test_without_visible_posts_there_is_no_strip(client: Client) -> None:
    assert find_strip(client) is None
    make_instagram_post(is_visible=False)
    assert find_strip(client) is None


@pytest.mark.django_db
def test_posts_with_a_position_come_first_then_the_newest_up_to_the_configured_number() -> None:
    old, new, second, first = (
        make_instagram_post(9),
        make_instagram_post(1),
        make_instagram_post(30, position=2),
        make_instagram_post(40, position=1),
    )
    make_instagram_post(0, is_visible=False)
    for days in range(10, 14):
        make_instagram_post(days)
    assert instagram_strip().posts[:4] == [first, second, new, old]
    assert len(instagram_strip().posts) == 6
    InstagramSettings.objects.create(image_count=3, title="From my week")
    with CaptureQueriesContext(connection) as queries:
        strip = instagram_strip()
        assert [post.image.title for post in strip.posts]
    assert (len(queries), len(strip.posts), strip.title) == (2, 3, "From my week")


@pytest.mark.django_db
def test_an_image_has_alt_text_and_links_to_its_post_or_the_profile(client: Client) -> None:
    make_instagram_post(
        1, caption="Calf raises", url="https://www.instagram.com/p/abc/", image=make_image(alt="A step")
    )
    make_instagram_post(2, caption="", image=make_image(alt=""))
    make_instagram_post(3, caption="Only words <b>", image=make_image(alt=""))
    assert find_strip(client).xpath(".//li//a/@href") == ["https://www.instagram.com/p/abc/"]
    site = SiteInfo.objects.create()
    SocialLink.objects.create(site=site, network="instagram", url="https://www.instagram.com/me/")
    found = find_strip(client)
    assert found.xpath(".//li/a/@href") == [
        "https://www.instagram.com/p/abc/",
        *["https://www.instagram.com/me/"] * 2,
    ]
    assert found.xpath(".//img/@alt") == ["A step", "An image from Instagram", ""]
    assert [each.text for each in found.xpath(".//li//span")] == ["Calf raises", "Only words <b>"]


@pytest.mark.django_db
def test_the_strip_loads_nothing_from_other_sites(client: Client) -> None:
    make_instagram_post(url="https://www.instagram.com/p/abc/")
    sources = find_strip(client).xpath(
        ".//*[@src]/@src | .//*[@srcset]/@srcset | .//*[@poster] | .//iframe | .//script"
    )
    assert sources
    assert all(source.startswith("/media/") for source in sources)


@pytest.mark.django_db
def test_an_image_in_the_strip_cannot_be_deleted_and_its_url_must_be_https(admin_client: Client) -> None:
    post = make_instagram_post()
    page = admin_client.get(reverse("admin:images_image_delete", args=[post.image.pk]))
    assert "Instagram post" in page.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_instagram_post(url="javascript:alert(1)")
    fields = {"image": post.image.pk, "posted_at_0": "2026-01-02", "posted_at_1": "10:00", "url": "http://a.example"}
    page = admin_client.post(reverse("admin:instagram_instagrampost_add"), fields)
    assert page.context["adminform"].form.errors.keys() == {"url"}


@pytest.mark.django_db
def test_posts_are_added_sorted_and_hidden_in_the_admin(admin_client: Client) -> None:
    fields = {"image": make_image().pk, "caption": "Hi", "posted_at_0": "2026-01-02", "posted_at_1": "10:00"}
    assert (
        admin_client.post(reverse("admin:instagram_instagrampost_add"), fields | {"is_visible": "on"}).status_code
        == 302
    )
    by_hand, other = InstagramPost.objects.get(), make_instagram_post(0)
    rows = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "_save": "Save"}
    rows |= {"form-0-id": str(other.pk), "form-0-position": ""}
    rows |= {"form-1-id": str(by_hand.pk), "form-1-position": "1", "form-1-is_visible": "on"}
    assert admin_client.post(reverse("admin:instagram_instagrampost_changelist"), rows).status_code == 302
    assert list(InstagramPost.objects.visible()) == [by_hand]
    assert by_hand.source == InstagramPost.Source.MANUAL


@pytest.mark.django_db
def test_the_demo_fills_an_empty_strip_only() -> None:
    call_command("demo_instagram")
    assert (InstagramPost.objects.visible().count(), Image.objects.without_alt().count()) == (6, 0)
    InstagramPost.objects.last().delete()  # type: ignore[union-attr]
    call_command("demo_instagram")
    assert InstagramPost.objects.count() == 5
