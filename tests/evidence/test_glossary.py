"""Terms are marked where a text uses them first, and one edit changes every text."""

import json
import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html

from evidence.glossary.matcher import Matcher
from evidence.models import Term
from richtext.embeds import RenderTarget
from richtext.rendering import render
from richtext.sanitizer import sanitize
from tests.evidence.factories import cite, make_source
from tests.factories import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def make_term(name: str = "tendon", meaning: str = "It ties a muscle to a bone.", **fields: str) -> Term:
    term = Term(name=name, meaning=meaning, **fields)
    term.full_clean()
    term.save()
    return term


def marks(markup: str) -> list[str]:
    """Return the marked words of a rendered text."""
    root: Any = html.fragment_fromstring(render(sanitize(markup)), create_parent="div")
    return [link.text for link in root.xpath("//span[@class='term']/a")]


def test_the_first_use_becomes_a_link_with_the_meaning() -> None:
    make_term(meaning="It ties a muscle to a <bone>.")
    assert render(sanitize("<p>A tendon is <em>not</em> a tendon.</p>")).startswith(
        '<p>A <span class="term"><a href="/glossary/#tendon" data-term="tendon"'
        ' data-meaning="It ties a muscle to a &lt;bone&gt;.">tendon</a></span> is <em>not</em> a tendon.</p>'
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>Tendons heal.</p>", ["Tendons"]),
        ("<p>The tendon’s fibers.</p>", ["tendon"]),
        ("<p>An aching <strong>tendon</strong></p>", ["tendon"]),
        ("<ul><li>tendon</li></ul>", ["tendon"]),
        ("<blockquote><p>A tendon.</p></blockquote>", ["tendon"]),
        ("<table><tr><th>tendon</th></tr><tr><td>a tendon</td></tr></table>", ["tendon"]),
        ('<aside data-callout="tip" data-title="tendon"><p>Your tendon</p></aside>', ["tendon"]),
        ("<p>tendonitis, non-tendon, tendon-like</p>", []),
        ("<h2>tendon</h2><h3>tendon</h3>", []),
        ('<p><a href="/x/">tendon</a></p>', []),
        ("<p><code>tendon</code></p><pre>tendon</pre>", []),
        ("<details><summary>A tendon?</summary><p>Yes, a tendon.</p></details>", ["tendon"]),
    ],
)
def test_where_terms_are_marked(text: str, found: list[str]) -> None:
    make_term()
    assert marks(text) == found


def test_other_forms_the_longest_term_and_abbreviations() -> None:
    make_term()
    make_term("Achilles tendon", "The cord above your heel.", variants="heel cord\nAT")
    make_term("ROM", "How far a joint moves.", variants="range of motion")
    assert marks("<p>The Achilles  tendon, a heel cord, a tendon.</p>") == ["Achilles tendon", "tendon"]
    assert marks("<p>Look at rom and Rom.</p>") == []
    assert marks("<p>Range\nof motion, then ROM.</p>") == ["Range of motion"]


def test_feeds_emails_and_the_editor_get_no_marks_and_need_no_query() -> None:
    make_term()
    for target in (RenderTarget.FEED, RenderTarget.EMAIL, RenderTarget.EDITOR):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert render("<p>A tendon.</p>", target) == "<p>A tendon.</p>"
        assert not queries.captured_queries


def test_the_list_of_references_is_left_alone() -> None:
    make_term()
    source = make_source(title="The tendon in trials", summary="A tendon likes load.")
    assert marks(f"<p>It heals{cite(source)}.</p>") == []
    assert marks(f"<p>A tendon heals{cite(source)}.</p>") == ["tendon"]


def test_one_edit_changes_all_posts_at_once(client: Client) -> None:
    term = make_term()
    posts = [make_post(slug=slug, body="<p>A tendon.</p>") for slug in ("one", "two")]
    for meaning in ("First meaning.", "Second meaning."):
        term.meaning = meaning
        term.save()
        assert all(meaning in client.get(post.get_absolute_url()).content.decode() for post in posts)
    term.delete()
    assert all("data-meaning" not in client.get(post.get_absolute_url()).content.decode() for post in posts)
    assert posts[0].body == "<p>A tendon.</p>"


def test_the_glossary_lists_the_terms_with_structured_data(client: Client) -> None:
    assert "No terms yet" in client.get("/glossary/").content.decode()
    assert "/glossary/" not in client.get("/sitemap.xml").content.decode()
    make_term(variants="sinew", details="It likes load.\n\nIt hates surprises.")
    make_term("Édema", "Swelling.")
    page: Any = html.fromstring(client.get("/glossary/").content)
    assert page.xpath("//dt/text()") == ["Édema", "tendon"]
    assert page.xpath("//div[@id='tendon']//div[@class='glossary-details']/p/text()") == [
        "It likes load.",
        "It hates surprises.",
    ]
    nodes = json.loads(page.xpath("//script[@type='application/ld+json']/text()")[0])["@graph"]
    (terms,) = [each for each in nodes if each["@type"] == "DefinedTermSet"]
    defined = [each for each in nodes if each["@type"] == "DefinedTerm"]
    assert terms["hasDefinedTerm"] == [{"@id": each["@id"]} for each in defined]
    assert [(each["name"], each["description"]) for each in defined][1] == ("tendon", "It ties a muscle to a bone.")
    assert all(each["inDefinedTermSet"] == {"@id": terms["@id"]} for each in defined)


def test_search_finds_terms(client: Client) -> None:
    make_term()
    assert 'href="/glossary/#tendon"' in client.get("/search/?q=tendon").content.decode()


def test_a_form_belongs_to_one_term_only() -> None:
    make_term(variants="sinew")
    for name, field in (("Tendon", "name"), ("Sinew", "name")):
        with pytest.raises(ValidationError) as error:
            make_term(name)
        assert field in error.value.message_dict or "__all__" in error.value.message_dict
    with pytest.raises(ValidationError, match="is a form of"):
        make_term("ligament", variants="sinew")


def test_equal_slugs_get_a_number() -> None:
    assert [make_term("ROM").slug, make_term("rom!").slug] == ["rom", "rom-2"]


def test_finding_300_terms_takes_time_in_proportion_to_the_text() -> None:
    forms = [(f"term {number} of many words", number) for number in range(150)]
    forms += [(f"word{number}", number + 150) for number in range(150)]
    matcher = Matcher(forms)
    text = "term of many ordinary words that are not in the list at all " * 500

    def seconds(length: int) -> float:
        start = time.process_time()
        assert not list(matcher.find(text * length))
        return time.process_time() - start

    seconds(1)
    one = min(seconds(1) for _ in range(3))
    assert seconds(10) < 25 * one
