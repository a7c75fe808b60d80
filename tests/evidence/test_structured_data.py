"""Structured data names the references that visitors see, in one connected graph."""

from typing import Any

import pytest
from django.test import Client
from lxml import html

from blog.models import Snippet
from richtext.sanitizer import sanitize
from tests.evidence.factories import cite, make_source
from tests.factories import make_page, make_post
from tests.structured_data import nodes_by_id

pytestmark = pytest.mark.django_db


def nodes_of(path: str) -> tuple[dict[str, Any], Any]:
    """Return the structured data of a page by id, and its tree."""
    response = Client().get(path)
    assert response.status_code == 200
    tree: Any = html.fromstring(response.content)
    return nodes_by_id(tree), tree


def test_the_article_cites_what_the_list_shows_in_the_same_order() -> None:
    first, second, third = make_source(), make_source(kind="book"), make_source(doi="", pmid="", url="")
    snippet = Snippet.objects.create(name="S", body=sanitize(f"<p>x{cite(third, first)}</p>"))
    body = f'<p>A{cite(second)}</p><div data-embed="snippet" data-id="{snippet.pk}"></div><p>b{cite(second)}</p>'
    make_post(slug="stairs", body=sanitize(body))
    nodes, tree = nodes_of("/stairs/")
    [article] = [node for node in nodes.values() if node["@type"] == "BlogPosting"]
    cited = [nodes[each["@id"]] for each in article["citation"]]
    visible = [item.text_content() for item in tree.xpath('//section[@class="references"]/ol/li')]
    assert len(cited) == len(visible) == 3
    assert all(node["name"] in text for node, text in zip(cited, visible, strict=True))
    assert [node["@type"] for node in cited] == ["Book", "ScholarlyArticle", "ScholarlyArticle"]
    assert cited[2]["sameAs"] == [first.doi_url, first.pubmed_url]
    assert cited[2]["author"][0] == {"@type": "Person", "name": "Qiang Li", "familyName": "Li", "givenName": "Qiang"}
    assert cited[1]["@id"] == f"http://testserver/references/#reference-{third.pk}"


def test_a_page_cites_its_references() -> None:
    source = make_source()
    make_page(slug="method", body=sanitize(f"<p>A{cite(source)}</p>"))
    nodes, _ = nodes_of("/method/")
    assert nodes["http://testserver/method/"]["citation"] == [{"@id": source.doi_url}]
    assert nodes[source.doi_url]["name"] == source.title


def test_a_script_in_a_title_stays_text() -> None:
    attack = "</script><script>alert(1)</script>"
    make_post(slug="stairs", body=sanitize(f"<p>A{cite(make_source(title=attack))}</p>"))
    nodes, tree = nodes_of("/stairs/")
    assert attack in {node.get("name") for node in nodes.values()}
    assert not [script for script in tree.iter("script") if "alert" in (script.text or "") and not script.get("type")]
    _, tree = nodes_of("/references/")
    assert not [script for script in tree.iter("script") if "alert" in (script.text or "") and not script.get("type")]


def test_the_library_lists_what_public_texts_cite() -> None:
    cited, drafted, uncited = make_source(title="Cited"), make_source(title="Drafted"), make_source(title="Uncited")
    make_post(title="Stairs", slug="stairs", body=sanitize(f"<p>A{cite(cited)}</p>"))
    make_page(title="Method", slug="method", body=sanitize(f"<p>A{cite(cited)}</p>"))
    make_post(title="Secret", status="draft", body=sanitize(f"<p>A{cite(drafted)}</p>"))
    _, tree = nodes_of("/references/")
    [item] = tree.xpath('//ul[@class="reference-library"]/li')
    assert item.get("id") == f"reference-{cited.pk}"
    assert [link.text for link in item.xpath('.//p[@class="cited-in"]/a')] == ["Method", "Stairs"]
    text = tree.text_content()
    assert "Secret" not in text
    assert drafted.title not in text
    assert uncited.title not in text
    assert "/references/" in Client().get("/sitemap-pages.xml").text


def test_an_empty_library_has_a_page_that_is_not_indexed() -> None:
    response = Client().get("/references/")
    assert "No references yet." in response.text
    assert "noindex" in response.text
    assert Client().get("/references/?page=2").status_code == 404


def test_a_changed_reference_changes_cached_pages() -> None:
    source = make_source(title="Before")
    make_post(slug="stairs", body=sanitize(f"<p>A{cite(source)}</p>"))
    for path in ("/stairs/", "/references/"):
        assert "Before" in Client().get(path).text
    source.title = "Afterwards"
    source.save()
    for path in ("/stairs/", "/references/"):
        assert "Afterwards" in Client().get(path).text
