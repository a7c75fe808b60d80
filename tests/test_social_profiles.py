"""Editing a social profile updates the header, the sidebar, the footer and the structured data."""

import json
from typing import Any

import pytest
from django.test import Client
from lxml import html

from siteinfo.models import SiteInfo, SocialLink
from tests.factories import make_post

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(("name", "label"), [("Podcast", "Podcast"), ("", "listen.example")])
def test_a_profile_of_another_network_is_named_by_its_author_or_its_host(name: str, label: str) -> None:
    assert str(SocialLink(network="link", url="https://listen.example/me", name=name)) == label
    assert str(SocialLink(network="instagram", url="https://social.example/me")) == "Instagram"


@pytest.mark.django_db
def test_editing_a_profile_updates_header_sidebar_footer_and_structured_data(client: Client) -> None:
    path = make_post().get_absolute_url()
    profile = SocialLink(site=SiteInfo.objects.create(), network="instagram")
    for url in ("https://social.example/before", "https://social.example/after"):
        profile.url = url
        profile.save()
        text = client.get(path).content.decode()
        page: Any = html.fromstring(text)
        for container in ("//header", "//aside[@id='sidebar']", "//footer"):
            links = page.xpath(f"{container}//ul[@class='socials']//a[@aria-label='Instagram']/@href")
            assert links
            assert set(links) == {url}
        (json_ld,) = page.xpath("//script[@type='application/ld+json']/text()")
        same_as_lists = [node["sameAs"] for node in json.loads(json_ld)["@graph"] if "sameAs" in node]
        assert same_as_lists
        assert all(url in same_as for same_as in same_as_lists)
    assert "before" not in text
