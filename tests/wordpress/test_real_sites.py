"""Test that real exports are shown completely on the public pages after the import."""

import re
from collections import Counter
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from lxml import html

from blog.models import Post
from pages.models import Page
from richtext.analysis import plain_text
from tests.wordpress.exports import all_rows
from tests.wordpress.test_real_exports import EXPORTS, Words, expected_words
from wordpress.content_converter import to_html
from wordpress.models import ImportedObject
from wordpress.reader import Item, read_export

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
KINDS: dict[str, type[Any]] = {"post": Post, "page": Page}

SITES = (
    "themeunittestdata.wordpress.xml",
    "genesis-sample.xml",
    "pelican-wordpressexport.xml",
    "jekyll-import-wordpresscom-2025.xml",
)


def public_items(name: str) -> list[tuple[str, Item]]:
    """Return the published items, each with its import key."""
    seen: Counter[str] = Counter()
    found = []
    for item in read_export(EXPORTS / name).items():
        base = f"{item.post_type}:{item.post_id}:{item.guid}"
        seen[base] += 1
        is_public = item.post_type in KINDS and item.status == "publish" and not item.password
        # Texts that would show neither a word nor an image become drafts.
        if is_public and ("<img" in item.body or Words(to_html(item.body).html).text.split()):
            found.append((base if seen[base] == 1 else f"{base}#{seen[base]}", item))
    return found


@pytest.mark.parametrize("name", SITES)
def test_imported_sites_show_every_word_load_nothing_external_and_import_once(client: Client, name: str) -> None:
    call_command("import_wordpress", str(EXPORTS / name))
    items = public_items(name)
    for kind, model in KINDS.items():
        assert model.objects.published().count() == sum(item.post_type == kind for _, item in items)
    for key, item in items:
        post = KINDS[item.post_type].objects.get(pk=ImportedObject.objects.get(kind=item.post_type, key=key).object_id)
        response = client.get(post.get_absolute_url())
        assert response.status_code == 200
        # WordPress shows the captions of the images of a gallery, which are not in the text.
        shown = re.sub(r"(<figure><img[^>]*><img.*?)<figcaption>.*?</figcaption>", r"\1", post.body, flags=re.DOTALL)
        body = "".join(plain_text(shown if "[gallery" in item.body else post.body).split())
        page: Any = html.document_fromstring(response.content.decode())
        unwanted = page.find_class("missing-image")
        if "[gallery" in item.body:
            unwanted += page.xpath("//figure[contains(@class, 'gallery')]/figcaption")
        for element in unwanted:
            element.drop_tree()
        assert body in "".join(page.text_content().split()), item.title
        loaded = page.xpath("//@src | //link[@rel!='canonical' and @rel!='alternate']/@href | //@srcset | //@poster")
        assert not [url for url in loaded if not re.match(r"/[^/]", url)], item.title
        assert not page.xpath(
            "//@style | //style | //iframe | //object | //embed | //@onclick | //@onload | //@onerror"
        )
        # An iframe becomes a link, so only its URL may be added.
        for source in re.findall(r'<iframe[^>]*src="([^"]+)"', item.body):
            body = body.replace(source.replace("&amp;", "&"), "")
        # The target of a link around an image is named in its caption.
        for target in re.findall(r'<a[^>]*href="https?://([^"]+?)/?"[^>]*>\s*<img', item.body):
            body = body.replace(target, "")
        # The marks that browsers show around <q> become characters.
        source = re.sub(r"<q\b[^>]*>", "“", item.body).replace("</q>", "”")
        # Dots part the captions of the images of a gallery.
        assert body.replace("·", "") == "".join(expected_words(source)).replace("·", ""), item.title
    before = all_rows()
    call_command("import_wordpress", str(EXPORTS / name))
    assert all_rows() == before
