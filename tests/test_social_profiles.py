"""The author's profiles elsewhere are edited once: header, sidebar, footer and JSON-LD follow."""

import json
from typing import Any

import pytest
from django.test import Client
from lxml import html

from siteinfo.models import SiteInfo, SocialLink
from tests.factories import make_post


@pytest.mark.django_db
def test_one_change_of_a_profile_changes_header_sidebar_footer_and_json_ld(client: Client) -> None:
    path = make_post().get_absolute_url()
    profile = SocialLink(site=SiteInfo.objects.create(), network="instagram")
    for address in ("https://social.example/before", "https://social.example/after"):
        profile.url = address
        profile.save()
        text = client.get(path).content.decode()
        page: Any = html.fromstring(text)
        for place in ("//header", "//aside[@id='sidebar']", "//footer"):
            links = page.xpath(f"{place}//ul[@class='socials']//a[@aria-label='Instagram']/@href")
            assert links
            assert set(links) == {address}
        (graph,) = page.xpath("//script[@type='application/ld+json']/text()")
        known = [node["sameAs"] for node in json.loads(graph)["@graph"] if "sameAs" in node]
        assert known
        assert all(address in each for each in known)
    assert "before" not in text
