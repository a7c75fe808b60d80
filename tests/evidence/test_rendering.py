"""Citations in texts are numbered by first use, and every number leads to the list and back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html
from lxml.html import HtmlElement

from blog.models import Snippet
from evidence.library import merge
from evidence.models import CitationStyle, EvidenceSettings, Source
from publishing.revisions import create_revision
from richtext.analysis import analyze, excerpt, plain_text
from richtext.embeds import RenderTarget
from richtext.references import Reference
from richtext.rendering import render, render_all
from richtext.sanitizer import sanitize
from tests.evidence.factories import cite, make_source
from tests.factories import make_post

pytestmark = pytest.mark.django_db


def rendered(body: str, target: RenderTarget = RenderTarget.PAGE) -> HtmlElement:
    return html.fragment_fromstring(render(sanitize(body), target), create_parent="div")


def numbers(root: HtmlElement) -> list[str]:
    return [sup.text_content() for sup in root.iter("sup")]


def listed(root: HtmlElement) -> list[str]:
    return [item.text_content() for item in root.findall(".//ol/li")]


def test_numbers_follow_the_first_use_and_one_source_keeps_its_number() -> None:
    first, second, third = make_source(), make_source(), make_source()
    root = rendered(f"<p>A{cite(second)} b{cite(first, second)} c{cite(third)} d{cite(second)}</p>")
    assert numbers(root) == ["1", "1,2", "3", "1"]
    assert [second.title in listed(root)[0], first.title in listed(root)[1], third.title in listed(root)[2]] == [
        True
    ] * 3
    assert len(listed(root)) == 3


def test_every_marker_has_a_target_and_every_reference_links_back_to_each_of_its_markers() -> None:
    first, second = make_source(), make_source()
    root = rendered(f"<p>A{cite(first)} b{cite(second)} c{cite(first)}</p>")
    ids = [element.get("id") for element in root.xpath("//*[@id]")]
    assert len(ids) == len(set(ids))
    links = [link for link in root.iter("a") if (link.get("href") or "").startswith("#")]
    assert {link.get("href")[1:] for link in links} <= set(ids)
    back = [link for link in links if link.get("role") == "doc-backlink"]
    assert [(link.get("href"), link.text) for link in back] == [("#cite-1", "a"), ("#cite-1-2", "b"), ("#cite-2", "↩")]
    assert all(link.get("aria-label") for link in links)
    assert [link.get("aria-label") for link in links if link.get("role") == "doc-noteref"] == [
        "Reference 1",
        "Reference 2",
        "Reference 1",
    ]


def test_a_copy_and_an_older_revision_show_the_same_references() -> None:
    first, second = make_source(), make_source()
    post = make_post(body=sanitize(f"<p>A{cite(first)} b{cite(second, first)}</p>"))
    before = render(post.body)
    create_revision(post, None)
    copy = make_post(title="Copy", body="")
    copy.apply(post.snapshot())
    assert render(copy.body) == before
    post.body = "<p>A b</p>"
    post.save()
    post.apply(post.revisions.get().data)
    assert render(post.body) == before


def test_neighboring_citations_become_one() -> None:
    first, second = make_source(), make_source()
    assert numbers(rendered(f"<p>A{cite(second)}{cite(first)} b</p>")) == ["1,2"]
    assert numbers(rendered(f"<p>A{cite(second)} and{cite(first)} b</p>")) == ["1", "2"]


def test_a_citation_in_a_link_moves_behind_it() -> None:
    source = make_source()
    root = rendered(f'<p>See <a href="/x/">one{cite(source)} two</a> three</p>')
    assert root.find("p").text_content() == "See one two1 three"
    assert root.xpath("//a//a") == []


@pytest.mark.parametrize("target", [RenderTarget.FEED, RenderTarget.EMAIL])
def test_feeds_and_emails_have_numbers_and_the_list_without_scripts(target: RenderTarget) -> None:
    source = make_source()
    body = sanitize(f"<p>A{cite(source)}.</p>")
    [text] = render_all([body], target, ["https://example.org/post/"])
    root = html.fragment_fromstring(text, create_parent="div")
    assert root.find("p").text_content() == "A[1]."
    links = [link.get("href") for link in root.iterfind("p/sup/a")]
    assert links == (["https://example.org/post/#ref-1"] if target is RenderTarget.FEED else [])
    assert source.title in listed(root)[0]
    assert "<script" not in text
    assert "class=" not in text


def test_the_editor_gets_the_names_of_the_references() -> None:
    source = make_source()
    root = rendered(f"<p>A{cite(source)}.</p>", RenderTarget.EDITOR)
    [sup] = root.iter("sup")
    assert dict(sup.attrib) == {"data-cite": str(source.pk), "data-label": "Li and Wu 2001"}
    assert sanitize(render(sanitize(f"<p>A{cite(source)}.</p>"), RenderTarget.EDITOR)) == f"<p>A{cite(source)}.</p>"


def test_deleted_references_and_wrong_ids_disappear() -> None:
    source = make_source()
    root = rendered(f'<p>A<sup data-cite="999999 {source.pk}"></sup> b<sup data-cite="999999"></sup>, c</p>')
    assert root.find("p").text_content() == "A1 b, c"
    assert sanitize('<p>x<sup data-cite="abc -1">2</sup></p>') == "<p>x<sup>2</sup></p>"
    assert sanitize('<p>x<sup data-cite="5 5  7">2</sup></p>') == '<p>x<sup data-cite="5 7"></sup></p>'
    assert sanitize('<table><tr><td><sup data-cite="5"></sup></td></tr></table>').count("data-cite") == 1
    assert sanitize('<p><sup data-cite="5"></sup></p>') == '<p><sup data-cite="5"></sup></p>'


def test_words_excerpts_and_searches_do_not_contain_numbers() -> None:
    body = sanitize(f"<p>Knees{cite(make_source())} get better.</p>")
    assert plain_text(body) == excerpt(body) == "Knees get better."
    assert analyze(body).word_count == 3


def test_citations_are_in_the_reference_index_and_protect_what_they_cite() -> None:
    source = make_source()
    post = make_post(body=sanitize(f"<p>A{cite(source)}.</p>"))
    assert Reference.objects.to(source).sources() == [post]
    with pytest.raises(Exception, match="in use"):
        source.delete()


def test_citations_in_snippets_are_numbered_with_those_of_the_post() -> None:
    first, second = make_source(), make_source()
    snippet = Snippet.objects.create(name="Walk", body=sanitize(f"<p>Walk{cite(first)}.</p>"))
    root = rendered(
        f'<p>A{cite(second)}</p><div data-embed="snippet" data-id="{snippet.pk}"></div><p>b{cite(first)}</p>'
    )
    assert numbers(root) == ["1", "2", "2"]
    assert len(listed(root)) == 2


def test_merged_references_have_one_number() -> None:
    first, second = make_source(), make_source()
    merge(first, [second])
    root = rendered(f"<p>A{cite(second)} b{cite(first)}</p>")
    assert numbers(root) == ["1", "1"]
    assert first.title in listed(root)[0]


def test_the_list_follows_the_style_of_the_site_exactly() -> None:
    typed = "Li Q & Wu XY: Walking <fast>. Pain 2001. https://doi.org/10.1000/ABC"
    source = make_source(title="Walking fast", doi="10.1000/abc", pmid="", typed=typed, authors="Li, Q.")
    body = f"<p>A{cite(source)}.</p>"
    assert "Li Q. Walking fast. Pain. 2001;1(2):" in listed(rendered(body))[0]
    EvidenceSettings.objects.create(citation_style=CitationStyle.TYPED)
    root = rendered(body)
    assert root.find(".//div[@class='reference']").text_content() == typed
    assert root.find(".//div[@class='reference']/a").get("href") == "https://doi.org/10.1000/abc"


@pytest.mark.parametrize("style", CitationStyle.values)
def test_scripts_in_a_record_are_text(style: str) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>"
    source = make_source(
        title=attack, authors=attack, container=attack, summary=attack, doi='10.1000/"><script>alert(1)</script>',
        pmid='1"><script>', typed=attack, url="https://example.org/?\"><script>alert(1)</script>",
    )  # fmt: skip
    EvidenceSettings.objects.create(citation_style=style)
    for target in (RenderTarget.PAGE, RenderTarget.FEED, RenderTarget.EMAIL, RenderTarget.EDITOR):
        root = rendered(f"<p>A{cite(source)}.</p>", target)
        assert [script.get("src", "").rpartition("/")[2][:9] for script in root.iter("script")] in ([], ["citations"])
        assert list(root.iter("img")) == []
        assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)


def test_kind_of_study_summary_and_retraction_are_in_the_list() -> None:
    source = make_source(
        evidence_level=Source.EvidenceLevel.REVIEW, summary="Walking helps a little.", retraction="Retraction"
    )
    [item] = listed(rendered(f"<p>A{cite(source)}.</p>"))
    assert "Systematic review" in item
    assert "In plain words: Walking helps a little." in item
    assert "Retracted" in item


def test_the_number_of_queries_does_not_grow_with_the_references() -> None:
    bodies = ["".join(f"<p>A{cite(make_source())}</p>" for _ in range(number)) for number in (1, 30)]
    counts = []
    for body in bodies:
        with CaptureQueriesContext(connection) as queries:
            render(sanitize(body))
        counts.append(len(queries))
    # One of them asks whether the glossary has changed.
    assert counts == [3, 3]
    with CaptureQueriesContext(connection) as queries:
        render("<p>No citation.</p>")
    assert len(queries) == 1
