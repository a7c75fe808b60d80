"""Whole exports of other people's sites, imported and read as a reader would: through the public pages."""

import re
from collections import Counter
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from lxml import html

from blog.models import Post
from pages.models import Page
from tests.wordpress.exports import everything
from tests.wordpress.test_real_exports import EXPORTS, expected_words
from wordpress.models import Origin
from wordpress.reader import Item, read_export

pytestmark = pytest.mark.django_db
KINDS: dict[str, type[Any]] = {"post": Post, "page": Page}

SITES = (
    "themeunittestdata.wordpress.xml",
    "genesis-sample.xml",
    "pelican-wordpressexport.xml",
    "jekyll-import-wordpresscom-2025.xml",
)


def public_items(name: str) -> list[tuple[str, Item]]:
    """The texts that readers of the old site could read, each with the key the importer gave it."""
    seen: Counter[str] = Counter()
    found = []
    for item in read_export(EXPORTS / name).items():
        base = f"{item.post_type}:{item.post_id}:{item.guid}"
        seen[base] += 1
        if item.post_type in KINDS and item.status == "publish" and not item.password:
            found.append((base if seen[base] == 1 else f"{base}#{seen[base]}", item))
    return found


@pytest.mark.parametrize("name", SITES)
def test_every_published_text_is_readable_word_for_word_asks_nobody_else_and_a_second_run_changes_no_row(
    client: Client, name: str
) -> None:
    call_command("import_wordpress", str(EXPORTS / name))
    items = public_items(name)
    for kind, model in KINDS.items():
        assert model.objects.published().count() == sum(item.post_type == kind for _, item in items)
    for key, item in items:
        post = KINDS[item.post_type].objects.get(pk=Origin.objects.get(kind=item.post_type, key=key).object_id)
        response = client.get(post.get_absolute_url())
        assert response.status_code == 200
        body = "".join(post.plain_text().split())
        page: Any = html.document_fromstring(response.content.decode())
        assert body in "".join(page.text_content().split()), item.title
        loaded = page.xpath("//@src | //link[@rel!='canonical' and @rel!='alternate']/@href | //@srcset | //@poster")
        assert not [address for address in loaded if not re.match(r"/[^/]", address)], item.title
        assert not page.xpath(
            "//@style | //style | //iframe | //object | //embed | //@onclick | //@onload | //@onerror"
        )
        # A frame is a link now: its address is the one thing that may be new.
        for source in re.findall(r'<iframe[^>]*src="([^"]+)"', item.body):
            body = body.replace(source.replace("&amp;", "&"), "")
        assert body == "".join(expected_words(item.body)), item.title
    before = everything()
    call_command("import_wordpress", str(EXPORTS / name))
    assert everything() == before
